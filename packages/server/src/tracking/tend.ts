import { sql } from 'kysely'
import { ticketingRulesSchema } from '@tripline/core'
import type { Database } from '../database/client.ts'
import type { ChangeOrigin } from '../ledger/ledger.ts'
import { queueLinkMoves } from './link-moves.ts'
import { POLL_CONNECTION } from './poll-connection.ts'
import { queueReconcile } from './reconcile-jobs.ts'
import { CONVERT_TRACKING } from './tracking-settings.ts'
import { getTrackingSettings } from './tracking-settings-store.ts'

/** The job that keeps the others going; it runs every minute, and when a process starts. */
export const TEND = 'tend'

const SWEEP_LIMIT = 1_000
const VERIFY_LIMIT = 200

/**
 * Queues what should be queued and is not: links whose next attempt is overdue because a worker died, links that nobody
 * has looked at for long, held tickets whose rule has budget again, and each connection's poll. The tables are the
 * truth about what there is to do; the queue only wakes the workers.
 */
export async function tend(database: Database, traceId: string, overdueMs: number): Promise<void> {
  await queueConversion(database, traceId)
  await queueLinkMoves(database)
  if (!(await getTrackingSettings(database)).externalTracking) return
  await queueOverdue(database, traceId, overdueMs)
  await releaseHeld(database, traceId)
  await queueForgotten(database, traceId)
  await queuePolls(database, traceId)
}

/** A conversion whose worker died goes on. */
async function queueConversion(database: Database, traceId: string): Promise<void> {
  const origin: ChangeOrigin = { actor: { kind: 'system', name: 'conversion' }, connectionId: null, traceId }
  await sql`
    select graphile_worker.add_job(
      ${CONVERT_TRACKING}, ${JSON.stringify({ origin })}::json, job_key => ${CONVERT_TRACKING},
      job_key_mode => 'preserve_run_at'
    )
    from tracking_settings where converted_up_to is not null`.execute(database)
}

async function queueOverdue(database: Database, traceId: string, overdueMs: number): Promise<void> {
  const { rows } = await sql<{ link_id: string; remote_id: string | null }>`
    select link_id, remote_id from ticket_links link
    join ticketing_connections connection using (connection_id)
    where link.next_attempt_at < clock_timestamp() - make_interval(secs => ${overdueMs / 1_000})
      and link.state not in ('held', 'detached')
      and connection.enabled and connection.paused_reason is null and connection.deleted_at is null
    order by link.next_attempt_at limit ${SWEEP_LIMIT}`.execute(database)
  await queueReconcile(
    database,
    rows.map(({ link_id, remote_id }) => ({
      linkId: link_id,
      lane: remote_id === null ? 'create' : 'change',
    })),
    traceId,
  )
}

async function queueForgotten(database: Database, traceId: string): Promise<void> {
  const { rows } = await sql<{ link_id: string }>`
    update ticket_links set requested = requested + 1, next_attempt_at = clock_timestamp()
    where link_id in (
      select link_id from ticket_links link join ticketing_connections connection using (connection_id)
      where link.last_verified_at < clock_timestamp() - interval '6 hours' and link.next_attempt_at is null
        and link.state = 'active' and connection.enabled and connection.paused_reason is null
        and connection.deleted_at is null
      order by link.last_verified_at limit ${VERIFY_LIMIT}
    )
    returning link_id`.execute(database)
  await queueReconcile(
    database,
    rows.map(({ link_id }) => ({ linkId: link_id, lane: 'verify' })),
    traceId,
  )
}

async function releaseHeld(database: Database, traceId: string): Promise<void> {
  const connections = await database
    .selectFrom('ticketing_connections')
    .select(['connection_id', 'rules'])
    .where('enabled', '=', true)
    .where('deleted_at', 'is', null)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('ticket_links')
          .select('link_id')
          .whereRef('ticket_links.connection_id', '=', 'ticketing_connections.connection_id')
          .where('state', '=', 'held'),
      ),
    )
    .execute()
  for (const { connection_id: connectionId, rules } of connections) {
    for (const { name, budgetPerHour } of ticketingRulesSchema.parse(rules)) {
      await releaseRule(database, connectionId, name, budgetPerHour, traceId)
    }
  }
}

async function releaseRule(
  database: Database,
  connectionId: string,
  rule: string,
  budgetPerHour: number | null,
  traceId: string,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`tripline.budget.${connectionId}`}, 0))`.execute(
      transaction,
    )
    const { rows } = await sql<{ link_id: string }>`
      update ticket_links set state = 'creating', created_at = clock_timestamp(), next_attempt_at = clock_timestamp()
      where link_id in (
        select link_id from ticket_links
        where connection_id = ${connectionId} and rule_name = ${rule} and state = 'held'
        order by created_at limit greatest(0, coalesce(${budgetPerHour}::integer, ${SWEEP_LIMIT}) - (
          select count(*) from ticket_links
          where connection_id = ${connectionId} and rule_name = ${rule} and state <> 'held'
            and created_at > clock_timestamp() - interval '1 hour'
        ))
      )
      returning link_id`.execute(transaction)
    await queueReconcile(
      transaction,
      rows.map(({ link_id }) => ({ linkId: link_id, lane: 'create' })),
      traceId,
    )
  })
}

async function queuePolls(database: Database, traceId: string): Promise<void> {
  await sql`
    select graphile_worker.add_job(
      ${POLL_CONNECTION}, json_build_object('connectionId', connection_id, 'traceId', ${traceId}::text),
      job_key => 'poll:' || connection_id, job_key_mode => 'preserve_run_at', priority => 5
    )
    from ticketing_connections
    where enabled and paused_reason is null and deleted_at is null`.execute(database)
}
