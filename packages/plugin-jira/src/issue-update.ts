import {
  outcomeFromHistory,
  type RefusedChange,
  type SyncField,
  type Ticket,
  type TicketChange,
  type TicketHistoryEntry,
  TicketNotFound,
  type TicketRef,
  type TicketUpdate,
  UnexpectedResponse,
  type UpdateOutcome,
} from '@tripline/core'
import { unsetAssignee, updateAssignee } from './assignee-update.ts'
import { updateContent } from './content-update.ts'
import { historyBetween, historySince, overwrittenValues, toHistoryEntry, touches } from './issue-history.ts'
import { issueId } from './issue-reference.ts'
import type { JiraClient } from './jira-client.ts'
import { toAccount, toTicket } from './jira-mapping.ts'
import type { JiraIssue } from './jira-payloads.ts'
import type { JiraSettings } from './settings.ts'
import { unsetResolution, updateStatus } from './status-update.ts'

/**
 * Reads the issue, writes what still finds what was seen, and reads it again. Jira compares nothing itself: what somebody
 * sets between our reading and our writing is replaced, and found in the issue's history afterwards.
 */
export async function updateIssue(
  client: JiraClient,
  seen: Ticket,
  change: TicketChange,
  settings: JiraSettings,
): Promise<TicketUpdate> {
  const issue = await readIssue(client, seen, change.status !== undefined)
  const before = toTicket(issue, settings)
  const written: SyncField[] = []
  const refused: RefusedChange[] = []

  // The status first: an update of fields tells Jira's webhooks of the old one.
  const status =
    change.status === undefined
      ? { statusId: null, refused: null }
      : await updateStatus(
          client,
          { seen, now: before, transitions: issue.transitions ?? null },
          change.status,
        )
  if (status.statusId !== null) written.push('status')
  if (status.refused !== null) refused.push(status.refused)
  const content = await updateContent(client, issue, seen, change, settings)
  written.push(...content.written)
  refused.push(...content.refused)
  const assignee =
    change.assignee === undefined
      ? { written: false, refused: null }
      : await updateAssignee(client, { seen, now: before }, change.assignee)
  if (assignee.written) written.push('assignee')
  if (assignee.refused !== null) refused.push(assignee.refused)

  // Nothing was sent, so that what was read is what there is.
  if (written.length === 0 && refused.every(({ code }) => code === 'changed_meanwhile')) {
    return { ticket: before, statusId: null, refused, overwritten: [] }
  }
  const after = await readIssue(client, seen, false)
  const ticket = toTicket(after, settings)
  const history = historyBetween(issue, after)
  if (change.status !== undefined && status.refused === null) {
    const unset = unsetResolution(change.status, ticket)
    if (unset !== null) refused.push(unset)
  }
  if (change.assignee !== undefined && assignee.written && !touches(history, 'assignee')) {
    const unset = unsetAssignee(change.assignee, ticket)
    if (unset !== null) refused.push(unset)
  }
  const overwritten = await overwrittenValues(client, before, history, written)
  return { ticket, statusId: status.statusId, refused, overwritten }
}

/** What the issue's history tells of an update whose answer was lost; `null`: there is no such issue. */
export async function findUpdateOutcome(
  client: JiraClient,
  seen: Ticket,
  fields: readonly SyncField[],
  settings: JiraSettings,
): Promise<UpdateOutcome | null> {
  const issue = await findWithHistory(client, seen, ['changelog'])
  if (issue === null) return null
  const ticket = toTicket(issue, settings)
  const history = historySince(seen, issue)
  if (!fields.some((field) => touches(history, field))) return { ticket, overwritten: [] }
  const self = toAccount(await client.getMyself()).id
  const nameOf = async (key: string): Promise<string> =>
    settings.deployment === 'cloud' ? key : ((await client.getUserByKey(key))?.name ?? key)
  const entries: TicketHistoryEntry[] = []
  for (const entry of history) entries.push(await toHistoryEntry(entry, self, nameOf))
  return outcomeFromHistory(seen, ticket, entries)
}

async function readIssue(client: JiraClient, ref: TicketRef, withTransitions: boolean): Promise<JiraIssue> {
  const expand = ['changelog', ...(withTransitions ? ['transitions', 'transitions.fields'] : [])]
  const issue = await findWithHistory(client, ref, expand)
  if (issue === null) throw new TicketNotFound(`There is no issue ${ref.key} (any more).`)
  return issue
}

/** With its history, or without when that is more than can be read. */
async function findWithHistory(
  client: JiraClient,
  ref: TicketRef,
  expand: readonly string[],
): Promise<JiraIssue | null> {
  const id = issueId(ref)
  try {
    return await client.getIssue(id, expand)
  } catch (error) {
    if (!(error instanceof UnexpectedResponse)) throw error
    return await client.getIssue(id)
  }
}
