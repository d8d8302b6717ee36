import {
  contentFields,
  type OverwrittenValue,
  type SyncField,
  type Ticket,
  type TicketAccount,
  type TicketHistoryEntry,
} from '@tripline/core'
import type { JiraClient } from './jira-client.ts'
import { toAccount, toDate } from './jira-mapping.ts'
import type { JiraChangeItem, JiraHistory, JiraIssue, JiraUser } from './jira-payloads.ts'

const FIELDS: Readonly<Record<string, SyncField>> = {
  status: 'status',
  resolution: 'status',
  assignee: 'assignee',
  summary: 'summary',
  description: 'description',
  priority: 'priority',
  labels: 'labels',
}

/**
 * What was done to an issue between two readings of it, oldest first. Both name the newest entries, Cloud about a hundred
 * of them and Data Center all, so that what is in the second only is what came in between. Empty when a reading came
 * without its history.
 */
export function historyBetween(before: JiraIssue, after: JiraIssue): readonly JiraHistory[] {
  if (before.changelog === undefined || after.changelog === undefined) return []
  const known = new Set(before.changelog.histories.map(({ id }) => id))
  return oldestFirst(after.changelog.histories.filter(({ id }) => !known.has(id)))
}

/**
 * What was done to an issue since it was seen, oldest first, what led to that included: some databases of Data Center keep
 * instants by the second, so that it cannot be told from what came right after.
 */
export function historySince(seen: Ticket, { changelog }: JiraIssue): readonly JiraHistory[] {
  const entries = changelog?.histories ?? []
  return oldestFirst(entries.filter(({ created }) => toDate(created) >= seen.updatedAt))
}

function oldestFirst(entries: readonly JiraHistory[]): readonly JiraHistory[] {
  return entries.toSorted(
    (one, other) =>
      toDate(one.created).getTime() - toDate(other.created).getTime() || Number(one.id) - Number(other.id),
  )
}

/** Whether somebody, be it us, changed a field. */
export function touches(history: readonly JiraHistory[], field: SyncField): boolean {
  return history.some((entry) => itemsOf(entry, field).length > 0)
}

/**
 * What others had set of the fields that we wrote, between our reading of the ticket and our writing. Who we are is asked
 * only where several people changed the same field in that moment.
 */
export async function overwrittenValues(
  client: JiraClient,
  before: Ticket,
  history: readonly JiraHistory[],
  written: readonly SyncField[],
): Promise<readonly OverwrittenValue[]> {
  const contested = written.filter((field) => {
    const entries = history.filter((entry) => itemsOf(entry, field).length > 0)
    return new Set(entries.map(authorId)).size > 1
  })
  if (contested.length === 0) return []
  const self = toAccount(await client.getMyself()).id
  return contested.flatMap((field) => overwrittenOf(field, before, history, self))
}

/** An entry of an issue's history, in the words of tickets. @param nameOf of an account of Data Center, by its key */
export async function toHistoryEntry(
  entry: JiraHistory,
  self: string,
  nameOf: (key: string) => Promise<string>,
): Promise<TicketHistoryEntry> {
  const valueOf = (name: string): Value | undefined => entry.items.findLast(({ field }) => field === name)?.to
  const [status, resolution, assignee] = ['status', 'resolution', 'assignee'].map(valueOf)
  const content = contentFields.flatMap((field) => {
    const value = valueOf(field)
    return value === undefined ? [] : [[field, field === 'priority' ? value.id : value.text] as const]
  })
  const named = ({ id, text }: Value): { id: string; name: string } | null =>
    id === null ? null : { id, name: text ?? id }
  const given = status === undefined ? null : named(status)
  return {
    isOurs: authorId(entry) === self,
    author: entry.author?.displayName ?? entry.author?.name ?? null,
    ...(given === null ? {} : { status: given }),
    ...(resolution === undefined ? {} : { resolution: named(resolution) }),
    ...(assignee === undefined ? {} : { assignee: await accountIn(assignee, nameOf) }),
    ...(content.length === 0 ? {} : { content: Object.fromEntries(content) }),
  }
}

async function accountIn(
  { id, text }: Value,
  nameOf: (key: string) => Promise<string>,
): Promise<TicketAccount | null> {
  return id === null ? null : { id: await nameOf(id), name: text ?? id }
}

/** One field's history played back: what stands and is not ours when an entry of ours comes is overwritten by it. */
function overwrittenOf(
  field: SyncField,
  before: Ticket,
  history: readonly JiraHistory[],
  self: string,
): OverwrittenValue[] {
  const overwritten: OverwrittenValue[] = []
  const seen = new Map<string, string>()
  const present = new Map<string, Value>()
  let author: JiraUser | null | undefined
  for (const entry of history) {
    const items = itemsOf(entry, field)
    if (items.length === 0) continue
    for (const { field: name, from } of items) if (!seen.has(name)) seen.set(name, identity(from))
    const isOurs = authorId(entry) === self
    const differs = [...present].some(([name, value]) => identity(value) !== seen.get(name))
    if (isOurs && author !== undefined && differs) {
      const name = author?.displayName ?? author?.name ?? null
      overwritten.push({ field, value: shown(field, before, present), author: name })
    }
    for (const { field: name, to } of items) present.set(name, to)
    author = isOurs ? undefined : (entry.author ?? null)
    if (isOurs) for (const [name, value] of present) seen.set(name, identity(value))
  }
  return overwritten
}

type Value = JiraChangeItem['to']

/** A field's value as people read it; a status with the resolution that it was given. */
function shown(field: SyncField, before: Ticket, present: ReadonlyMap<string, Value>): string | null {
  if (field !== 'status') return present.get(field)?.text ?? null
  const status = present.has('status') ? (present.get('status')?.text ?? '') : before.status.name
  const resolution = present.has('resolution') ? present.get('resolution')?.text : before.resolution?.name
  return resolution === undefined || resolution === null ? status : `${status} (${resolution})`
}

function itemsOf({ items }: JiraHistory, field: SyncField): readonly JiraChangeItem[] {
  return items.filter((item) => FIELDS[item.field] === field)
}

function identity({ id, text }: Value): string {
  return JSON.stringify([id, text])
}

function authorId({ author }: JiraHistory): string | null {
  return author === undefined || author === null ? null : (author.accountId ?? author.name ?? null)
}
