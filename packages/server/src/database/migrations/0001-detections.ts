import { sql, type Kysely } from 'kysely'

/** Detections, their notes, and the ledger of every change. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create extension if not exists pg_trgm`.execute(db)

  // Ids that a sensor chose for its own detections are kept where they are free; ours begin where no appliance's do.
  await sql`create sequence detection_ids as bigint start 1000000000000001`.execute(db)

  await sql`
    create table detections (
      detection_id bigint primary key,
      source text not null,
      external_id text not null,
      title text not null,
      description text,
      type text not null,
      categories text[] not null,
      risk_score smallint,
      start_time timestamptz(3) not null,
      end_time timestamptz(3),
      create_time timestamptz(3) not null,
      update_time timestamptz(3) not null,
      mod_time timestamptz(3) not null,
      participants jsonb not null,
      properties jsonb not null,
      mitre_tactics jsonb not null,
      mitre_techniques jsonb not null,
      appliance_id bigint,
      is_user_created boolean not null,
      recommended boolean,
      recommended_factors text[] not null,
      url text,
      content_hash bytea not null,
      -- What filters look at, worked out when the content is stored: every category and technique with those above it,
      -- addresses, host names, and one line of lower-case text.
      category_paths text[] not null,
      technique_paths text[] not null,
      addresses inet[] not null,
      hostnames text[] not null,
      search_text text not null,
      status text not null default 'open'
        check (status in ('open', 'new', 'acknowledged', 'in_progress', 'closed')),
      resolution text check (resolution in ('action_taken', 'no_action_taken')),
      assignee text check (assignee <> ''),
      ticket_id text check (ticket_id <> ''),
      -- When it was closed, while it is.
      closed_at timestamptz(3),
      version integer not null default 1,
      check (resolution is null or status = 'closed'),
      unique (source, external_id)
    )`.execute(db)

  // One index for each order that lists offer, with the id to make the order total.
  for (const column of ['update_time', 'mod_time', 'create_time', 'start_time']) {
    await sql`create index on detections (${sql.ref(column)}, detection_id)`.execute(db)
  }
  await sql`create index on detections ((coalesce(risk_score, 0)), detection_id)`.execute(db)
  await sql`create index on detections (status, update_time, detection_id)`.execute(db)
  await sql`create index on detections (assignee, update_time, detection_id) where assignee is not null`.execute(
    db,
  )
  await sql`create index on detections (ticket_id) where ticket_id is not null`.execute(db)
  await sql`create index on detections (type, update_time, detection_id)`.execute(db)
  await sql`create index on detections using gin (category_paths)`.execute(db)
  await sql`create index on detections using gin (technique_paths)`.execute(db)
  await sql`create index on detections using gin (addresses)`.execute(db)
  await sql`create index on detections using gin (hostnames)`.execute(db)
  await sql`create index on detections using gin (search_text gin_trgm_ops)`.execute(db)

  await sql`
    create table detection_notes (
      note_id uuid primary key default gen_random_uuid(),
      detection_id bigint not null references detections on delete cascade,
      author text not null,
      text text not null check (text <> ''),
      -- 'internal': stays here; 'ticket': becomes a comment on the detection's tickets.
      visibility text not null check (visibility in ('internal', 'ticket')),
      created_at timestamptz(3) not null
    )`.execute(db)
  await sql`create index on detection_notes (detection_id, created_at, note_id)`.execute(db)

  await sql`
    create table detection_events (
      event_id bigint generated always as identity primary key,
      -- The transaction that wrote the row. Event ids become visible out of order; (xid, event_id) below the horizon of
      -- running transactions does not.
      xid xid8 not null default pg_current_xact_id(),
      detection_id bigint,
      kind text not null,
      actor jsonb not null,
      connection_id uuid,
      trace_id text not null,
      change jsonb not null,
      at timestamptz(3) not null default clock_timestamp()
    )`.execute(db)
  await sql`create index on detection_events (xid, event_id)`.execute(db)
  await sql`create index on detection_events (detection_id, event_id)`.execute(db)

  // One wake-up per transaction, however many rows it writes.
  await sql`
    create function announce_detection_events() returns trigger language plpgsql as $$
    begin
      perform pg_notify('tripline_events', '');
      return null;
    end $$`.execute(db)
  await sql`
    create trigger announce after insert on detection_events
    for each statement execute function announce_detection_events()`.execute(db)

  await sql`
    create table tracking_settings (
      singleton boolean primary key default true check (singleton),
      settings jsonb not null,
      -- The detections up to this id are converted to internal tracking; null: no conversion is under way.
      converted_up_to bigint,
      updated_at timestamptz(3) not null default clock_timestamp()
    )`.execute(db)
}
