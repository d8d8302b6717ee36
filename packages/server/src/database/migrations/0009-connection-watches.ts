import { sql, type Kysely } from 'kysely'

/** How far each connection's ticketing system is listened to, where it tells of changes by itself. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table connection_watches (
      connection_id uuid primary key references ticketing_connections on delete cascade,
      -- Where to continue, in the words of the plugin; null: with what changes from now on.
      cursor text,
      -- Since when somebody listens; null: nobody does.
      watched_since timestamptz(3),
      last_heard_at timestamptz(3),
      -- When there was last a ticket that changed.
      last_change_at timestamptz(3),
      -- How often in a row it failed.
      failures integer not null default 0,
      -- As {code, message, at}; null since it stands again.
      last_error jsonb,
      -- Not tried again before, unless the connection is at another version by then.
      not_before timestamptz(3),
      failed_version integer
    )`.execute(db)
}
