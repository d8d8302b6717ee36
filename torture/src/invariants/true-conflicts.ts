import type { SyncConflict } from '@tripline/core'
import type { Evidence, LedgerRow, LinkRow } from '../evidence.ts'
import { differs } from '../ticket-timeline.ts'
import type { Invariant, Violation } from './invariant.ts'

const TOLERANCE_MS = 20

/**
 * A conflict that the ticket wins takes somebody's change away, so there must have been somebody else's: an echo of our own
 * write is none, whenever it comes.
 */
export const trueConflicts: Invariant = {
  name: 'a conflict that the ticket won had another change in the ticket',
  check(evidence) {
    const violations: Violation[] = []
    let checked = 0
    for (const link of evidence.links) {
      for (const event of evidence.eventsOf(link.detectionId)) {
        const conflict = event.change['conflict'] as SyncConflict | undefined
        if (
          event.kind !== 'SYNC_CONFLICT' ||
          event.change['linkId'] !== link.linkId ||
          conflict === undefined
        )
          continue
        if (conflict.winner !== 'theirs' || (conflict.field !== 'status' && conflict.field !== 'assignee'))
          continue
        checked += 1
        if (isTrue(evidence, link, event, conflict.field)) continue
        violations.push({
          message: `At ${new Date(event.at).toISOString().slice(11)} the ticket's ${conflict.field} ${conflict.theirs} won over ${conflict.ours}, and it was we who had set it`,
          detectionId: link.detectionId,
          ticketId: evidence.ticketOf(link)?.ticket.id ?? '',
        })
      }
    }
    return { checked, of: 'conflicts', violations }
  },
}

/** The ticket's value at that moment came from somebody else. */
function isTrue(evidence: Evidence, link: LinkRow, event: LedgerRow, field: 'status' | 'assignee'): boolean {
  const site = evidence.world.siteOf(link.connectionId)
  const known = evidence.ticketCalled(site, String(event.change['ticketKey']))
  if (known === undefined) return true
  const moves = known.ticket.history.filter(
    ({ at, before, after }) => at <= event.at + TOLERANCE_MS && differs(field, before, after),
  )
  // A change right before the conflict was recorded may have come after the ticket was read.
  const recent = moves.filter(({ at }) => at >= event.at - 3_000)
  return moves.length === 0 || [moves.at(-1), ...recent].some((move) => move?.ours === false)
}
