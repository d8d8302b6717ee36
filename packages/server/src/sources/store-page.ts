import { sql } from 'kysely'
import { DomainError, type SourcePage, type SourcePlugin } from '@tripline/core'
import type { Database } from '../database/client.ts'
import { ingestWithin, type IndexedReport } from '../detections/ingest-detections.ts'
import type { DetectionFormat } from '../formats/detection-format.ts'
import type { ChangeOrigin } from '../ledger/ledger.ts'
import { linkStates } from './link-states.ts'
import type { DetectionSource } from './source.ts'

/** A source is not any more what work on it began with: it was changed, paused or deleted. */
export class SourceSuperseded extends Error {}

/** What a page is read with. */
interface PageReading {
  readonly plugin: SourcePlugin
  readonly format: DetectionFormat
}

/**
 * Stores a page and where the next one begins, in one transaction: the page is there whole, or it is asked for again.
 *
 * @throws SourceSuperseded
 */
export async function storePage(
  database: Database,
  source: DetectionSource,
  page: SourcePage,
  { plugin, format }: PageReading,
  origin: ChangeOrigin,
): Promise<void> {
  const { reports, refusals } = readRecords(page, format)
  const refusal = refusals.at(-1)
  await database.transaction().execute(async (transaction) => {
    await ingestWithin(transaction, source.name, reports, origin)
    await linkStates(transaction, source, plugin, page.states, origin.traceId)
    const { numUpdatedRows } = await transaction
      .updateTable('detection_sources')
      .set({
        cursor: page.nextCursor,
        last_polled_at: sql<Date>`clock_timestamp()`,
        failures: 0,
        last_error: null,
        ...(page.upTo === null ? {} : { polled_up_to: page.upTo }),
        ...(page.isLast ? { caught_up_at: sql<Date>`clock_timestamp()` } : {}),
        ...(refusal === undefined
          ? {}
          : {
              refused_count: sql<string>`refused_count + ${refusals.length}`,
              last_refusal: JSON.stringify({ message: refusal, at: new Date().toISOString() }),
            }),
      })
      .where('source_id', '=', source.sourceId)
      .where('version', '=', source.version)
      .where('paused_reason', 'is', null)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) throw new SourceSuperseded()
  })
}

function readRecords(
  { records }: SourcePage,
  format: DetectionFormat,
): { readonly reports: readonly IndexedReport[]; readonly refusals: readonly string[] } {
  const reports: IndexedReport[] = []
  const refusals: string[] = []
  for (const [index, record] of records.entries()) {
    try {
      reports.push({ index, report: format.parse(record) })
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      refusals.push(`${idOf(record)}: ${error.message}`)
    }
  }
  return { reports, refusals }
}

function idOf(record: unknown): string {
  const id: unknown = typeof record === 'object' && record !== null ? Reflect.get(record, 'id') : null
  return typeof id === 'number' || typeof id === 'string' ? `Detection ${id}` : 'A detection'
}
