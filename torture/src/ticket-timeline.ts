import type { Ticket } from '@tripline/core'
import { statuses, type JiraSite } from './jira-site.ts'
import type { KnownIssue } from './evidence.ts'

/** What the merge looks at, of a ticket at one moment. */
export interface TicketState {
  readonly statusId: string
  readonly resolutionId: string | null
  /** The account's id in the history. */
  readonly assignee: string | null
}

/** A change of a ticket. */
export interface TicketMove {
  readonly at: number
  /** Whether the gateway's own account made it. */
  readonly ours: boolean
  readonly before: TicketState
  readonly after: TicketState
}

export type TrackedField = 'status' | 'assignee'

/** The states a ticket was in, oldest first, with who brought it there. */
export function ticketMoves({ site, issue }: KnownIssue): readonly TicketMove[] {
  // Backwards from what it is: what it was born with is not in the history.
  let after: TicketState = {
    statusId: issue.statusId,
    resolutionId: issue.resolutionId,
    assignee: issue.assignee,
  }
  const moves: TicketMove[] = []
  for (const { at, author, items } of issue.history.toReversed()) {
    let before = after
    for (const { fieldId, from } of items) {
      if (fieldId === 'status') before = { ...before, statusId: from ?? '' }
      if (fieldId === 'resolution') before = { ...before, resolutionId: from }
      if (fieldId === 'assignee') before = { ...before, assignee: accountIdOf(site, from) }
    }
    moves.push({ at, ours: author === site.ownAccount, before, after })
    after = before
  }
  return moves.reverse()
}

/** Data Center's history names people by their key. */
function accountIdOf(site: JiraSite, from: string | null): string | null {
  if (from === null || site.flavour === 'cloud') return from
  return site.jira.users.find(({ key }) => key === from)?.accountId ?? from
}

export function differs(field: TrackedField, left: TicketState, right: TicketState): boolean {
  return field === 'assignee'
    ? left.assignee !== right.assignee
    : left.statusId !== right.statusId || left.resolutionId !== right.resolutionId
}

/** A state as the merge sees tickets. */
export function asTicket(
  site: JiraSite,
  state: TicketState,
): Pick<Ticket, 'status' | 'resolution' | 'assignee'> {
  const status = statuses[state.statusId]
  return {
    status: { id: state.statusId, name: status?.name ?? '', category: status?.category ?? 'open' },
    resolution: state.resolutionId === null ? null : { id: state.resolutionId, name: state.resolutionId },
    assignee: site.account(state.assignee),
  }
}
