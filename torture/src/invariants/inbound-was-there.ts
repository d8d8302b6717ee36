import { agrees } from '../agreement.ts'
import type { Evidence } from '../evidence.ts'
import type { Invariant, Violation } from './invariant.ts'
import { trackingChanges } from './ledger-complete.ts'

/** Against the database's clock. */
const TOLERANCE_MS = 20
/** Reads and changes of a ticket are told by one clock, but for the history's, which moves on with every change. */
const READ_TOLERANCE_MS = 2

/** What is taken over from a ticket is what the ticket showed when it was read: no hint is believed. */
export const inboundWasThere: Invariant = {
  name: 'what was taken from a ticket stood there when it was read',
  check(evidence) {
    const violations: Violation[] = []
    let checked = 0
    for (const link of evidence.links) {
      const known = evidence.ticketOf(link)
      if (known === undefined) continue
      const { site, ticket } = known
      const reads = site.traffic.readsOf(ticket.id)
      const moves = ticket.history
      for (const { at, eventId, connectionId, before, after } of trackingChanges(
        evidence,
        link.detectionId,
      )) {
        const isStatus = before.status !== after.status || before.resolution !== after.resolution
        if (
          !isStatus ||
          connectionId !== link.connectionId ||
          eventId < followedSince(evidence, link.linkId, link.detectionId)
        )
          continue
        const from = reads.findLast((read) => read <= at)
        if (from === undefined) continue
        checked += 1
        const states = [
          moves.findLast((move) => move.at < from - READ_TOLERANCE_MS)?.after ??
            moves[0]?.before ??
            ticket.state,
          ...moves
            .filter((move) => move.at >= from - READ_TOLERANCE_MS && move.at <= at + TOLERANCE_MS)
            .map((move) => move.after),
        ]
        if (states.some((state) => agrees('status', after, site, state))) continue
        violations.push({
          message: `At ${new Date(at).toISOString().slice(11)} the status ${after.status} was taken from ${ticket.key}, which did not have it`,
          detectionId: link.detectionId,
          ticketId: ticket.id,
          field: 'status',
        })
      }
    }
    return { checked, of: 'values taken over', violations }
  },
}

/** The number of the event with which the link's present ticket came. */
function followedSince(evidence: Evidence, linkId: string, detectionId: string): number {
  const last = evidence
    .eventsOf(detectionId)
    .findLast(
      ({ kind, change }) =>
        (kind === 'TICKET_CREATED' || kind === 'TICKET_LINKED') && change['linkId'] === linkId,
    )
  return Number(last?.eventId ?? Number.POSITIVE_INFINITY)
}
