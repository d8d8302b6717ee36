import { sql } from 'kysely'
import type { TicketingError, WatchedTickets } from '@tripline/core'
import type { Database } from '../database/client.ts'

/** A connection whose ticketing system may be listened to. */
export interface WatchableConnection {
  readonly connectionId: string
  readonly version: number
  /** Whether it may be begun now; what has begun goes on. */
  readonly mayBegin: boolean
  /** Whether it was listened to before. */
  readonly isKnown: boolean
}

/** The connections that make calls now. */
export async function listWatchable(database: Database): Promise<readonly WatchableConnection[]> {
  const { rows } = await sql<{
    connection_id: string
    version: number
    may_begin: boolean
    is_known: boolean
  }>`
    select c.connection_id, c.version, w.connection_id is not null as is_known,
      coalesce(c.not_before <= clock_timestamp(), true) and
        (coalesce(w.not_before <= clock_timestamp(), true) or w.failed_version <> c.version) as may_begin
    from ticketing_connections c left join connection_watches w using (connection_id)
    where c.enabled and c.paused_reason is null and c.deleted_at is null`.execute(database)
  return rows.map((row) => ({
    connectionId: row.connection_id,
    version: row.version,
    mayBegin: row.may_begin,
    isKnown: row.is_known,
  }))
}

/** Says that nobody listens yet, whatever a process that died left, and answers where to continue. */
export async function beginWatch(database: Database, connectionId: string): Promise<string | null> {
  const { rows } = await sql<{ cursor: string | null }>`
    insert into connection_watches (connection_id) values (${connectionId}::uuid)
    on conflict (connection_id) do update set watched_since = null
    returning cursor`.execute(database)
  return rows[0]?.cursor ?? null
}

/** Keeps where to continue after what was heard and dealt with. Failures are forgotten once a watch proves to last. */
export async function recordHeard(
  database: Database,
  connectionId: string,
  since: Date,
  { tickets, cursor }: WatchedTickets,
  lasts: boolean,
): Promise<void> {
  const hasChange = tickets.length > 0
  await sql`
    update connection_watches set cursor = ${cursor}, watched_since = ${since}::timestamptz,
      last_heard_at = clock_timestamp(),
      last_change_at = case when ${hasChange}::boolean then clock_timestamp() else last_change_at end,
      failures = case when ${lasts}::boolean then 0 else failures end,
      last_error = case when ${lasts}::boolean then null else last_error end,
      not_before = null, failed_version = null
    where connection_id = ${connectionId}::uuid`.execute(database)
}

/** Says that nobody listens any more, unless somebody else does by now. */
export async function endWatch(database: Database, connectionId: string, since: Date): Promise<void> {
  await sql`
    update connection_watches set watched_since = null
    where connection_id = ${connectionId}::uuid and watched_since = ${since}::timestamptz`.execute(database)
}

/** How often in a row it failed before. */
export async function failuresBefore(database: Database, connectionId: string): Promise<number> {
  const row = await database
    .selectFrom('connection_watches')
    .select('failures')
    .where('connection_id', '=', connectionId)
    .executeTakeFirst()
  return row?.failures ?? 0
}

/** What went wrong, and what follows from it. */
export interface WatchFailure {
  readonly error: TicketingError
  /** In a row, this one included. */
  readonly failures: number
  /** When it is tried again. */
  readonly next: Date
  /** Whether to begin with what changes from then on. */
  readonly dropsCursor: boolean
}

/** Keeps what went wrong. */
export async function recordFailure(
  database: Database,
  connection: { readonly connectionId: string; readonly version: number },
  { dropsCursor, error, failures, next }: WatchFailure,
): Promise<void> {
  const { code, message } = error
  await database
    .updateTable('connection_watches')
    .set({
      ...(dropsCursor ? { cursor: null } : {}),
      watched_since: null,
      failures,
      last_error: JSON.stringify({ code, message, at: new Date().toISOString() }),
      not_before: next,
      failed_version: connection.version,
    })
    .where('connection_id', '=', connection.connectionId)
    .execute()
}

/** Forgets a watch that its connection does not ask for any more. */
export async function forgetWatch(database: Database, connectionId: string): Promise<void> {
  await database.deleteFrom('connection_watches').where('connection_id', '=', connectionId).execute()
}
