import { sql, type Kysely } from 'kysely'

/** People and the keys with which programs call the API. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table users (
      username text primary key check (username <> ''),
      display_name text,
      created_at timestamptz(3) not null default clock_timestamp()
    )`.execute(db)

  await sql`
    create table api_keys (
      key_id uuid primary key default gen_random_uuid(),
      name text not null check (name <> ''),
      role text not null check (role in ('admin', 'analyst', 'viewer', 'integration')),
      -- The person who acts with this key; null for integrations.
      username text references users,
      -- SHA-256 of the key: it is random, so nothing slower is needed.
      hash bytea not null unique,
      -- The key's first characters, to recognise it by.
      prefix text not null,
      created_at timestamptz(3) not null default clock_timestamp(),
      expires_at timestamptz(3),
      revoked_at timestamptz(3),
      last_used_at timestamptz(3)
    )`.execute(db)
}
