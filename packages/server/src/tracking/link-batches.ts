import { sql, type Transaction } from 'kysely'
import type { Database } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import { getConnection } from './connection.ts'
import { queueReconcile } from './reconcile-jobs.ts'

/** Which of a connection's links an operation on many is about. */
export interface LinkSelection {
  readonly connectionId: string
  /** Only those that this rule asked for; `null`: whatever the rule. */
  readonly rule: string | null
  /** At most so many, oldest first. */
  readonly limit: number
}

interface SelectedLink {
  readonly link_id: string
  readonly detection_id: string
  readonly remote_id: string | null
  readonly ticket_key: string | null
}

/**
 * Lets held tickets be created now, whatever the budget of their rule, and returns how many they are.
 *
 * @throws NotFound
 */
export async function releaseHeldTickets(
  database: Database,
  { connectionId, rule, limit }: LinkSelection,
  origin: ChangeOrigin,
): Promise<number> {
  await getConnection(database, connectionId)
  return await database.transaction().execute(async (transaction) => {
    const { rows } = await sql<SelectedLink>`
      update ticket_links set state = 'creating', next_attempt_at = clock_timestamp(), created_at = clock_timestamp()
      where link_id in (
        select link_id from ticket_links
        where connection_id = ${connectionId} and state = 'held' and rule_name is not distinct from coalesce(${rule}, rule_name)
        order by created_at, link_id limit ${limit} for update skip locked
      )
      returning link_id, detection_id, remote_id, ticket_key`.execute(transaction)
    await queueLinks(transaction, rows, origin.traceId)
    return rows.length
  })
}

/**
 * Decides that held tickets are not to be created, and returns how many they were. A person can still ask for each.
 *
 * @throws NotFound
 */
export async function dropHeldTickets(
  database: Database,
  { connectionId, rule, limit }: LinkSelection,
  origin: ChangeOrigin,
): Promise<number> {
  const { name } = await getConnection(database, connectionId)
  const reason = {
    code: 'DROPPED',
    message: `${origin.actor.name} decided that no ticket is created.`,
    field: null,
  }
  return await database.transaction().execute(async (transaction) => {
    const { rows } = await sql<SelectedLink>`
      update ticket_links set state = 'detached', sync_state = 'in_sync', is_primary = false,
        reason = ${JSON.stringify(reason)}::jsonb, updated_at = clock_timestamp()
      where link_id in (
        select link_id from ticket_links
        where connection_id = ${connectionId} and state = 'held' and rule_name is not distinct from coalesce(${rule}, rule_name)
        order by created_at, link_id limit ${limit} for update skip locked
      )
      returning link_id, detection_id, remote_id, ticket_key`.execute(transaction)
    await recordEvents(
      transaction,
      rows.map((link) => ({
        kind: 'TICKET_UNLINKED',
        detectionId: link.detection_id,
        change: { linkId: link.link_id, connection: name, ticketKey: null },
      })),
      origin,
    )
    return rows.length
  })
}

/**
 * Tries again everything on a connection that stopped for a reason which has been mended since, refused notes included,
 * and returns how many links that is.
 *
 * @param code only links that stopped for this reason; `null`: whatever the reason
 * @throws NotFound
 */
export async function retryHaltedSyncs(
  database: Database,
  {
    connectionId,
    code,
    limit,
  }: { readonly connectionId: string; readonly code: string | null; readonly limit: number },
  origin: ChangeOrigin,
): Promise<number> {
  await getConnection(database, connectionId)
  return await database.transaction().execute(async (transaction) => {
    const { rows } = await sql<SelectedLink>`
      update ticket_links set sync_state = 'pending', requested = requested + 1, attempts = 0,
        next_attempt_at = clock_timestamp()
      where link_id in (
        select link_id from ticket_links
        where connection_id = ${connectionId} and state not in ('held', 'detached')
          and sync_state in ('blocked', 'failed', 'pending') and reason is not null
          and reason ->> 'code' = coalesce(${code}, reason ->> 'code')
        order by created_at, link_id limit ${limit} for update skip locked
      )
      returning link_id, detection_id, remote_id, ticket_key`.execute(transaction)
    await sql`
      update ticket_comments set reason = null
      where comment_id is null and link_id = any(${rows.map(({ link_id }) => link_id)}::uuid[])`.execute(
      transaction,
    )
    await queueLinks(transaction, rows, origin.traceId)
    return rows.length
  })
}

async function queueLinks(
  transaction: Transaction<Tables>,
  links: readonly SelectedLink[],
  traceId: string,
): Promise<void> {
  await queueReconcile(
    transaction,
    links.map(({ link_id, remote_id }) => ({
      linkId: link_id,
      lane: remote_id === null ? 'create' : 'change',
    })),
    traceId,
  )
}
