import { sql } from 'kysely'
import type { Database } from '../database/client.ts'
import { oneOf } from '../database/one-of.ts'
import { queueJobs } from '../database/queue-jobs.ts'

/** The job that brings one link's two sides together. */
export const RECONCILE_LINK = 'reconcile-link'

/** What calls for a reconcile, most urgent first: creating tickets comes before status, and both before the rest. */
const lanes = { create: -10, change: 0, verify: 10 } as const

/** How urgent a reconcile is. */
export type Lane = keyof typeof lanes

/** A link to be reconciled, and when. */
export interface ReconcileRequest {
  readonly linkId: string
  readonly lane: Lane
  /** Absent: at once. */
  readonly runAt?: Date
}

/**
 * Queues links for reconciling, within the caller's transaction. A link that is queued already is not queued twice; one
 * that is being reconciled right now will be once more.
 */
export async function queueReconcile(
  database: Database,
  requests: readonly ReconcileRequest[],
  traceId: string,
): Promise<void> {
  // In one order everywhere, so that two who queue the same links do not wait for each other.
  const ordered = requests.toSorted((left, right) => (left.linkId < right.linkId ? -1 : 1))
  await queueJobs(
    database,
    ordered.map(({ linkId, lane, runAt }) => ({
      task: RECONCILE_LINK,
      payload: { linkId, traceId, lane },
      key: `link:${linkId}`,
      priority: lanes[lane],
      runAt: runAt ?? null,
    })),
  )
}

/**
 * Asks for every link of some detections to be reconciled, within the caller's transaction, except links of the
 * connection that the change came from.
 */
export async function requestReconcile(
  database: Database,
  detectionIds: readonly string[],
  exceptConnectionId: string | null,
  traceId: string,
): Promise<void> {
  if (detectionIds.length === 0) return
  const { rows } = await sql<{ link_id: string; state: string }>`
    update ticket_links set
      requested = requested + 1, sync_state = 'pending', next_attempt_at = clock_timestamp(),
      updated_at = clock_timestamp()
    where link_id in (
      select link_id from ticket_links
      where detection_id ${oneOf(detectionIds, 'bigint')}
        and state in ('creating', 'active', 'unreachable')
        and connection_id is distinct from ${exceptConnectionId}::uuid
      order by link_id for update
    )
    returning link_id, state`.execute(database)
  await queueReconcile(
    database,
    rows.map(({ link_id, state }) => ({ linkId: link_id, lane: state === 'creating' ? 'create' : 'change' })),
    traceId,
  )
}
