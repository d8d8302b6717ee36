import { sql, type Kysely } from 'kysely'

/** Connections to ticketing systems and the links between detections and tickets. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table ticketing_connections (
      connection_id uuid primary key default gen_random_uuid(),
      name text not null check (name <> ''),
      plugin text not null,
      settings jsonb not null,
      -- Secret settings, each sealed or a reference such as env:NAME.
      secrets jsonb not null,
      mappings jsonb not null,
      rules jsonb not null,
      policies jsonb not null default '{}',
      -- Secrets of the webhook, newest first, each sealed; the path token is in the address.
      webhook_token text not null unique,
      webhook_secrets jsonb not null,
      enabled boolean not null default true,
      -- Why the connection does not call its ticketing system now, as {code, message}; null: it does.
      paused_reason jsonb,
      -- No call before this instant: the other side asked for it.
      not_before timestamptz(3),
      polled_up_to timestamptz(3),
      last_check jsonb,
      version integer not null default 1,
      created_at timestamptz(3) not null default clock_timestamp(),
      updated_at timestamptz(3) not null default clock_timestamp(),
      deleted_at timestamptz(3)
    )`.execute(db)
  await sql`create unique index on ticketing_connections (name) where deleted_at is null`.execute(db)

  await sql`
    create table ticket_links (
      link_id uuid primary key default gen_random_uuid(),
      detection_id bigint not null references detections on delete cascade,
      connection_id uuid not null references ticketing_connections,
      dedupe_key text not null unique,
      state text not null check (state in ('held', 'creating', 'active', 'missing', 'unreachable', 'detached')),
      sync_state text not null check (sync_state in ('in_sync', 'pending', 'blocked', 'conflict', 'failed')),
      reason jsonb,
      -- The rule that asked for the ticket; null: a person did.
      rule_name text,
      -- Whether its ticket id is the detection's.
      is_primary boolean not null,
      remote_id text check (remote_id <> ''),
      ticket_key text,
      ticket_url text,
      container text,
      -- The ticket as last read, to be shown.
      ticket jsonb,
      -- Tickets that the detection had here before, oldest first, as {key, url}.
      previous_tickets jsonb not null default '[]',
      base jsonb not null default '{}',
      conflicts jsonb not null default '[]',
      decisions jsonb not null default '{}',
      -- When a create was last begun whose outcome is not known; null: none is.
      create_begun_at timestamptz(3),
      -- Grows with every request to reconcile; what was done last is compared with it.
      requested integer not null default 1,
      attempts integer not null default 0,
      next_attempt_at timestamptz(3),
      last_verified_at timestamptz(3),
      created_at timestamptz(3) not null default clock_timestamp(),
      updated_at timestamptz(3) not null default clock_timestamp(),
      unique (detection_id, connection_id)
    )`.execute(db)
  await sql`create unique index on ticket_links (detection_id) where is_primary`.execute(db)
  await sql`create index on ticket_links (connection_id, remote_id)`.execute(db)
  await sql`create index on ticket_links (connection_id, rule_name, created_at)`.execute(db)
  await sql`create index on ticket_links (next_attempt_at) where next_attempt_at is not null`.execute(db)
  await sql`create index on ticket_links (connection_id, last_verified_at)`.execute(db)

  await sql`
    create table ticket_comments (
      note_id uuid not null references detection_notes on delete cascade,
      link_id uuid not null references ticket_links on delete cascade,
      marker text not null,
      comment_id text,
      reason jsonb,
      primary key (note_id, link_id)
    )`.execute(db)
  await sql`create index on ticket_comments (link_id) where comment_id is null`.execute(db)

  // How many links were reconciled in the present minute, for connections that have a bound.
  await sql`
    create table connection_budgets (
      connection_id uuid primary key references ticketing_connections on delete cascade,
      minute timestamptz(3) not null,
      used integer not null
    )`.execute(db)
}
