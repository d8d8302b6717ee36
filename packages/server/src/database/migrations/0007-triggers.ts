import { sql, type Kysely } from 'kysely'

/** Trigger scripts, what they wait for, and how they ran; and the rules by which targets are told of detections. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table triggers (
      trigger_id bigint generated always as identity primary key,
      name text not null check (name <> ''),
      description text not null,
      author text not null,
      script text not null,
      events text[] not null,
      disabled boolean not null,
      debug boolean not null,
      -- Why it does not run although it is not disabled, as {code, message}; null: it runs.
      paused_reason jsonb,
      -- How many runs failed in a row.
      failures integer not null default 0,
      -- It has run for every change of the ledger up to here; none before this instant concern it.
      cursor_xid xid8 not null default pg_snapshot_xmin(pg_current_snapshot()),
      cursor_event_id bigint not null default 0,
      active_since timestamptz(3) not null default clock_timestamp(),
      -- Whoever holds the lease runs it; nothing of what he did counts once he lost it.
      lease uuid,
      leased_until timestamptz(3),
      run_count bigint not null default 0,
      failed_count bigint not null default 0,
      last_run_at timestamptz(3),
      -- How many detections it made on a day.
      commits_on date,
      commits integer not null default 0,
      version integer not null default 1,
      created_at timestamptz(3) not null default clock_timestamp(),
      updated_at timestamptz(3) not null default clock_timestamp()
    )`.execute(db)

  await sql`
    create table trigger_inputs (
      input_id bigint generated always as identity primary key,
      trigger_id bigint not null references triggers on delete cascade,
      -- json, not jsonb: answers of other systems may hold what jsonb does not take.
      occasion json not null,
      received_at timestamptz(3) not null default clock_timestamp()
    )`.execute(db)
  await sql`create index on trigger_inputs (trigger_id, input_id)`.execute(db)

  await sql`
    create table trigger_runs (
      run_id bigint generated always as identity primary key,
      trigger_id bigint not null references triggers on delete cascade,
      event text not null,
      detection_id bigint,
      outcome text not null check (outcome in ('done', 'failed', 'timeout', 'memory')),
      error json,
      logs json not null,
      debug json not null,
      ignored json not null,
      -- What was not taken, as {target, kind, reason}.
      refused json not null,
      dropped_lines integer not null,
      messages integer not null,
      commits integer not null,
      duration_ms real not null,
      ended_at timestamptz(3) not null default clock_timestamp()
    )`.execute(db)
  await sql`create index on trigger_runs (trigger_id, run_id)`.execute(db)

  await sql`
    create table notification_rules (
      rule_id bigint generated always as identity primary key,
      name text not null check (name <> ''),
      enabled boolean not null,
      filter json not null,
      -- Whether it also speaks of detections whose content changes.
      on_update boolean not null,
      target text not null,
      -- The kind of target and how its message is made.
      delivery json not null,
      -- As {value}.
      template json not null,
      -- As a trigger's.
      cursor_xid xid8 not null default pg_snapshot_xmin(pg_current_snapshot()),
      cursor_event_id bigint not null default 0,
      active_since timestamptz(3) not null default clock_timestamp(),
      sent_count bigint not null default 0,
      refused_count bigint not null default 0,
      -- As {reason, at}.
      last_refusal json,
      version integer not null default 1,
      created_at timestamptz(3) not null default clock_timestamp(),
      updated_at timestamptz(3) not null default clock_timestamp()
    )`.execute(db)
}
