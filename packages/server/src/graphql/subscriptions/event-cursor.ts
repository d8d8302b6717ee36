import type { EventPosition } from '../../ledger/event-position.ts'
import { parseSnapshot, type LedgerSnapshot } from '../../ledger/ledger-snapshot.ts'
import { InvalidCursor } from '../errors.ts'

/** Where a subscription begins: after an event, or after what could be seen at a moment. */
export interface EventCursor {
  readonly position: EventPosition
  /** What could be seen already, also behind the position; null: nothing behind it. */
  readonly seen: LedgerSnapshot | null
}

/** A position in the ledger as clients keep it. */
export function encodePosition({ xid, eventId }: EventPosition): string {
  return Buffer.from(`1;events;${xid};${eventId}`).toString('base64url')
}

/**
 * Reads what {@link encodePosition} wrote, or the `liveCursor` of a list, which is `1;snapshot;` and PostgreSQL's text of the
 * statement's snapshot.
 *
 * @throws InvalidCursor
 */
export function decodeCursor(cursor: string): EventCursor {
  // As long as a snapshot with all the transactions that a server may run at once.
  const text = /^[\w-]{1,20000}$/u.test(cursor) ? Buffer.from(cursor, 'base64url').toString('utf8') : ''
  const [, xid, eventId] = /^1;events;(0|[1-9]\d{0,19});(0|[1-9]\d{0,18})$/u.exec(text) ?? []
  if (xid !== undefined && eventId !== undefined && BigInt(xid) < 2n ** 64n && BigInt(eventId) < 2n ** 63n) {
    return { position: { xid, eventId }, seen: null }
  }
  const seen = text.startsWith('1;snapshot;') ? parseSnapshot(text.slice('1;snapshot;'.length)) : null
  if (seen !== null && BigInt(seen.from.xid) < 2n ** 64n) return { position: seen.from, seen }
  throw new InvalidCursor(
    'The cursor was not made by a subscription or as a liveCursor; subscribe without one to begin now.',
    [{ path: 'after', message: 'is not a cursor of this subscription' }],
  )
}
