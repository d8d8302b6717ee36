import {
  type Backlink,
  type JsonObject,
  type JsonValue,
  Rejected,
  renderWithin,
  type RichText,
  singleLine,
  type StatusChange,
  type Ticket,
  type TicketContent,
  type TicketDraft,
  ticketIdSchema,
  type TicketStatus,
} from '@tripline/core'
import { journalText, plainIncidentText, withoutMarkup, writtenText } from './incident-text.ts'
import type { IncidentRecord, Named } from './servicenow-payloads.ts'
import type { ServiceNowSettings } from './settings.ts'

/** What an incident is called by that came from here. */
const ORIGIN = 'Tripline'

/** The body of the request that creates an incident. @throws Rejected for a priority that the settings do not know */
export function toIncidentFields(draft: TicketDraft, settings: ServiceNowSettings): JsonObject {
  const { assignmentGroup, callerId } = settings
  const { backlink, dedupeKey, description, fields, priority, summary } = draft
  // ServiceNow gives the first two, and the priority it calculates.
  const { number: _number, sys_id: _id, priority: _priority, ...mapped } = fields
  const note = [mapped['work_notes'], backlinkNote(backlink)].filter((text) => typeof text === 'string')
  return {
    ...(callerId === undefined ? {} : { caller_id: callerId }),
    ...(assignmentGroup === undefined ? {} : { assignment_group: assignmentGroup }),
    ...(neutral(mapped) as JsonObject),
    correlation_id: dedupeKey,
    correlation_display: ORIGIN,
    short_description: toSummary(summary, settings),
    description: toDescription(description, settings),
    ...(priority === null ? {} : priorityFields(priority, settings)),
    ...(note.length === 0 ? {} : { work_notes: neutralText(note.join('\n\n')) }),
  }
}

/** The impact and urgency that lead to a priority. @throws Rejected for one that the settings do not know */
export function priorityFields(priority: string, { priorities }: ServiceNowSettings): JsonObject {
  const found = Object.hasOwn(priorities, priority) ? priorities[priority] : undefined
  if (found !== undefined) return { impact: found.impact, urgency: found.urgency }
  const message = `The settings have no impact and urgency for the priority ${priority}; they have: ${Object.keys(priorities).join(', ')}.`
  throw new Rejected(message, [{ path: 'priority', message }])
}

/** The note that links an incident back to its detection; `null`: there is nothing to link to. */
export function backlinkNote({ title, url }: Pick<Backlink, 'title' | 'url'>): string | null {
  if (url === null) return null
  const name = singleLine(title, 200) || 'Detection'
  return journalText([{ kind: 'paragraph', runs: [{ text: `${name}: ${url}` }] }])
}

/** A summary has one line and is never empty. */
export function toSummary(summary: string, { summaryLimit }: ServiceNowSettings): string {
  return singleLine(withoutMarkup(summary), summaryLimit) || '(no summary)'
}

/** The description as the column holds it: plain text within the limit. */
export function toDescription(document: RichText, { descriptionLimit }: ServiceNowSettings): string {
  return renderWithin(document, descriptionLimit, plainIncidentText)
}

/** Values of mapped fields hold what sensors say; a text in them stays text. */
export function neutral(value: JsonValue): JsonValue {
  if (typeof value === 'string') return neutralText(value)
  if (Array.isArray(value)) return value.map(neutral)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, neutral(member as JsonValue)]),
  )
}

function neutralText(text: string): string {
  return withoutMarkup(text).replaceAll('@[', '@ [')
}

export function toTicket(incident: IncidentRecord, settings: ServiceNowSettings): Ticket {
  const status = toStatus(incident.state, settings)
  return {
    id: ticketIdSchema.parse(incident.id),
    key: incident.number,
    url: incidentUrl(incident.id, settings),
    container: 'incident',
    status,
    resolution: status.category === 'done' ? incident.closeCode : null,
    assignee: incident.assignee,
    content: toContent(incident),
    updatedAt: incident.updatedAt,
    revision: String(incident.modCount),
  }
}

function incidentUrl(id: string, { baseUrl }: ServiceNowSettings): string {
  return `${baseUrl}/nav_to.do?uri=${encodeURIComponent(`incident.do?sys_id=${id}`)}`
}

export function toStatus({ id, name }: Named, { doneStates, openStates }: ServiceNowSettings): TicketStatus {
  const category = doneStates.includes(id) ? 'done' : openStates.includes(id) ? 'open' : 'active'
  return { id, name, category }
}

/** Whether a status is the one asked for, or of the category asked for. */
export function isAt(status: TicketStatus, target: StatusChange['target']): boolean {
  return 'id' in target ? status.id === target.id : status.category === target.category
}

/** An incident has no labels, so that none are read. */
function toContent({
  description,
  priority,
  summary,
}: Pick<IncidentRecord, 'description' | 'priority' | 'summary'>): TicketContent {
  return {
    ...(summary === undefined ? {} : { summary: writtenText(summary) || null }),
    ...(description === undefined ? {} : { description: writtenText(description) || null }),
    ...(priority === undefined ? {} : { priority: priority || null }),
  }
}
