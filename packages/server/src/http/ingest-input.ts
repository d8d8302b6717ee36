import { InvalidInput } from '@tripline/core'
import type { IndexedReport } from '../detections/ingest-detections.ts'
import type { DetectionFormat } from '../formats/format.ts'
import { readRecords, type RecordStreamOptions } from '../formats/record-stream.ts'
import type { UnreadableRecord } from '../formats/unreadable-record.ts'
import type { IngestTally } from './ingest-summary.ts'
import { storeBatch, type StoreReports } from './store-batch.ts'

const BATCH_RECORDS = 500
const BATCH_CHARACTERS = 4 * 1024 * 1024

/** An input and where it goes. */
export interface IngestInput {
  readonly bytes: AsyncIterable<Uint8Array>
  readonly format: DetectionFormat
  readonly store: StoreReports
  readonly tally: IngestTally
  readonly limits: RecordStreamOptions
}

/**
 * Reads an input to its end and stores what is good in it, batch by batch; the next batch is read while one is stored,
 * and no more. What is bad is told to the tally.
 *
 * Returns why reading ended early; `null`: it did not.
 */
export async function ingestInput(input: IngestInput): Promise<UnreadableRecord | null> {
  const { bytes, format, tally, limits } = input
  let batch: IndexedReport[] = []
  let lines = new Map<number, number>()
  let size = 0
  let storing: Promise<void> = Promise.resolve()
  let fatal: UnreadableRecord | null = null

  async function flush(): Promise<void> {
    await storing
    if (batch.length === 0) return
    storing = storeInto(input, batch, lines)
    // Looked at by whoever awaits next.
    storing.catch(() => undefined)
    batch = []
    lines = new Map()
    size = 0
  }

  for await (const record of readRecords(bytes, limits)) {
    tally.receive()
    if ('error' in record) {
      tally.reject(record.index, record.line, record.error)
      if (record.error.fatal) fatal = record.error
      continue
    }
    try {
      batch.push({ index: record.index, report: format.parse(record.value) })
      lines.set(record.index, record.line)
      size += characters(record.value)
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error
      tally.reject(record.index, record.line, error)
    }
    if (batch.length >= BATCH_RECORDS || size >= BATCH_CHARACTERS) await flush()
  }
  await flush()
  await storing
  return fatal
}

async function storeInto(
  { store, tally }: IngestInput,
  batch: readonly IndexedReport[],
  lines: ReadonlyMap<number, number>,
): Promise<void> {
  const { outcomes, refused } = await storeBatch(store, batch)
  tally.store(outcomes)
  for (const { index, error } of refused) tally.reject(index, lines.get(index) ?? 0, error)
}

/** About how much text a record holds: what batches are bounded by. */
function characters(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 8
  let sum = 0
  for (const [name, member] of Object.entries(value)) sum += name.length + characters(member)
  return sum
}
