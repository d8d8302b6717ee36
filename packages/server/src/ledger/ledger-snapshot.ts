import type { Pool } from 'pg'
import { isAfter, type EventPosition } from './event-position.ts'

/**
 * What of the ledger can be seen at one moment. It is no position: transactions that still run then have lower numbers
 * than some that have ended, and their events come later.
 */
export interface LedgerSnapshot {
  /** Before every event that cannot be seen, and so before some that can. */
  readonly from: EventPosition
  /** Whether an event can be seen: it was written by a transaction that had ended. */
  includes(position: EventPosition): boolean
}

/** Reads PostgreSQL's text of a snapshot, `xmin:xmax:xip,xip`; null when it is none. */
export function parseSnapshot(text: string): LedgerSnapshot | null {
  const [, xmin, xmax, list = ''] =
    /^([1-9]\d{0,19}):([1-9]\d{0,19}):((?:\d{1,20},)*\d{1,20})?$/u.exec(text) ?? []
  if (xmin === undefined || xmax === undefined) return null
  const end = { xid: xmax, eventId: '0' }
  const running = new Set(list.split(','))
  return {
    from: { xid: xmin, eventId: '0' },
    includes: (position) => isAfter(end, position) && !running.has(position.xid),
  }
}

/** What can be seen now. */
export async function readSnapshot(pool: Pool): Promise<LedgerSnapshot> {
  const { rows } = await pool.query<{ snapshot: string }>('select pg_current_snapshot()::text as snapshot')
  const snapshot = parseSnapshot(rows[0]?.snapshot ?? '')
  if (snapshot === null) throw new TypeError('PostgreSQL gave no snapshot')
  return snapshot
}
