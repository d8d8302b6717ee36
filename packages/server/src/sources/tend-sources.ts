import { sql } from 'kysely'
import type { Database } from '../database/client.ts'
import { getTrackingSettings } from '../tracking/tracking-settings-store.ts'
import { queueMissingPolls, queueSourceSync } from './source-jobs.ts'

/** The job that keeps the work on sources going; it runs every minute, and when a process starts. */
export const TEND_SOURCES = 'tend-sources'

const OVERDUE_LIMIT = 1_000

/**
 * Queues what should be queued and is not: each source's poll, and detections whose next attempt is overdue because a
 * worker died or external tracking was off. The tables are the truth about what there is to do; the queue only wakes the
 * workers.
 */
export async function tendSources(database: Database, traceId: string, overdueMs: number): Promise<void> {
  await queueMissingPolls(database, traceId)
  if (!(await getTrackingSettings(database)).externalTracking) return
  const { rows } = await sql<{ detection_id: string }>`
    select link.detection_id from source_links link join detection_sources source using (source_id)
    where link.next_attempt_at < clock_timestamp() - make_interval(secs => ${overdueMs / 1_000})
      and source.paused_reason is null
    order by link.next_attempt_at limit ${OVERDUE_LIMIT}`.execute(database)
  const ids = rows.map(({ detection_id: detectionId }) => detectionId)
  await queueSourceSync(database, ids, traceId)
}
