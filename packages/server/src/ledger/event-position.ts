/**
 * A place in the ledger, between two events: everything up to and including this event lies before it. Event ids alone
 * are no places, because a lower one can become visible later; (transaction, event) below the horizon does not change.
 */
export interface EventPosition {
  /** The writing transaction, in decimal digits. */
  readonly xid: string
  /** In decimal digits; `0` lies before every event of the transaction. */
  readonly eventId: string
}

/** Whether one position lies after another. */
export function isAfter(left: EventPosition, right: EventPosition): boolean {
  const xids = compareDigits(left.xid, right.xid)
  return xids === 0 ? compareDigits(left.eventId, right.eventId) > 0 : xids > 0
}

/** Canonical decimal digits in numeric order; much cheaper than BigInt, and this runs once per subscriber and event. */
function compareDigits(left: string, right: string): number {
  if (left.length !== right.length) return left.length - right.length
  if (left === right) return 0
  return left < right ? -1 : 1
}
