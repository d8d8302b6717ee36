import { InvalidInput } from '@tripline/core'
import type { IndexedReport, IngestOutcome } from '../detections/ingest-detections.ts'
import { databaseCode, isDatabaseUnavailable } from '../database/database-unavailable.ts'

/** Stores reports in one transaction. */
export type StoreReports = (reports: readonly IndexedReport[]) => Promise<readonly IngestOutcome[]>

/** A report that the database does not take. */
interface RefusedReport {
  readonly index: number
  readonly error: InvalidInput
}

/** What became of a batch. */
export interface StoredBatch {
  readonly outcomes: readonly IngestOutcome[]
  readonly refused: readonly RefusedReport[]
}

const ATTEMPTS = 3

/**
 * Stores a batch. When the database refuses it because of what it holds, the reports are stored one by one, so that
 * the rest gets in; when it was chosen to end a deadlock, it is tried again.
 */
export async function storeBatch(
  store: StoreReports,
  reports: readonly IndexedReport[],
): Promise<StoredBatch> {
  try {
    return { outcomes: await storeAgain(store, reports), refused: [] }
  } catch (error) {
    const only = reports.length === 1 ? reports[0] : undefined
    if (!isAboutContent(error)) throw error
    if (only !== undefined) return { outcomes: [], refused: [{ index: only.index, error: refusal(error) }] }
  }
  const parts: StoredBatch[] = []
  for (const report of reports) parts.push(await storeBatch(store, [report]))
  return {
    outcomes: parts.flatMap(({ outcomes }) => outcomes),
    refused: parts.flatMap(({ refused }) => refused),
  }
}

async function storeAgain(
  store: StoreReports,
  reports: readonly IndexedReport[],
): Promise<readonly IngestOutcome[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await store(reports)
    } catch (error) {
      if (attempt === ATTEMPTS || !['40001', '40P01'].includes(databaseCode(error) ?? '')) throw error
    }
  }
}

/** Classes 22 (data), 23 (constraints) and 54 (limits). */
function isAboutContent(error: unknown): boolean {
  return !isDatabaseUnavailable(error) && /^(22|23|54)...$/u.test(databaseCode(error) ?? '')
}

function refusal(error: unknown): InvalidInput {
  const message = `The database does not take this record (${databaseCode(error)}).`
  return new InvalidInput(message, [{ path: '', message }])
}
