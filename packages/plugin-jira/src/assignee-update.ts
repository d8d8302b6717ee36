import {
  AccessDenied,
  changedMeanwhile,
  type RefusedChange,
  Rejected,
  type Ticket,
  type TicketChange,
  TicketNotFound,
  Unauthorized,
} from '@tripline/core'
import type { JiraClient } from './jira-client.ts'

type AssigneeChange = NonNullable<TicketChange['assignee']>

/** What became of an assignment. */
export interface AssigneeUpdate {
  readonly written: boolean
  readonly refused: RefusedChange | null
}

/** Assigns, as a step of its own: users that cannot be assigned are common, and must not keep the rest from being done. */
export async function updateAssignee(
  client: JiraClient,
  { seen, now: ticket }: { readonly seen: Ticket; readonly now: Ticket },
  { accountId }: AssigneeChange,
): Promise<AssigneeUpdate> {
  const present = ticket.assignee?.id ?? null
  if (present === accountId) return { written: false, refused: null }
  const changed = changedMeanwhile('assignee', seen, ticket)
  if (changed !== null) return { written: false, refused: changed }
  try {
    if (await client.assignIssue(ticket.id, accountId)) return { written: true, refused: null }
    throw new TicketNotFound(`There is no issue ${ticket.key} (any more).`)
  } catch (error) {
    // Data Center answers 401 to an account that may not assign. Were the credentials bad, the next read would say so.
    const refused = [AccessDenied, Rejected, Unauthorized].some((type) => error instanceof type)
    if (!refused || !(error instanceof Error)) throw error
    return { written: false, refused: { field: 'assignee', code: 'not_assignable', message: error.message } }
  }
}

/** Jira answers some assignments with success and does not carry them out. */
export function unsetAssignee({ accountId }: AssigneeChange, ticket: Ticket): RefusedChange | null {
  const now = ticket.assignee?.id ?? null
  if (now === accountId) return null
  return {
    field: 'assignee',
    code: 'not_applied',
    message: `Jira accepted the assignee, but ${ticket.key} is ${assigned(ticket)}. The account may not be assignable in ${ticket.container}.`,
  }
}

const assigned = ({ assignee }: Ticket): string =>
  assignee === null ? 'unassigned' : `assigned to ${assignee.name}`
