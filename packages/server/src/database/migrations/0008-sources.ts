import { sql, type Kysely } from 'kysely'

/** Sources that detections are fetched from, and how each of them tracks its detections. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table detection_sources (
      source_id uuid primary key default gen_random_uuid(),
      -- The source of its detections.
      name text not null unique check (name <> ''),
      plugin text not null,
      settings jsonb not null,
      -- Secret settings by path, each sealed or a reference such as env:NAME.
      secrets jsonb not null,
      conflicts text not null,
      poll_interval_ms integer not null check (poll_interval_ms > 0),
      -- null: no bound of ours.
      requests_per_minute integer check (requests_per_minute > 0),
      -- Why it is not asked now, as {code, message}; null: it is.
      paused_reason jsonb,
      -- No request before this instant.
      not_before timestamptz(3),
      -- Where the next page begins, in the words of the plugin.
      cursor text,
      -- Of the latest modification that was seen, by the clock of the source.
      polled_up_to timestamptz(3),
      last_polled_at timestamptz(3),
      -- When there was last nothing more to fetch.
      caught_up_at timestamptz(3),
      -- How many polls failed in a row.
      failures integer not null default 0,
      -- As {code, message, at}.
      last_error jsonb,
      refused_count bigint not null default 0,
      -- As {message, at}.
      last_refusal jsonb,
      last_check jsonb,
      version integer not null default 1,
      created_at timestamptz(3) not null default clock_timestamp(),
      updated_at timestamptz(3) not null default clock_timestamp()
    )`.execute(db)

  await sql`
    create table source_links (
      detection_id bigint primary key references detections on delete cascade,
      source_id uuid not null references detection_sources on delete cascade,
      external_id text not null,
      sync_state text not null check (sync_state in ('in_sync', 'pending', 'blocked', 'failed')),
      reason jsonb,
      base jsonb not null default '{}',
      -- How the source tracked it when it was last read.
      seen jsonb not null,
      -- Grows with every request to reconcile; what was done last is compared with it.
      requested integer not null default 1,
      attempts integer not null default 0,
      next_attempt_at timestamptz(3),
      last_verified_at timestamptz(3),
      created_at timestamptz(3) not null default clock_timestamp(),
      updated_at timestamptz(3) not null default clock_timestamp()
    )`.execute(db)
  await sql`create index on source_links (source_id, sync_state)`.execute(db)
  await sql`create index on source_links (next_attempt_at) where next_attempt_at is not null`.execute(db)

  // Sources have budgets too.
  await sql`alter table connection_budgets drop constraint connection_budgets_connection_id_fkey`.execute(db)
}
