import { sql, type Kysely } from 'kysely'

/** Moves of all tickets of one connection to another. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table link_moves (
      move_id uuid primary key default gen_random_uuid(),
      from_connection_id uuid not null references ticketing_connections,
      to_connection_id uuid not null references ticketing_connections,
      include_closed boolean not null,
      -- Whether each ticket is read once more before it is left.
      read_first boolean not null,
      state text not null default 'running' check (state in ('running', 'done', 'stopped')),
      moved integer not null default 0,
      -- Who asked for it, as the ledger names them.
      origin jsonb not null,
      started_at timestamptz(3) not null default clock_timestamp(),
      finished_at timestamptz(3),
      check (from_connection_id <> to_connection_id)
    )`.execute(db)
  await sql`create index on link_moves (started_at)`.execute(db)
}
