import { sql } from 'kysely'
import type { Database } from '../database/client.ts'

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
  if (detectionIds.length === 0) return
  await sql`
    select graphile_worker.add_job(
      ${RECONCILE_SOURCE}, json_build_object('detectionId', detection_id::text, 'traceId', ${traceId}::text),
      job_key => 'source:' || detection_id, run_at => ${runAt}::timestamptz
    )
    from unnest(${detectionIds}::bigint[]) as detection_id order by detection_id`.execute(database)
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
  // A plan for a list of any length is not kept.
  const isMeant =
    detectionIds.length === 1 ? sql`= ${detectionIds[0]}` : sql`= any(${detectionIds}::bigint[])`
  await sql`
    with woken as (
      update source_links set
        requested = requested + 1, sync_state = 'pending', next_attempt_at = clock_timestamp(),
        updated_at = clock_timestamp()
      where detection_id in (
        select detection_id from source_links
        where detection_id ${isMeant} and source_id is distinct from ${exceptSourceId}::uuid
        order by detection_id for update
      )
      returning detection_id
    )
    select graphile_worker.add_job(
      ${RECONCILE_SOURCE}, json_build_object('detectionId', detection_id::text, 'traceId', ${traceId}::text),
      job_key => 'source:' || detection_id
    )
    from (select detection_id from woken order by detection_id) ordered`.execute(database)
}

/** Queues the polls of sources that have none queued; of one source, it is brought forward to now. */
export async function queuePolls(database: Database, onlyId: string | null, traceId: string): Promise<void> {
  const mode = onlyId === null ? 'preserve_run_at' : 'replace'
  await sql`
    select graphile_worker.add_job(
      ${POLL_SOURCE}, json_build_object('sourceId', source_id, 'traceId', ${traceId}::text),
      job_key => 'poll-source:' || source_id, job_key_mode => ${mode}, priority => 5
    )
    from detection_sources
    where paused_reason is null and (${onlyId}::uuid is null or source_id = ${onlyId}::uuid)
    order by source_id`.execute(database)
}
