import type { Ticket } from '@tripline/core'
import type { Site, TicketState, TrackedField } from './site.ts'

/** Whether a field's value is another one. */
export function differs(field: TrackedField, left: TicketState, right: TicketState): boolean {
  return field === 'assignee'
    ? left.assignee !== right.assignee
    : left.statusId !== right.statusId || left.resolutionId !== right.resolutionId
}

/** A state as the merge sees tickets. */
export function asTicket(site: Site, state: TicketState): Pick<Ticket, 'status' | 'resolution' | 'assignee'> {
  const status = site.statuses[state.statusId]
  return {
    status: { id: state.statusId, name: status?.name ?? '', category: status?.category ?? 'open' },
    resolution: state.resolutionId === null ? null : { id: state.resolutionId, name: state.resolutionId },
    assignee: state.assignee === null ? null : site.account(state.assignee),
  }
}
