import {
  AccessDenied,
  type RefusedChange,
  Rejected,
  type StatusChange,
  type Ticket,
  TicketNotFound,
  type TicketStatus,
} from '@tripline/core'
import type { JiraClient } from './jira-client.ts'
import type { JiraTransition } from './jira-payloads.ts'
import { chooseTransition, type HopTarget, isAt } from './transition-choice.ts'

/** The status of an issue that was created and could not be read since; a plan made from it expects nothing. */
export const unreadStatus: TicketStatus = { id: '', name: '', category: 'open' }

/** How far a change of status came. */
export interface StatusUpdate {
  /** The status that the last transition led to; `null`: none was made. */
  readonly statusId: string | null
  readonly refused: RefusedChange | null
}

/** An issue as it was seen, as it is now, and where it can go from here. */
export interface StatusNow {
  readonly seen: Ticket
  readonly now: Ticket
  /** `null`: not known yet. */
  readonly transitions: readonly JiraTransition[] | null
}

/** Takes an issue to another status, hop by hop along the path that was configured, never by a search of our own. */
export async function updateStatus(
  client: JiraClient,
  { seen, now: ticket, transitions }: StatusNow,
  change: StatusChange,
): Promise<StatusUpdate> {
  const isRead = seen.status.id !== unreadStatus.id
  // A resolution that was neither seen nor asked for is another status than the one to be written.
  const resolutionId = change.resolutionId ?? (isRead ? seen : ticket).resolution?.id
  if (isAt(ticket.status, change.target) && ticket.resolution?.id === resolutionId)
    return { statusId: null, refused: null }
  if (isRead && statusText(ticket) !== statusText(seen)) {
    const message = `${ticket.key} is ${shownStatus(ticket)} now; ${shownStatus(seen)} was expected.`
    return { statusId: null, refused: refusal('changed_meanwhile', message) }
  }
  const hops: HopTarget[] = [...change.via.map((id) => ({ id })), change.target]
  let statusId: string | null = null
  for (const [index, target] of hops.entries()) {
    const last = index === hops.length - 1
    // Those of the issue come without their fields where Jira does not know the expansion.
    const known = index === 0 && transitions?.every(({ fields }) => fields !== undefined) === true
    const open = known ? transitions : await client.listTransitions(ticket.id)
    if (open === null) throw gone(ticket)
    const values = last ? change : { resolutionId: null, fields: {} }
    const isThere = hops.length === 1 && isAt(ticket.status, target)
    const made = await makeHop(client, { ticket, isThere }, open, target, values)
    if (made.refused !== null) return { statusId, refused: made.refused }
    statusId = made.statusId
  }
  return { statusId, refused: null }
}

async function makeHop(
  client: JiraClient,
  { ticket, isThere }: { readonly ticket: Ticket; readonly isThere: boolean },
  transitions: readonly JiraTransition[],
  target: HopTarget,
  values: Pick<StatusChange, 'resolutionId' | 'fields'>,
): Promise<StatusUpdate> {
  const choice = chooseTransition(transitions, target, values)
  const wanted =
    'id' in target ? `the status with id ${target.id}` : `a status of category ${target.category}`
  if (choice.transition === null) {
    const available = choice.available.length === 0 ? 'none' : choice.available.join(', ')
    const message = `No transition open to us leads ${ticket.key} to ${wanted}. Transitions lead to: ${available}. Configure a path, or give the account the permission that the transition asks for.`
    return { statusId: null, refused: refusal('no_transition', message) }
  }
  const { transition, missing } = choice
  if (!('fields' in choice)) {
    const message = `The transition ${transition.name} needs: ${missing.join(', ')}. Map a value for it (a resolution, or fields) in the connection's outcomes.`
    return { statusId: null, refused: refusal('missing_fields', message) }
  }
  // Only the resolution is to be changed, and a transition without a place for it would be made in vain, again and again.
  if (isThere && !('resolution' in choice.fields)) {
    const unset = unsetResolution({ ...values, target }, ticket)
    if (unset !== null) return { statusId: null, refused: unset }
  }
  try {
    if (!(await client.transitionIssue(ticket.id, transition.id, choice.fields))) throw gone(ticket)
    return { statusId: transition.to.id, refused: null }
  } catch (error) {
    if (error instanceof Rejected) {
      return { statusId: null, refused: refusal(codeOf(error), error.message) }
    }
    if (error instanceof AccessDenied)
      return { statusId: null, refused: refusal('no_transition', error.message) }
    throw error
  }
}

const statusText = ({ status, resolution }: Ticket): string => `${status.id}/${resolution?.id ?? ''}`

const shownStatus = ({ status, resolution }: Ticket): string =>
  resolution === null ? status.name : `${status.name} (${resolution.name})`

function codeOf({ issues }: Rejected): RefusedChange['code'] {
  if (issues.some(({ message }) => /required/iu.test(message))) return 'missing_fields'
  return issues.some(({ path }) => path !== '') ? 'invalid_value' : 'no_transition'
}

const refusal = (code: RefusedChange['code'], message: string): RefusedChange => ({
  field: 'status',
  code,
  message,
})

const gone = ({ key }: Ticket): TicketNotFound => new TicketNotFound(`There is no issue ${key} (any more).`)

/** A resolution that the way to the target status had no place for. */
export function unsetResolution(
  { resolutionId, target }: Pick<StatusChange, 'resolutionId' | 'target'>,
  ticket: Ticket,
): RefusedChange | null {
  if (resolutionId === null || ticket.resolution?.id === resolutionId || !isAt(ticket.status, target))
    return null
  const is = ticket.resolution === null ? 'no resolution' : `the resolution ${ticket.resolution.name}`
  return refusal(
    'not_applied',
    `${ticket.key} is ${ticket.status.name} with ${is}: the transition's screen has no field for the one that is mapped. Add Resolution to that screen, or map no resolution.`,
  )
}
