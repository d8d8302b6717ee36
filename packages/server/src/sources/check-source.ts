import {
  DomainError,
  errorFinding,
  okFinding,
  TicketingError,
  warningFinding,
  type ConnectionFinding,
  type ConnectionReport,
} from '@tripline/core'
import type { Database } from '../database/client.ts'
import { queueJobs } from '../database/queue-jobs.ts'
import type { ChangeOrigin } from '../ledger/ledger.ts'
import { getTrackingSettings } from '../tracking/tracking-settings-store.ts'
import type { SourceAdapters } from './source-adapters.ts'
import { resumeSource } from './source-pause.ts'
import { getSource } from './source.ts'

/** The job that checks sources: one that was saved, or all of them at night. */
export const CHECK_SOURCES = 'check-sources'

/** Why a source does not work because somebody wants it so. */
export const PAUSED_BY_PERSON = 'PAUSED'

const CHECK_TIMEOUT_MS = 30_000

/** What checking needs. */
interface CheckDeps {
  readonly database: Database
  readonly sourceAdapters: SourceAdapters
}

/** Queues a check of a source that was saved, within the transaction that saved it. */
export async function queueSourceCheck(database: Database, sourceId: string): Promise<void> {
  const key = `check-source:${sourceId}`
  await queueJobs(database, [{ task: CHECK_SOURCES, payload: { sourceId }, key, maxAttempts: 3 }])
}

/** Checks every source, one after the other; one that cannot be checked does not keep the rest back. */
export async function checkSources(
  deps: CheckDeps,
  onlyId: string | null,
  origin: ChangeOrigin,
): Promise<void> {
  const rows = await deps.database.selectFrom('detection_sources').select('source_id').execute()
  for (const { source_id: sourceId } of rows) {
    if (onlyId !== null && onlyId !== sourceId) continue
    await checkSource(deps, sourceId, origin).catch((error: unknown) => {
      // Deleted meanwhile.
      if (!(error instanceof DomainError)) throw error
    })
  }
}

/**
 * Asks the live source for everything that will be needed, keeps the report, and lets a source go on that was paused for
 * something that is not wrong any more. A source that cannot be asked is a finding, not an error.
 *
 * @throws NotFound
 */
export async function checkSource(
  { database, sourceAdapters }: CheckDeps,
  sourceId: string,
  origin: ChangeOrigin,
): Promise<ConnectionReport> {
  const source = await getSource(database, sourceId)
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS)
  const asked = await Promise.resolve()
    .then(() => sourceAdapters.connect(source).adapter.check({ signal, traceId: origin.traceId }))
    .catch(reportOf)
  const report = { ...asked, findings: [...asked.findings, await ownFinding(database)] }
  await database
    .updateTable('detection_sources')
    .set({ last_check: JSON.stringify({ ...report, at: new Date().toISOString() }) })
    .where('source_id', '=', sourceId)
    .execute()
  const isHealthy = report.findings.every(({ severity }) => severity !== 'error')
  const isPaused = source.pausedReason !== null && source.pausedReason.code !== PAUSED_BY_PERSON
  if (isHealthy && isPaused) await resumeSource(database, source, origin)
  return report
}

/** Tracking is merged while integrations may track detections here, as a source is one. */
async function ownFinding(database: Database): Promise<ConnectionFinding> {
  const { externalTracking } = await getTrackingSettings(database)
  if (externalTracking) return okFinding('external-tracking', 'External tracking is on here.')
  return warningFinding(
    'external-tracking',
    'External tracking is off here: detections come in, and how they are tracked goes neither way.',
    'Turn on external tracking in the tracking settings.',
  )
}

/** What could not even be looked at is a finding too. */
function reportOf(error: unknown): ConnectionReport {
  if (!(error instanceof TicketingError) && !(error instanceof DomainError)) throw error
  const remedy = 'Change the settings of the source, or make what they refer to available, and check again.'
  return { product: 'unknown', account: null, findings: [errorFinding('settings', error.message, remedy)] }
}
