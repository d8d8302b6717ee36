import {
  cleanLabels,
  type JsonObject,
  jsonObjectSchema,
  type JsonValue,
  plainText,
  Rejected,
  renderWithin,
  type RichText,
  singleLine,
  type Ticket,
  type TicketContent,
  type TicketDraft,
  ticketIdSchema,
  type TicketStatusCategory,
} from '@tripline/core'
import { toHtml } from './rt-html.ts'
import type { RtTicket } from './rt-payloads.ts'
import type { RequestTrackerSettings } from './settings.ts'

const SUBJECT_BYTES = 200
const LABEL_LENGTH = 200

// What RT's own fields are called; whatever else a template names is taken for a custom field.
const TICKET_FIELDS = new Set(
  [
    'AdminCc Cc CustomFields CustomRoles Due FinalPriority InitialPriority Owner Requestor SLA Started Starts',
    'Status TimeEstimated TimeLeft TimeWorked Type DependedOnBy DependsOn MemberOf Members ReferredToBy',
  ].flatMap((names) => names.split(' ')),
)

export const nobody = 'Nobody'

/** The body of the request that creates a ticket. */
export function toCreateBody(draft: TicketDraft, settings: RequestTrackerSettings): JsonObject {
  const { dedupeField, descriptionField, labelsField, queue } = settings
  const { CustomFields = {}, ...fields } = toFields(draft.fields)
  const { url } = draft.backlink
  return {
    ...fields,
    Queue: queue,
    Subject: toSubject(draft.summary),
    Content: toMessage(draft.description, settings),
    ContentType: 'text/html',
    ...(draft.priority === null ? {} : { Priority: toPriority(draft.priority, settings) }),
    ...(url === null ? {} : { RefersTo: url }),
    CustomFields: {
      ...(CustomFields as JsonObject),
      ...(labelsField === undefined ? {} : { [labelsField]: toLabels(draft.labels) }),
      ...(descriptionField === undefined
        ? {}
        : { [descriptionField]: toPlainDescription(draft.description, settings) }),
      [dedupeField]: draft.dedupeKey,
    },
  }
}

/** Fields as RT takes them: its own by their names, custom ones apart. */
export function toFields(given: JsonObject): JsonObject {
  const fields = wellFormedFields(given)
  const own = Object.entries(fields).filter(([name]) => TICKET_FIELDS.has(name) && name !== 'CustomFields')
  const custom = Object.entries(fields).filter(([name]) => !TICKET_FIELDS.has(name))
  const nested = jsonObjectSchema.safeParse(fields['CustomFields'])
  const CustomFields = { ...Object.fromEntries(custom), ...nested.data }
  return {
    ...Object.fromEntries(own),
    ...(Object.keys(CustomFields).length === 0 ? {} : { CustomFields }),
  }
}

/** Whether a name in a template is of a custom field. */
export function isCustomField(name: string): boolean {
  return !TICKET_FIELDS.has(name)
}

/** A subject has one line, is never empty, and is cut by RT where it is longer than its column. */
export function toSubject(summary: string): string {
  const line = singleLine(summary, SUBJECT_BYTES) || '(no subject)'
  let length = line.length
  while (Buffer.byteLength(singleLine(line, length)) > SUBJECT_BYTES) length -= 1
  return singleLine(line, length)
}

/** A text as the HTML of a message, within its limit once rendered. */
export function toMessage(document: RichText, { textLimit }: RequestTrackerSettings): string {
  return renderWithin(document, textLimit, toHtml, bytesOf)
}

/** A text for a custom field, which RT shows as it is. */
export function toPlainDescription(document: RichText, { textLimit }: RequestTrackerSettings): string {
  return comparableText(renderWithin(document, textLimit, plainText, bytesOf))
}

const bytesOf = (text: string): number => Buffer.byteLength(text)

export function toLabels(labels: readonly string[]): readonly string[] {
  return cleanLabels(labels, LABEL_LENGTH)
}

/** @throws Rejected for a priority that is none of the settings: RT itself takes any number */
export function toPriority(id: string, { priorities }: RequestTrackerSettings): number {
  const value = Object.values(priorities).find((number) => String(number) === id)
  if (value !== undefined) return value
  const known = Object.entries(priorities).map(([name, number]) => `${number} (${name})`)
  throw new Rejected(`${id} is no priority of this connection; there are ${known.join(', ')}.`, [
    { path: 'Priority', message: `must be one of ${known.join(', ')}` },
  ])
}

/** @param isInactive of a status that the settings do not name: whether RT takes it for a final one */
export function toTicket(ticket: RtTicket, settings: RequestTrackerSettings, isInactive: boolean): Ticket {
  const { id, Queue, Status, Owner, LastUpdated } = ticket
  const category = categoryOf(Status, settings) ?? (isInactive ? 'done' : 'active')
  return {
    id: ticketIdSchema.parse(id),
    key: id,
    url: ticketUrl(id, settings),
    container: Queue.Name ?? Queue.id,
    status: { id: Status, name: Status, category },
    // RT has no resolutions: with which status a ticket was closed is what there is to say about it.
    resolution: category === 'done' ? { id: Status, name: Status } : null,
    assignee: Owner.id === nobody ? null : { id: Owner.id, name: Owner.id },
    content: toContent(ticket, settings),
    updatedAt: new Date(LastUpdated),
  }
}

function toContent(ticket: RtTicket, settings: RequestTrackerSettings): TicketContent {
  const { descriptionField, labelsField } = settings
  const description = valuesOf(ticket, descriptionField)
  const labels = valuesOf(ticket, labelsField)
  return {
    summary: ticket.Subject ?? '',
    priority: ticket.Priority ?? null,
    ...(description === null ? {} : { description: comparableText(description[0] ?? '') }),
    ...(labels === null ? {} : { labels: labels.toSorted().join(' ') }),
  }
}

/** `null`: the ticket has no such field, or the account may not see it. */
export function valuesOf({ CustomFields }: RtTicket, name: string | undefined): readonly string[] | null {
  const field = CustomFields.find((candidate) => candidate.name.toLowerCase() === name?.toLowerCase())
  return field?.values.filter((value) => value !== null) ?? null
}

export function categoryOf(
  status: string,
  { statuses }: RequestTrackerSettings,
): TicketStatusCategory | null {
  if (statuses.initial.includes(status)) return 'open'
  if (statuses.active.includes(status)) return 'active'
  return statuses.inactive.includes(status) ? 'done' : null
}

export function ticketUrl(id: string, { baseUrl }: RequestTrackerSettings): string {
  return `${baseUrl}/Ticket/Display.html?id=${id}`
}

/** A text as it is compared, whichever ends of lines it was stored with. */
export const comparableText = (text: string): string => text.toWellFormed().replaceAll('\r\n', '\n').trimEnd()

/** RT's reader of JSON refuses half a character. */
function wellFormed(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(wellFormed)
  return typeof value === 'object' && value !== null ? wellFormedFields(value as JsonObject) : value
}

function wellFormedFields(fields: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name.toWellFormed(), wellFormed(value)]),
  )
}
