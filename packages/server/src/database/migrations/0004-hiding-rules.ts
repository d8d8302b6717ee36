import { sql, type Kysely } from 'kysely'

/** Rules that hide detections of no interest, and what else came with the API that ExtraHop's clients speak. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table hiding_rules (
      rule_id bigint generated always as identity primary key,
      author text not null,
      -- What it hides, as {detectionTypes, offender, victim, properties}.
      criteria jsonb not null,
      description text not null,
      enabled boolean not null,
      expires_at timestamptz(3),
      created_at timestamptz(3) not null default clock_timestamp(),
      -- Kept until everything that it hid is shown again, and for the ledger.
      deleted_at timestamptz(3)
    )`.execute(db)

  // The oldest rule that hides it; null: it is shown.
  await sql`alter table detections add column hidden_by bigint references hiding_rules`.execute(db)
  await sql`create index on detections (hidden_by, detection_id) where hidden_by is not null`.execute(db)

  // What clients of the ExtraHop-compatible API leave here: access tokens, kinds of detections, and one note each.
  await sql`
    create table access_tokens (
      -- SHA-256 of the token.
      hash bytea primary key,
      key_id uuid not null references api_keys on delete cascade,
      expires_at timestamptz(3) not null
    )`.execute(db)
  await sql`create index on access_tokens (expires_at)`.execute(db)

  await sql`
    create table detection_formats (
      type text primary key check (type ~ '^[A-Za-z0-9_]+$'),
      display_name text not null check (display_name <> ''),
      author text,
      categories text[] not null,
      mitre_categories text[] not null,
      created_at timestamptz(3) not null default clock_timestamp(),
      updated_at timestamptz(3) not null default clock_timestamp()
    )`.execute(db)

  // Since when a note is no longer part of the one text that a detection's notes are to such clients; null: it is.
  await sql`alter table detection_notes add column replaced_at timestamptz(3)`.execute(db)
}
