import type { OverwrittenValue, SyncField, Ticket, TicketAccount, TicketHistoryEntry } from '@tripline/core'
import { nobodyId } from './case-mapping.ts'
import { toLongId } from './record-id.ts'
import type { SalesforceClient } from './salesforce-client.ts'
import { type HistoryRecord, historySchema } from './salesforce-payloads.ts'
import type { SalesforceSettings } from './settings.ts'
import { instant, quoted } from './soql.ts'
import type { CaseNow } from './status-step.ts'

/** Under which names the history tells of fields; a status has two, with that of the outcome. */
const HISTORY_NAMES: Readonly<Partial<Record<SyncField, string>>> = {
  assignee: 'Owner',
  summary: 'Subject',
  description: 'Description',
  priority: 'Priority',
}

/**
 * What others had set of the fields that we wrote, between the reading of the case and the writing: possible only within
 * the second that the case was last changed in before, which Salesforce cannot tell apart.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_casehistory.htm
 */
export async function overwrittenValues(
  client: SalesforceClient,
  { record, now }: CaseNow,
  written: readonly SyncField[],
  { outcomeField }: SalesforceSettings,
): Promise<readonly OverwrittenValue[]> {
  const history = await listHistory(client, record.Id, record.LastModifiedDate)
  const replacedIn = (name: string, present: string | null): Replaced | null => {
    // An owner is told twice, by id and by name.
    const entries = history.filter(({ Field, NewValue }) => Field === name && !isId(NewValue))
    return replacedByUs(entries, present, client.session.userId)
  }
  return written.flatMap((field): readonly OverwrittenValue[] => {
    if (field === 'status') {
      const outcome = outcomeField === undefined ? null : text(record[outcomeField])
      const status = replacedIn('Status', now.status.name)
      const replaced = outcomeField === undefined ? null : replacedIn(outcomeField, outcome)
      const author = status?.author ?? replaced?.author ?? null
      if (status === null && replaced === null) return []
      const value = shownStatus(
        status === null ? now.status.name : status.value,
        replaced === null ? (now.resolution?.name ?? null) : replaced.value,
      )
      return [{ field, value, author }]
    }
    const name = HISTORY_NAMES[field]
    const present = field === 'assignee' ? (record.Owner?.Name ?? null) : (now.content[field] ?? null)
    const replaced = name === undefined ? null : replacedIn(name, present)
    return replaced === null ? [] : [{ field, ...replaced }]
  })
}

/**
 * What was done to a case since the second in which it was last changed before it was seen, oldest first: Salesforce
 * cannot tell what came before within that second.
 */
export async function historySince(
  client: SalesforceClient,
  seen: Ticket,
  settings: SalesforceSettings,
): Promise<readonly TicketHistoryEntry[]> {
  const rows = await listHistory(client, seen.id, seen.updatedAt)
  return rows.map((row, index): TicketHistoryEntry => {
    const { CreatedBy, CreatedById, Field, NewValue } = row
    const by = {
      isOurs: CreatedById === client.session.userId,
      author: CreatedBy?.Username ?? CreatedBy?.Name ?? null,
    }
    const value = text(NewValue)
    if (Field === 'Status' && value !== null) return { ...by, status: { id: value, name: value } }
    if (Field === settings.outcomeField)
      return { ...by, resolution: value === null ? null : { id: value, name: value } }
    if (Field === 'Subject') return { ...by, content: { summary: value } }
    if (Field === 'Priority') return { ...by, content: { priority: value } }
    if (Field !== 'Owner' || value === null || !isId(value)) return by
    // An owner is told twice, by id and by name.
    const name = [rows[index + 1], rows[index - 1]].find(
      (other) => other?.Field === Field && other.CreatedById === CreatedById && !isId(other.NewValue),
    )
    return { ...by, assignee: accountOf(value, text(name?.NewValue), client, settings) }
  })
}

function accountOf(
  id: string,
  name: string | null,
  { session }: SalesforceClient,
  settings: SalesforceSettings,
): TicketAccount | null {
  const owner = toLongId(id) ?? id
  return owner === nobodyId(session, settings) ? null : { id: owner, name: name ?? owner }
}

function listHistory(client: SalesforceClient, id: string, since: Date): Promise<readonly HistoryRecord[]> {
  const soql = `SELECT Field, OldValue, NewValue, CreatedById, CreatedBy.Name, CreatedBy.Username, CreatedDate FROM CaseHistory WHERE CaseId = ${quoted(id)} AND CreatedDate >= ${instant(since)} ORDER BY CreatedDate ASC, Id ASC`
  return client.queryAll(soql, historySchema)
}

interface Replaced {
  readonly value: string | null
  readonly author: string | null
}

/** What our newest entry replaced, if it is not what we had read and somebody else had set it. */
function replacedByUs(
  entries: readonly HistoryRecord[],
  present: string | null,
  self: string,
): Replaced | null {
  const index = entries.findLastIndex(({ CreatedById }) => CreatedById === self)
  const ours = entries[index]
  // One that led to what we had read is of an earlier call.
  if (ours === undefined || text(ours.NewValue) === present) return null
  const value = text(ours.OldValue)
  if (value === present) return null
  const setter = entries.slice(0, index).findLast(({ NewValue }) => text(NewValue) === value)
  if (setter === undefined || setter.CreatedById === self) return null
  return { value, author: setter.CreatedBy?.Username ?? setter.CreatedBy?.Name ?? null }
}

function shownStatus(status: string | null, outcome: string | null): string | null {
  return status === null || outcome === null ? status : `${status} (${outcome})`
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && /^(?:005|00G)[A-Za-z0-9]{12,15}$/u.test(value)
}
