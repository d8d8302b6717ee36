import { sql } from 'kysely'
import type { Database } from '../database/client.ts'
import { oneOf } from '../database/one-of.ts'
import { queueJobs } from '../database/queue-jobs.ts'

/** The job that brings a detection and what its source shows of it together. */
export const RECONCILE_SOURCE = 'reconcile-source'

/** The job that asks a source what was modified. */
export const POLL_SOURCE = 'poll-source'

/** Queues detections for reconciling with their sources; one that is queued already is not queued twice. */
export async function queueSourceSync(
  database: Database,
  detectionIds: readonly string[],
  traceId: string,
  runAt: Date | null = null,
): Promise<void> {
  // In one order everywhere, so that two who queue the same detections do not wait for each other.
  const ordered = detectionIds.toSorted((left, right) => (left < right ? -1 : 1))
  await queueJobs(
    database,
    ordered.map((detectionId) => ({
      task: RECONCILE_SOURCE,
      payload: { detectionId, traceId },
      key: `source:${detectionId}`,
      runAt,
    })),
  )
}

/**
 * Asks for detections whose tracking has changed to be reconciled with their sources, within the transaction of the change,
 * except with the source that it came from.
 */
export async function requestSourceSync(
  database: Database,
  detectionIds: readonly string[],
  exceptSourceId: string | null,
  traceId: string,
): Promise<void> {
  if (detectionIds.length === 0) return
  const { rows } = await sql<{ detection_id: string }>`
    update source_links set
      requested = requested + 1, sync_state = 'pending', next_attempt_at = clock_timestamp(),
      updated_at = clock_timestamp()
    where detection_id in (
      select detection_id from source_links
      where detection_id ${oneOf(detectionIds, 'bigint')} and source_id is distinct from ${exceptSourceId}::uuid
      order by detection_id for update
    )
    returning detection_id`.execute(database)
  const woken = rows.map(({ detection_id: detectionId }) => detectionId)
  await queueSourceSync(database, woken, traceId)
}

const POLL_PRIORITY = 5

/** Queues the poll of one source for now, whenever it was to come. */
export async function queuePoll(database: Database, sourceId: string, traceId: string): Promise<void> {
  const payload = { sourceId, traceId }
  const key = `poll-source:${sourceId}`
  await queueJobs(database, [{ task: POLL_SOURCE, payload, key, priority: POLL_PRIORITY }])
}

/** Queues the polls of all sources that have none queued. */
export async function queueMissingPolls(database: Database, traceId: string): Promise<void> {
  await sql`
    select graphile_worker.add_job(
      ${POLL_SOURCE}, json_build_object('sourceId', source_id, 'traceId', ${traceId}::text),
      job_key => 'poll-source:' || source_id, job_key_mode => 'preserve_run_at', priority => ${POLL_PRIORITY}
    )
    from detection_sources where paused_reason is null
    order by source_id`.execute(database)
}
