import {
  cleanLabels,
  type JsonObject,
  type PartMakers,
  Rejected,
  renderWithin,
  type RichText,
  singleLine,
  type Ticket,
  type TicketDraft,
  ticketIdSchema,
  type TicketStatusCategory,
  visiblePlainText,
} from '@tripline/core'
import type { DeskTicket } from './desk-payloads.ts'
import type { DeskSettings } from './settings.ts'

const statuses = { open: 'new', active: 'working', done: 'done' } as const
const categories: Readonly<Record<string, TicketStatusCategory>> = {
  new: 'open',
  working: 'active',
  done: 'done',
}

export function toTicket(ticket: DeskTicket, { baseUrl }: DeskSettings): Ticket {
  const { agent, body, id, priority, queue, status, subject, tags, updatedAt, version } = ticket
  return {
    id: ticketIdSchema.parse(String(id)),
    key: `DESK-${id}`,
    url: `${baseUrl}/tickets/${id}`,
    container: queue,
    status: { id: status, name: status, category: categories[status] ?? 'active' },
    resolution: null,
    assignee: agent,
    content: { summary: subject, description: body, priority, labels: tags.toSorted().join(' ') },
    updatedAt: new Date(updatedAt),
    revision: String(version),
  }
}

/** The body of the request that creates a ticket. */
export function toCreateBody(draft: TicketDraft, { queue }: DeskSettings): JsonObject {
  const { dedupeKey, backlink, description, fields, labels, priority, summary } = draft
  return {
    ...fields,
    externalId: dedupeKey,
    queue,
    subject: toSubject(summary),
    body: toBody(description),
    priority,
    tags: toTags(labels),
    links: backlink.url === null ? [] : [{ url: backlink.url, title: backlink.title }],
  }
}

/** The bodies of the requests that lead to each part of a change. */
export const deskParts: PartMakers<JsonObject> = {
  status({ fields, resolutionId, target, via }) {
    const status = 'id' in target ? target.id : statuses[target.category]
    // Desk knows no resolutions, and says so when it is given one.
    const resolution = resolutionId === null ? {} : { resolution: resolutionId }
    const steps = [...via.map((id) => ({ status: id })), { ...fields, ...resolution, status }]
    return { wanted: status, steps }
  },
  assignee: ({ accountId }) => ({ wanted: accountId, steps: [{ agent: accountId }] }),
  summary: (summary) => ({ wanted: toSubject(summary), steps: [{ subject: toSubject(summary) }] }),
  description: (text) => ({ wanted: toBody(text), steps: [{ body: toBody(text) }] }),
  priority: (priority) => ({ wanted: priority, steps: [{ priority }] }),
  labels: (labels) => ({ wanted: toTags(labels).join(' '), steps: [{ tags: toTags(labels) }] }),
}

/** @throws Rejected for an id that is none of Desk: in a path it would address something else */
export function toPath(id: string): string {
  if (!/^[1-9]\d{0,9}$/u.test(id)) throw new Rejected('The ticket id is none of Desk; those are numbers.')
  return `/tickets/${id}`
}

/** The id in what a person gave, `DESK-17` or the address of the ticket's page. @throws Rejected */
export function idIn(reference: string, { baseUrl }: DeskSettings): string {
  const key = reference.trim().replace(`${baseUrl}/tickets/`, 'DESK-')
  const id = /^DESK-([1-9]\d{0,9})(?:[?#].*)?$/iu.exec(key)?.[1]
  if (id === undefined) throw new Rejected(`A key such as DESK-17 is needed, or an address below ${baseUrl}.`)
  return id
}

function toSubject(summary: string): string {
  return singleLine(summary, 200) || '(no subject)'
}

/** Desk shows text as it is, so that there is nothing to escape. */
function toBody(document: RichText): string {
  return renderWithin(document, 20_000, visiblePlainText)
}

function toTags(labels: readonly string[]): readonly string[] {
  return cleanLabels(labels, 50)
}
