import { agrees } from '../agreement.ts'
import type { Evidence, LinkRow } from '../evidence.ts'
import type { TrackedField } from '../site.ts'
import type { Invariant, Violation } from './invariant.ts'

/** Both sides mean the same, or the link says why not. */
export const bothSidesAgree: Invariant = {
  name: 'both sides equal in meaning, or the reason recorded',
  check(evidence) {
    const followed = evidence.links.filter(({ state }) => state !== 'detached' && state !== 'held')
    return {
      checked: followed.length,
      of: 'links',
      violations: followed.flatMap((link) => judge(evidence, link)),
    }
  },
}

function judge(evidence: Evidence, link: LinkRow): readonly Violation[] {
  const { detectionId, state, syncState, reason } = link
  const known = evidence.ticketOf(link)
  const about = { detectionId, ticketId: link.remoteId ?? '' }
  const stands = `${link.ticketKey} is ${state}, ${syncState}${reason === null ? '' : ` because ${reason.code}: ${reason.message}`}`
  if (syncState === 'pending' || syncState === 'failed') return [{ message: stands, ...about }]
  if (known === undefined) return [{ message: `${stands}, and there is no such ticket`, ...about }]
  const { site, ticket } = known
  if (ticket.deleted) {
    return state === 'missing' ? [] : [{ message: `${stands}, although people deleted the ticket`, ...about }]
  }
  if (state !== 'active') return [{ message: `${stands}, although the ticket is there`, ...about }]
  const ours = evidence.detections.get(detectionId)
  if (ours === undefined) return [{ message: `${stands}, and there is no such detection`, ...about }]
  const differing = (['status', 'assignee'] as const).filter(
    (field) => !agrees(field, ours, site, ticket.state),
  )
  return differing.flatMap((field) =>
    isExplained(link, field)
      ? []
      : [
          {
            message: `The ${field} differs: here ${JSON.stringify({ status: ours.status, resolution: ours.resolution, assignee: ours.assignee })}, in the ticket ${JSON.stringify(ticket.state)}; ${stands}`,
            ...about,
          },
        ],
  )
}

/**
 * Blocked on the field, or in conflict about it. One reason is shown at a time, so another field's counts for a link that
 * is blocked; beside a conflict it is said whether there is more than that.
 */
function isExplained({ syncState, reason, conflicts }: LinkRow, field: TrackedField): boolean {
  if (conflicts.some((conflict) => conflict.field === field)) return true
  if (reason === null) return false
  return syncState === 'blocked' || (syncState === 'conflict' && reason.message.includes('Besides: '))
}
