import type { EventPosition } from '../../ledger/event-position.ts'
import { InvalidCursor } from '../errors.ts'

/** A position in the ledger as clients keep it. Lists write the same in SQL, as `liveCursor`. */
export function encodePosition({ xid, eventId }: EventPosition): string {
  return Buffer.from(`1;events;${xid};${eventId}`).toString('base64url')
}

/** @throws InvalidCursor */
export function decodePosition(cursor: string): EventPosition {
  const text = /^[\w-]{1,200}$/u.test(cursor) ? Buffer.from(cursor, 'base64url').toString('utf8') : ''
  const [, xid, eventId] = /^1;events;(0|[1-9]\d{0,19});(0|[1-9]\d{0,18})$/u.exec(text) ?? []
  if (xid !== undefined && eventId !== undefined && BigInt(xid) < 2n ** 64n && BigInt(eventId) < 2n ** 63n) {
    return { xid, eventId }
  }
  throw new InvalidCursor(
    'The cursor was not made by a subscription or as a liveCursor; subscribe without one to begin now.',
    [{ path: 'after', message: 'is not a cursor of this subscription' }],
  )
}
