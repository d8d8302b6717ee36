import {
  fitDocument,
  type JsonObject,
  plainText,
  Rejected,
  type RichText,
  singleLine,
  type StatusChange,
  type SyncField,
  type TextRun,
  type Ticket,
  type TicketChange,
  type TicketDraft,
  ticketIdSchema,
  type TicketRef,
  type TicketStatusCategory,
  visibleText,
} from '@tripline/core'
import type { DeskTicket } from './desk-payloads.ts'
import type { DeskSettings } from './settings.ts'

const SUBJECT_LENGTH = 200
const BODY_LENGTH = 20_000
const TAG_LENGTH = 50

const statuses = { open: 'new', active: 'working', done: 'done' } as const
const categories: Readonly<Record<string, TicketStatusCategory>> = {
  new: 'open',
  working: 'active',
  done: 'done',
}

export function toTicket(ticket: DeskTicket, { baseUrl }: DeskSettings): Ticket {
  const { agent, body, id, priority, queue, status, subject, tags, updatedAt } = ticket
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

/** One part of a change, which succeeds or is refused on its own. */
export interface DeskPart {
  readonly field: SyncField
  /** The value to be, as {@link valueOf} reads it. */
  readonly wanted: string | null
  /** The bodies of the requests that lead there, in order. */
  readonly steps: readonly JsonObject[]
}

export function toParts(change: TicketChange): readonly DeskPart[] {
  const { assignee, description, labels, priority, status, summary } = change
  const parts: DeskPart[] = []
  const add = (field: SyncField, wanted: string | null, ...steps: JsonObject[]): void => {
    parts.push({ field, wanted, steps })
  }
  if (status !== undefined) add('status', toStatus(status), ...toStatusSteps(status))
  if (assignee !== undefined) add('assignee', assignee.accountId, { agent: assignee.accountId })
  if (summary !== undefined) add('summary', toSubject(summary), { subject: toSubject(summary) })
  if (description !== undefined) add('description', toBody(description), { body: toBody(description) })
  if (priority !== undefined) add('priority', priority, { priority })
  if (labels !== undefined) add('labels', toTags(labels).join(' '), { tags: toTags(labels) })
  return parts
}

/** What a ticket holds, to compare with. */
export function valueOf({ assignee, content, status }: Ticket, field: SyncField): string | null {
  if (field === 'status') return status.id
  if (field === 'assignee') return assignee?.id ?? null
  return content[field] ?? null
}

/** @throws Rejected for an id that is none of Desk: in a path it would address something else */
export function toPath({ id }: Pick<TicketRef, 'id'>): string {
  if (!/^[1-9]\d{0,9}$/u.test(id)) throw new Rejected('The ticket id is none of Desk; those are numbers.')
  return `/tickets/${id}`
}

/**
 * The id in what a person gave: `DESK-17`, or the address of the ticket's page.
 *
 * @throws Rejected
 */
export function parseReference(reference: string, { baseUrl }: DeskSettings): Ticket['id'] {
  const key = reference.trim().replace(`${baseUrl}/tickets/`, 'DESK-')
  const id = /^DESK-([1-9]\d{0,9})(?:[?#].*)?$/iu.exec(key)?.[1]
  if (id === undefined) throw new Rejected(`A key such as DESK-17 is needed, or an address below ${baseUrl}.`)
  return ticketIdSchema.parse(id)
}

function toStatus({ target }: StatusChange): string {
  return 'id' in target ? target.id : statuses[target.category]
}

/** Desk knows no resolutions, and says so when it is given one. */
function toStatusSteps(change: StatusChange): readonly JsonObject[] {
  const { fields, resolutionId, via } = change
  const resolution = resolutionId === null ? {} : { resolution: resolutionId }
  return [...via.map((status) => ({ status })), { ...fields, ...resolution, status: toStatus(change) }]
}

function toSubject(summary: string): string {
  return singleLine(summary, SUBJECT_LENGTH) || '(no subject)'
}

function toTags(labels: readonly string[]): readonly string[] {
  const tags = labels.map((label) => singleLine(label, TAG_LENGTH)).filter((tag) => tag !== '')
  return [...new Set(tags)].toSorted()
}

/** Desk shows text as it is, so that there is nothing to escape. */
function toBody(document: RichText): string {
  const shown = (part: RichText): string => visibleText(plainText(part.map(withoutForeignLinks)))
  return shown(fitDocument(document, BODY_LENGTH, (part) => shown(part).length))
}

function withoutForeignLinks(block: RichText[number]): RichText[number] {
  if (block.kind === 'paragraph') return { ...block, runs: block.runs.map(webOnly) }
  return block.kind === 'list' ? { ...block, items: block.items.map((item) => item.map(webOnly)) } : block
}

function webOnly({ href, ...run }: TextRun): TextRun {
  return href !== undefined && /^https?:\/\//iu.test(href) ? { ...run, href } : run
}
