import type { Pool } from 'pg'
import type { EventPosition } from './event-position.ts'
import type { Actor, EventChanges, EventKind } from './ledger.ts'

/** A row of the ledger. */
export interface RecordedEvent {
  readonly position: EventPosition
  readonly kind: EventKind
  readonly detectionId: string | null
  readonly actor: Actor
  readonly connectionId: string | null
  readonly traceId: string
  readonly change: EventChanges[EventKind]
  readonly at: Date
}

/** Whether an event says that a detection was created, or its content changed. */
export function isContentChange({ kind }: Pick<RecordedEvent, 'kind'>): boolean {
  return kind === 'DETECTION_CREATED' || kind === 'DETECTION_UPDATED'
}

/** Events after a position, and what is known of those that come next. */
export interface EventPage {
  readonly events: readonly RecordedEvent[]
  /** The page is full: more can be read at once. */
  readonly more: boolean
  /** Committed events exist that cannot be read yet, because a transaction that began before them still runs. */
  readonly unsettled: boolean
}

interface Row {
  readonly unsettled: boolean
  readonly xid: string | null
  readonly event_id: string
  readonly kind: EventKind
  readonly detection_id: string | null
  readonly actor: Actor
  readonly connection_id: string | null
  readonly trace_id: string
  readonly change: EventChanges[EventKind]
  readonly at: Date
}

/**
 * Reads only below the horizon of running transactions: whatever is there has been decided, so nothing can appear
 * before a row that was read. Whether there is more above it is told by the newest row alone, and once: PostgreSQL would
 * look for any such row from the ledger's beginning, for each event that it returns.
 */
const EVENTS_AFTER = `
  with ledger as materialized (
    select horizon, coalesce(newest.xid >= horizon, false) as unsettled
    from (select pg_snapshot_xmin(pg_current_snapshot()) as horizon offset 0) snapshot
    left join lateral (select xid from detection_events order by xid desc, event_id desc limit 1) newest on true
  )
  select ledger.unsettled, e.xid, e.event_id, e.kind, e.detection_id, e.actor, e.connection_id, e.trace_id, e.change, e.at
  from ledger
  left join lateral (
    select * from detection_events
    where (xid, event_id) > ($1::xid8, $2::bigint) and xid < ledger.horizon
    order by xid, event_id
    limit $3::integer
  ) e on true
  order by e.xid, e.event_id`

/** Reads the next events after a position. */
export async function readEvents(pool: Pool, after: EventPosition, limit: number): Promise<EventPage> {
  const { rows } = await pool.query<Row>({
    name: 'ledger-events-after',
    text: EVENTS_AFTER,
    values: [after.xid, after.eventId, limit],
  })
  const events = rows.flatMap((row) => (row.xid === null ? [] : [toEvent(row, row.xid)]))
  return { events, more: events.length === limit, unsettled: rows[0]?.unsettled ?? false }
}

function toEvent(row: Row, xid: string): RecordedEvent {
  return {
    position: { xid, eventId: row.event_id },
    kind: row.kind,
    detectionId: row.detection_id,
    actor: row.actor,
    connectionId: row.connection_id,
    traceId: row.trace_id,
    change: row.change,
    at: row.at,
  }
}
