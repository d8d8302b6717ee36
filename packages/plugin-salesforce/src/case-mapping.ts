import {
  fitDocument,
  type JsonObject,
  type RichText,
  singleLine,
  type StatusChange,
  type Ticket,
  type TicketAccount,
  type TicketContent,
  type TicketDraft,
  ticketIdSchema,
  type TicketStatus,
  visibleText,
} from '@tripline/core'
import { plainCaseText } from './plain-case-text.ts'
import { toLongId } from './record-id.ts'
import type { CaseRecord } from './salesforce-payloads.ts'
import type { Session } from './salesforce-sessions.ts'
import type { SalesforceSettings } from './settings.ts'

const SUBJECT_LENGTH = 255

/** The status of a case that was created and could not be read since; a plan made from it expects nothing. */
export const unreadStatus: TicketStatus = { id: '', name: '', category: 'open' }

/** The body of the request that creates a case; its external id is in the address. */
export function toCaseFields(draft: TicketDraft, settings: SalesforceSettings): JsonObject {
  const { assignmentRules, caseUrlField, defaultOwnerId, origin, recordTypeId } = settings
  const { backlink, description, fields, priority, summary } = draft
  // Neither may be in the body: the address names the case.
  const { Id: _id, [settings.externalIdField]: _key, ...mapped } = fields
  return {
    ...(origin === undefined ? {} : { Origin: origin }),
    ...mapped,
    ...(recordTypeId === undefined ? {} : { RecordTypeId: recordTypeId }),
    ...(defaultOwnerId === undefined || assignmentRules ? {} : { OwnerId: defaultOwnerId }),
    Subject: toSubject(summary),
    Description: toDescription(description, settings),
    ...(priority === null ? {} : { Priority: priority }),
    ...(caseUrlField === undefined || !isLinkable(backlink.url) ? {} : { [caseUrlField]: backlink.url }),
  }
}

/** A URL field holds 255 characters. */
export function isLinkable(url: string | null): url is string {
  return url !== null && url.length <= 255
}

/** A subject has one line and is never empty. */
export function toSubject(summary: string): string {
  return singleLine(summary, SUBJECT_LENGTH) || '(no summary)'
}

/** The description as the field holds it: plain text within the limit. */
export function toDescription(document: RichText, { textLimit }: SalesforceSettings): string {
  return plainCaseText(fitDocument(document, textLimit, (part) => storedLength(plainCaseText(part)))).trim()
}

/** Salesforce keeps the end of a line as two characters. */
function storedLength(text: string): number {
  return text.length + (text.match(/\n/gu)?.length ?? 0)
}

export function toTicket(record: CaseRecord, session: Session, settings: SalesforceSettings): Ticket {
  const { Id: id, CaseNumber, IsClosed, Status } = record
  return {
    id: ticketIdSchema.parse(id),
    key: CaseNumber,
    url: caseUrl(id, session),
    container: 'Case',
    status: { id: Status, name: Status, category: toCategory(Status, IsClosed, settings) },
    resolution: IsClosed ? outcomeOf(record, settings) : null,
    assignee: assigneeOf(record, session, settings),
    content: toContent({ ...record }),
    updatedAt: record.SystemModstamp,
  }
}

export function caseUrl(id: string, { instanceUrl }: Session): string {
  return `${instanceUrl}/lightning/r/Case/${id}/view`
}

/** The API name is also the name: it is the only one that a case has itself. */
export function toCategory(
  status: string,
  isClosed: boolean,
  { openStatus }: SalesforceSettings,
): TicketStatus['category'] {
  if (isClosed) return 'done'
  return status === openStatus ? 'open' : 'active'
}

/** Whether a status is the one asked for, or of the category asked for. */
export function isAt(status: TicketStatus, target: StatusChange['target']): boolean {
  return 'id' in target ? status.id === target.id : status.category === target.category
}

/** A case has no labels, so that none are read. */
export function toContent({
  Subject,
  Description,
  Priority,
}: {
  readonly Subject?: string | null | undefined
  readonly Description?: string | null | undefined
  readonly Priority?: string | null | undefined
}): TicketContent {
  return {
    summary: Subject ?? null,
    description: writtenText(Description ?? '') || null,
    priority: Priority ?? null,
  }
}

/** A text as it was sent: Salesforce stores it without the white space around it, and with its own ends of lines. */
export function writtenText(text: string): string {
  return visibleText(text).trim()
}

function outcomeOf(record: CaseRecord, { outcomeField }: SalesforceSettings): Ticket['resolution'] {
  const value = outcomeField === undefined ? null : record[outcomeField]
  return typeof value === 'string' && value !== '' ? { id: value, name: value } : null
}

/** Who owns cases that nobody has: every case has an owner. */
export function nobodyId({ userId }: Session, { defaultOwnerId }: SalesforceSettings): string {
  return (defaultOwnerId === undefined ? null : toLongId(defaultOwnerId)) ?? userId
}

function assigneeOf(
  record: CaseRecord,
  session: Session,
  settings: SalesforceSettings,
): TicketAccount | null {
  const { Owner, OwnerId: id } = record
  if (id === nobodyId(session, settings)) return null
  return { id, name: Owner?.Username ?? Owner?.Name ?? id }
}
