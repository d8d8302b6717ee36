import { sql } from 'kysely'

/** The place in the ledger of what begins to follow it: none of what happened before concerns it. */
export const fromNowOn = {
  cursor_xid: sql<string>`pg_snapshot_xmin(pg_current_snapshot())`,
  cursor_event_id: '0',
  active_since: sql<Date>`clock_timestamp()`,
}
