import {
  accountFor,
  isAt,
  outcomeFor,
  statusAgrees,
  statusTarget,
  usernameFor,
  type TrackingState,
} from '@tripline/core'
import type { Site, TicketState, TrackedField } from './site.ts'
import { asTicket } from './ticket-timeline.ts'

type Tracked = Pick<TrackingState, 'status' | 'resolution' | 'assignee'>

/** Whether both sides mean the same by a field, as far as the site's mappings can say it. */
export function agrees(field: TrackedField, ours: Tracked, site: Site, state: TicketState): boolean {
  const { mappings } = site
  const ticket = asTicket(site, state)
  if (field === 'assignee') {
    const { assignee } = ours
    if (assignee === null || ticket.assignee === null) return assignee === ticket.assignee
    return (
      accountFor(mappings, assignee) === ticket.assignee.id ||
      usernameFor(mappings, ticket.assignee) === assignee ||
      // Found out by a name, and learnt; or taken over from there under the name it has there, before that.
      site.namesOf(state.assignee ?? '').includes(assignee)
    )
  }
  if (statusAgrees(mappings, ours, ticket)) return true
  const target = statusTarget(mappings, ours.status)
  if (target === null) return true
  const wanted = ours.status === 'closed' ? outcomeFor(mappings, ours.resolution).resolutionId : null
  return isAt(ticket.status, target) && (wanted === null || ticket.resolution?.id === wanted)
}
