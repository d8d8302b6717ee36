import {
  accountFor,
  isAt,
  outcomeFor,
  statusAgrees,
  statusTarget,
  usernameFor,
  type TrackingState,
} from '@tripline/core'
import type { JiraSite } from './jira-site.ts'
import { asTicket, type TicketState, type TrackedField } from './ticket-timeline.ts'

type Tracked = Pick<TrackingState, 'status' | 'resolution' | 'assignee'>

/** Whether both sides mean the same by a field, as far as the site's mappings can say it. */
export function agrees(field: TrackedField, ours: Tracked, site: JiraSite, state: TicketState): boolean {
  const { mappings } = site
  const ticket = asTicket(site, state)
  if (field === 'assignee') {
    const { assignee } = ours
    if (assignee === null || ticket.assignee === null) return assignee === ticket.assignee
    return (
      accountFor(mappings, assignee) === ticket.assignee.id ||
      usernameFor(mappings, ticket.assignee) === assignee ||
      // Taken over from there under the name it has there, before its user name was found out.
      site.jira.user(state.assignee ?? '').displayName === assignee ||
      // Found out by the user name, and learnt.
      site.account(userId(site, assignee))?.id === ticket.assignee.id
    )
  }
  if (statusAgrees(mappings, ours, ticket)) return true
  const target = statusTarget(mappings, ours.status)
  if (target === null) return true
  const wanted = ours.status === 'closed' ? outcomeFor(mappings, ours.resolution).resolutionId : null
  return isAt(ticket.status, target) && (wanted === null || ticket.resolution?.id === wanted)
}

function userId(site: JiraSite, username: string): string | null {
  return site.jira.users.find(({ name }) => name === username)?.accountId ?? null
}
