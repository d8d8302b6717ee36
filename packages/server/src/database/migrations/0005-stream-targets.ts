import { sql, type Kysely } from 'kysely'

/** Targets of open data streams, the messages that wait for them, and their answers. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table stream_targets (
      target_id uuid primary key default gen_random_uuid(),
      kind text not null check (kind in ('http', 'kafka', 'mongodb', 'syslog', 'raw')),
      name text not null check (name <> ''),
      settings jsonb not null,
      -- Secret settings by path, each sealed or a reference such as env:NAME.
      secrets jsonb not null,
      enabled boolean not null default true,
      -- With so many messages waiting, no more are taken.
      max_waiting integer not null check (max_waiting > 0),
      -- After so many failures of its own a message is put aside.
      max_attempts integer not null check (max_attempts > 0),
      version integer not null default 1,
      -- How many messages waited when they were last counted.
      waiting integer not null default 0,
      counted_at timestamptz(3),
      -- How often it could not be sent to in a row, and until when it is left alone.
      failures integer not null default 0,
      not_before timestamptz(3),
      last_fault jsonb,
      delivered bigint not null default 0,
      delivered_at timestamptz(3),
      -- How many messages were not taken into the queue, and why the last was not.
      refused bigint not null default 0,
      last_refusal jsonb,
      last_check jsonb,
      created_at timestamptz(3) not null default clock_timestamp(),
      updated_at timestamptz(3) not null default clock_timestamp(),
      unique (kind, name)
    )`.execute(db)

  await sql`
    create table stream_messages (
      message_id bigint generated always as identity primary key,
      target_id uuid not null references stream_targets on delete cascade,
      -- 'dead': put aside until somebody decides.
      state text not null default 'waiting' check (state in ('waiting', 'dead')),
      -- json, not jsonb: it is written and read whole, and may hold what jsonb does not take.
      message json not null,
      -- Of the message, in bytes.
      size integer not null,
      -- Who sent it: a trigger, a rule; told to whoever gets its answer.
      source json not null,
      attempts integer not null default 0,
      fault text,
      queued_at timestamptz(3) not null default clock_timestamp(),
      dead_at timestamptz(3)
    )`.execute(db)
  await sql`create index on stream_messages (target_id, message_id) where state = 'waiting'`.execute(db)
  await sql`create index on stream_messages (target_id, message_id) where state = 'dead'`.execute(db)

  await sql`
    create table stream_replies (
      reply_id bigint generated always as identity primary key,
      target_id uuid not null references stream_targets on delete cascade,
      message_id bigint not null,
      source json not null,
      -- What the sender wanted back with the answer, as {context}.
      context json not null,
      status_code integer not null,
      headers json not null,
      body bytea not null,
      received_at timestamptz(3) not null default clock_timestamp()
    )`.execute(db)
}
