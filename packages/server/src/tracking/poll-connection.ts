import { sql } from 'kysely'
import {
  DomainError,
  PluginOutdated,
  RateLimited,
  TicketingError,
  Unauthorized,
  type ChangedTickets,
  type TicketRef,
} from '@tripline/core'
import type { Database, PooledDatabase } from '../database/client.ts'
import type { ChangeOrigin } from '../ledger/ledger.ts'
import { tracingCalls } from '../plugin-host/call-trace.ts'
import type { Adapters } from './adapters.ts'
import { pauseConnection } from './connection-pause.ts'
import { findConnection, type TicketingConnection } from './connection.ts'
import { queueReconcile } from './reconcile-jobs.ts'
import { getTrackingSettings } from './tracking-settings-store.ts'

/** The job that asks one ticketing system what changed. */
export const POLL_CONNECTION = 'poll-connection'

/** How far each window reaches back over the one before: clocks differ, and searches lag. */
const OVERLAP_MS = 2 * 60_000

/** What polling needs. */
export interface PollDeps {
  readonly database: PooledDatabase
  readonly adapters: Adapters
  readonly callTimeoutMs: number
  readonly now: () => Date
}

/**
 * Asks a ticketing system which tickets changed since the last time and has their links reconciled. The window moves on
 * only after its last page is dealt with; windows overlap, so a change is seen more than once rather than never.
 */
export async function pollConnection(
  deps: PollDeps,
  connectionId: string,
  traceId: string,
  stop: AbortSignal,
): Promise<void> {
  const { database, adapters, now } = deps
  const connection = await findConnection(database, connectionId)
  if (connection === null || !connection.enabled || connection.pausedReason !== null) return
  if (connection.notBefore !== null && connection.notBefore > now()) return
  if (!(await getTrackingSettings(database)).externalTracking) return
  const origin: ChangeOrigin = { actor: { kind: 'connection', name: connection.name }, connectionId, traceId }
  const begun = now()
  try {
    const adapter = adapters.adapterFor(connection)
    const list = adapter.listTicketsUpdatedSince?.bind(adapter)
    if (list === undefined) return
    const since = new Date((connection.polledUpTo ?? begun).getTime() - OVERLAP_MS)
    let cursor: string | null = null
    do {
      const signal = AbortSignal.any([stop, AbortSignal.timeout(deps.callTimeoutMs)])
      const page: ChangedTickets = await tracingCalls({ traceId, connection: connection.name }, () =>
        list(since, cursor, { signal, traceId }),
      )
      await requestVerification(database, connectionId, page.tickets, traceId)
      cursor = page.nextCursor
    } while (cursor !== null)
    await database
      .updateTable('ticketing_connections')
      .set({ polled_up_to: begun })
      .where('connection_id', '=', connectionId)
      .execute()
  } catch (error) {
    if (stop.aborted) return
    await afterFailure(database, connection, error, origin, now())
  }
}

/** Has the links of some tickets looked at, and returns how many there are. Tickets that nothing is linked to are ignored. */
export async function requestVerification(
  database: Database,
  connectionId: string,
  tickets: readonly TicketRef[],
  traceId: string,
): Promise<number> {
  if (tickets.length === 0) return 0
  return await database.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ link_id: string }>`
      update ticket_links set requested = requested + 1, next_attempt_at = clock_timestamp()
      where link_id in (
        select link_id from ticket_links
        where connection_id = ${connectionId} and state in ('active', 'unreachable', 'missing')
          and remote_id = any(${tickets.map(({ id }) => id)}::text[])
        order by link_id for update
      )
      returning link_id`.execute(transaction)
    await queueReconcile(
      transaction,
      rows.map(({ link_id }) => ({ linkId: link_id, lane: 'change' })),
      traceId,
    )
    return rows.length
  })
}

async function afterFailure(
  database: Database,
  connection: TicketingConnection,
  error: unknown,
  origin: ChangeOrigin,
  now: Date,
): Promise<void> {
  if (!(error instanceof TicketingError) && !(error instanceof DomainError)) throw error
  if (error instanceof Unauthorized || error instanceof PluginOutdated || error instanceof DomainError) {
    return await pauseConnection(database, connection, { code: error.code, message: error.message }, origin)
  }
  if (error instanceof RateLimited) {
    const notBefore = new Date(now.getTime() + (error.retryAfterMs ?? 60_000))
    await sql`
      update ticketing_connections set not_before = greatest(not_before, ${notBefore}::timestamptz)
      where connection_id = ${connection.connectionId}`.execute(database)
  }
  // The next poll asks for the same window again.
}
