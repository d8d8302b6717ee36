import {
  type ContentField,
  type JsonValue,
  type RefusedChange,
  type SyncField,
  type TicketChange,
} from '@tripline/core'
import { nobodyId, toContent, toDescription, toSubject, unreadStatus } from './case-mapping.ts'
import { isRecordId, toLongId } from './record-id.ts'
import type { Session } from './salesforce-sessions.ts'
import type { SalesforceSettings } from './settings.ts'
import type { CaseNow } from './status-step.ts'

/** One part of a change, as the fields that are to be written for it. */
export interface CasePart {
  readonly field: SyncField
  readonly values: Readonly<Record<string, JsonValue>>
}

/** Parts to write, and those that must not be. */
export interface PlannedParts {
  readonly parts: readonly CasePart[]
  readonly refused: readonly RefusedChange[]
}

/** The content that differs, and still is as it was seen. A case has no labels; those of a change have no place to go. */
export function contentParts(
  change: TicketChange,
  { seen, now, record }: CaseNow,
  settings: SalesforceSettings,
): PlannedParts {
  const parts: CasePart[] = []
  const refused: RefusedChange[] = []
  const plan = (field: ContentField, name: 'Subject' | 'Description' | 'Priority', value: string): void => {
    const present = now.content[field]
    if (toContent({ ...record, [name]: value })[field] === present) return
    if (seen.content[field] !== undefined && seen.content[field] !== present) {
      const message = `Somebody changed the ${field} of ${now.key} since it was read.`
      refused.push({ field, code: 'changed_meanwhile', message })
    } else parts.push({ field, values: { [name]: value } })
  }
  const { description, priority, summary } = change
  if (summary !== undefined) plan('summary', 'Subject', toSubject(summary))
  if (description !== undefined) plan('description', 'Description', toDescription(description, settings))
  if (priority === null && now.content.priority !== null) {
    const message = `Salesforce's default priority cannot be asked for on an existing case; ${now.key} keeps ${now.content.priority ?? 'its own'}.`
    refused.push({ field: 'priority', code: 'invalid_value', message })
  }
  if (priority !== undefined && priority !== null) plan('priority', 'Priority', priority)
  return { parts, refused }
}

/** The owner: a user or a queue, or whoever owns what nobody has. */
export function assigneeParts(
  { accountId }: NonNullable<TicketChange['assignee']>,
  { seen, now }: CaseNow,
  session: Session,
  settings: SalesforceSettings,
): PlannedParts {
  const refuse = (code: RefusedChange['code'], message: string): PlannedParts => ({
    parts: [],
    refused: [{ field: 'assignee', code, message }],
  })
  if (accountId !== null && !isRecordId(accountId, ['005', '00G'])) {
    return refuse('not_assignable', `${accountId} is the id of no user and of no queue.`)
  }
  const nobody = nobodyId(session, settings)
  const ownerId = (accountId === null ? null : toLongId(accountId)) ?? nobody
  const present = now.assignee?.id ?? nobody
  if (ownerId === present) return { parts: [], refused: [] }
  if (seen.status.id !== unreadStatus.id && present !== (seen.assignee?.id ?? nobody)) {
    const owner = now.assignee?.name ?? 'unassigned'
    return refuse(
      'changed_meanwhile',
      `${now.key} is ${owner} now; when it was read it was ${seen.assignee?.name ?? 'unassigned'}.`,
    )
  }
  return { parts: [{ field: 'assignee', values: { OwnerId: ownerId } }], refused: [] }
}
