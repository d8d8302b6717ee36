import {
  changedMeanwhile,
  type ContentField,
  type JsonObject,
  type RefusedChange,
  Rejected,
  type SyncField,
  type Ticket,
  type TicketChange,
} from '@tripline/core'
import { priorityFields, toDescription, toSummary } from './incident-mapping.ts'
import { writtenText } from './incident-text.ts'
import type { FoundRows } from './servicenow-client.ts'
import type { UserRecord } from './servicenow-payloads.ts'
import type { ServiceNowSettings } from './settings.ts'
import type { IncidentNow } from './state-step.ts'
import { isSysId } from './sys-id.ts'

/** One part of a change, as the fields that are to be written for it. */
export interface IncidentPart {
  readonly field: SyncField
  readonly values: JsonObject
  /** What is wrong with the incident that came of it; `null`: nothing, or it cannot be read. */
  readonly unset: (ticket: Ticket) => RefusedChange | null
}

/** Parts to write, and those that must not be. */
export interface PlannedParts {
  readonly parts: readonly IncidentPart[]
  readonly refused: readonly RefusedChange[]
}

/** The content that differs, and still is as it was seen. Labels of a change have no place to go. */
export function contentParts(
  change: TicketChange,
  { now, seen }: IncidentNow,
  settings: ServiceNowSettings,
): PlannedParts {
  const parts: IncidentPart[] = []
  const refused: RefusedChange[] = []
  const plan = (field: ContentField, wanted: string | null, values: JsonObject): void => {
    const present = now.content[field]
    if (wanted === present) return
    const changed = changedMeanwhile(field, seen, now)
    if (changed !== null) refused.push(changed)
    else parts.push({ field, values, unset: (ticket) => unsetContent(field, wanted, ticket) })
  }
  const { description, priority, summary } = change
  if (summary !== undefined) {
    const text = toSummary(summary, settings)
    plan('summary', writtenText(text), { short_description: text })
  }
  if (description !== undefined) {
    const text = toDescription(description, settings)
    plan('description', writtenText(text) || null, { description: text })
  }
  if (priority === null && (now.content.priority ?? null) !== null) {
    const message = `There is no default priority to go back to; ${now.key} keeps its own.`
    refused.push({ field: 'priority', code: 'invalid_value', message })
  }
  if (priority !== undefined && priority !== null) {
    try {
      plan('priority', priority, priorityFields(priority, settings))
    } catch (error) {
      if (!(error instanceof Rejected)) throw error
      refused.push({ field: 'priority', code: 'invalid_value', message: error.message })
    }
  }
  return { parts, refused }
}

/** The assignee: an active user, or nobody. @param listUsers asked only when there is something to write */
export async function assigneeParts(
  { accountId }: NonNullable<TicketChange['assignee']>,
  { now, seen }: IncidentNow,
  listUsers: (ids: readonly string[]) => Promise<FoundRows<UserRecord>>,
): Promise<PlannedParts> {
  const refuse = (message: string): PlannedParts => ({
    parts: [],
    refused: [{ field: 'assignee', code: 'not_assignable', message }],
  })
  const present = now.assignee?.id ?? null
  if (accountId === present) return { parts: [], refused: [] }
  const changed = changedMeanwhile('assignee', seen, now)
  if (changed !== null) return { parts: [], refused: [changed] }
  if (accountId !== null) {
    if (!isSysId(accountId)) return refuse(`${accountId} is the sys_id of no user.`)
    // ServiceNow takes anybody, and whatever looks like an id.
    const { rows, total } = await listUsers([accountId])
    const [user] = rows
    if (user === undefined && total === 0) return refuse(`There is no user ${accountId}.`)
    if (user?.active === false) return refuse(`The user ${user.user_name} is not active.`)
  }
  const unset = (ticket: Ticket): RefusedChange | null => {
    if ((ticket.assignee?.id ?? null) === accountId) return null
    const is = ticket.assignee === null ? 'unassigned' : `assigned to ${ticket.assignee.name}`
    return notApplied('assignee', `${ticket.key} is ${is}`)
  }
  return { parts: [{ field: 'assignee', values: { assigned_to: accountId ?? '' }, unset }], refused: [] }
}

function unsetContent(field: ContentField, wanted: string | null, ticket: Ticket): RefusedChange | null {
  const { content, key } = ticket
  const value = content[field]
  if (value === undefined || value === wanted) return null
  if (field === 'priority') {
    return notApplied(
      field,
      `${key} has the priority ${value}; the settings may not fit the instance's priority rules`,
    )
  }
  if (value !== null && wanted?.startsWith(value) === true) {
    return notApplied(
      field,
      `${key} holds its first ${value.length} characters; lower the limit in the settings`,
    )
  }
  return notApplied(field, `${key} has another one`)
}

function notApplied(field: SyncField, what: string): RefusedChange {
  const message = `ServiceNow accepted the ${field}, and ${what}: an access rule keeps us from writing it, or a business rule puts it back.`
  return { field, code: 'not_applied', message }
}
