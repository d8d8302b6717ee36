import type { DetectionStatus, Resolution } from '@tripline/core'
import { fieldsOf, listOf, numberOf, textOf, type Fields } from './reading.ts'

interface Outcome {
  readonly status: DetectionStatus
  readonly resolution: Resolution | null
}

const statuses: ReadonlyMap<string, Outcome> = new Map([
  ['new', { status: 'open', resolution: null }],
  ['in progress', { status: 'in_progress', resolution: null }],
  ['suppressed', { status: 'closed', resolution: 'no_action_taken' }],
  ['resolved', { status: 'closed', resolution: 'action_taken' }],
  ['archived', { status: 'closed', resolution: null }],
  ['deleted', { status: 'closed', resolution: 'no_action_taken' }],
])

const statusNames = ['unknown', 'new', 'in progress', 'suppressed', 'resolved', 'archived', 'deleted']

/** The verdicts of the incident profile: true positive and security risk; all that needs no action. */
const verdicts: ReadonlyMap<number, Resolution> = new Map([
  [2, 'action_taken'],
  [8, 'action_taken'],
  [1, 'no_action_taken'],
  [3, 'no_action_taken'],
  [5, 'no_action_taken'],
  [6, 'no_action_taken'],
  [10, 'no_action_taken'],
])

const CLOSE = 3

/** The tracking state that a finding is delivered with. */
export interface FindingTracking extends Outcome {
  readonly assignee: string | null
  readonly ticketId: string | null
}

/**
 * Reads the status (`status_id`, else `status`), and `assignee`, `ticket` and `verdict_id` of the incident profile.
 * The activity `Close` closes whatever the status says. `null`: the finding says nothing of it.
 *
 * `Resolved` means reviewed and remediated, hence `action_taken`; `Suppressed` means benign or false positive, hence
 * `no_action_taken`.
 */
export function trackingOf(record: Fields): FindingTracking | null {
  const name = statusNames[numberOf(record['status_id']) ?? -1] ?? textOf(record['status'])?.toLowerCase()
  const stated = name === undefined ? undefined : statuses.get(name)
  const closing = numberOf(record['activity_id']) === CLOSE
  const user = fieldsOf(record['assignee'])
  const assignee = textOf(user['name']) ?? textOf(user['email_addr']) ?? textOf(user['uid'])
  const ticketId = ticketOf(record)
  if (stated === undefined && !closing && assignee === null && ticketId === null) return null
  const status = closing ? 'closed' : (stated?.status ?? 'open')
  const verdict = verdicts.get(numberOf(record['verdict_id']) ?? -1) ?? null
  return {
    status,
    resolution: status === 'closed' ? (stated?.resolution ?? verdict) : null,
    assignee,
    ticketId,
  }
}

function ticketOf(record: Fields): string | null {
  const tickets = [...listOf(record['tickets']), ...listOf(record['ticket'])]
  return tickets.map((ticket) => textOf(ticket['uid'])).find((uid) => uid !== null) ?? null
}
