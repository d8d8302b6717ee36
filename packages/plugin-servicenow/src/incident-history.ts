import type { OverwrittenValue, SyncField, Ticket, TicketHistoryEntry } from '@tripline/core'
import { listChoices } from './choices.ts'
import { allOf, condition, ordered } from './encoded-query.ts'
import type { ServiceNowClient } from './servicenow-client.ts'
import { type AuditRecord, auditSchema, type IncidentRecord } from './servicenow-payloads.ts'
import type { ServiceNowSettings } from './settings.ts'
import { findSelf, listUsers } from './user-account.ts'

const COLUMNS: Readonly<Record<SyncField, readonly string[]>> = {
  status: ['state', 'close_code'],
  assignee: ['assigned_to'],
  summary: ['short_description'],
  description: ['description'],
  priority: ['priority'],
  labels: [],
}
const MOST = 500

/** A write of ours, and the incident that came of it. */
export interface OwnWrite {
  readonly fields: readonly SyncField[]
  readonly result: IncidentRecord
}

/**
 * Whether somebody changed the incident between our reading and our last writing. ServiceNow compares nothing before it
 * writes, and counts every change of a record.
 */
export function isContested(before: IncidentRecord, writes: readonly OwnWrite[]): boolean {
  let count = before.modCount
  for (const { result } of writes) {
    if (result.modCount > count + 1) return true
    count = result.modCount
  }
  return false
}

/**
 * What others had set of the fields that we wrote, between our reading and our writing.
 *
 * @see https://www.servicenow.com/docs/r/platform-security/c_UnderstandingTheSysAuditTable.html
 */
export async function overwrittenValues(
  client: ServiceNowClient,
  before: IncidentRecord,
  writes: readonly OwnWrite[],
  settings: ServiceNowSettings,
): Promise<readonly OverwrittenValue[]> {
  const rows = await listAudit(client, before.id, before.modCount)
  const overwritten: OverwrittenValue[] = []
  let from = before.modCount
  for (const { fields, result } of writes) {
    for (const field of fields) {
      const between = rows.filter(
        ({ record_checkpoint: at, user }) => at > from && at < result.modCount && user !== result.updatedBy,
      )
      const replaced = COLUMNS[field]
        .map((column) => between.findLast(({ fieldname }) => fieldname === column))
        .filter((row) => row !== undefined)
        .filter(({ fieldname, newvalue }) => newvalue !== valueOf(fieldname, result))
      const [last] = replaced
      if (last === undefined) continue
      const value =
        field === 'status'
          ? await shownStatus(client, replaced, before, settings)
          : await shownValue(client, last)
      overwritten.push({ field, value, author: last.user === '' ? null : last.user })
    }
    from = result.modCount
  }
  return overwritten
}

/** What was done to an incident after it was seen, up to how it was read since, oldest first. */
export async function historySince(
  client: ServiceNowClient,
  seen: Ticket,
  { id, modCount }: IncidentRecord,
  settings: ServiceNowSettings,
): Promise<readonly TicketHistoryEntry[]> {
  if (seen.revision === undefined || seen.revision === String(modCount)) return []
  const rows = (await listAudit(client, id, Number(seen.revision))).filter(
    ({ record_checkpoint: at }) => at <= modCount,
  )
  if (rows.length === 0) return []
  const self = await findSelf(client)
  if (self === null) return []
  const states = await listChoices(client, 'state', settings)
  const people = (
    await listUsers(
      client,
      rows.filter(({ fieldname }) => fieldname === 'assigned_to').map(({ newvalue }) => newvalue),
    )
  ).rows
  const entries = [...Map.groupBy(rows, ({ record_checkpoint: at }) => at).values()]
  return entries.map((changes) => {
    const valueIn = (column: string): string | undefined =>
      changes.find(({ fieldname }) => fieldname === column)?.newvalue
    const [author = ''] = changes.map(({ user }) => user)
    const [state, code, person] = [valueIn('state'), valueIn('close_code'), valueIn('assigned_to')]
    const content = (['summary', 'description', 'priority'] as const).flatMap((field) => {
      const value = COLUMNS[field].map(valueIn).find((text) => text !== undefined)
      return value === undefined ? [] : [[field, value || null] as const]
    })
    // Outside the states that are done, a code is left over from an earlier time.
    const isCleared = state !== undefined && !settings.doneStates.includes(state)
    const resolution = isCleared ? null : code === '' ? null : code === undefined ? undefined : named(code)
    return {
      isOurs: author === self.name,
      author: author === '' ? null : author,
      ...(state === undefined
        ? {}
        : { status: { ...named(state), ...states.find(({ id: of }) => of === state) } }),
      ...(resolution === undefined ? {} : { resolution }),
      ...(person === undefined
        ? {}
        : {
            assignee:
              person === ''
                ? null
                : { id: person, name: people.find(({ sys_id: of }) => of === person)?.user_name || person },
          }),
      ...(content.length === 0 ? {} : { content: Object.fromEntries(content) }),
    }
  })
}

const named = (id: string): { readonly id: string; readonly name: string } => ({ id, name: id })

/** What is told of an incident's changes after one of them, oldest first. */
async function listAudit(
  client: ServiceNowClient,
  id: string,
  after: number,
): Promise<readonly AuditRecord[]> {
  const { rows } = await client.list('sys_audit', {
    query: allOf(
      condition('tablename', '=', 'incident'),
      condition('documentkey', '=', id),
      condition('record_checkpoint', '>', String(after)),
      ordered('record_checkpoint'),
    ),
    fields: ['fieldname', 'newvalue', 'user', 'record_checkpoint'],
    limit: MOST,
    schema: auditSchema,
  })
  return rows
}

function valueOf(column: string, record: IncidentRecord): string | undefined {
  switch (column) {
    case 'state':
      return record.state.id
    case 'close_code':
      return record.closeCode?.id ?? ''
    case 'assigned_to':
      return record.assignee?.id ?? ''
    case 'short_description':
      return record.summary
    case 'description':
      return record.description
    case 'priority':
      return record.priority
    default:
      return undefined
  }
}

/** A state with the code that it was given. */
async function shownStatus(
  client: ServiceNowClient,
  replaced: readonly AuditRecord[],
  before: IncidentRecord,
  settings: ServiceNowSettings,
): Promise<string> {
  const valueIn = (column: string): string | undefined =>
    replaced.find(({ fieldname }) => fieldname === column)?.newvalue
  const id = valueIn('state') ?? before.state.id
  const code = valueIn('close_code') ?? ''
  const states = await listChoices(client, 'state', settings)
  const name = states.find((state) => state.id === id)?.name ?? id
  return code === '' ? name : `${name} (${code})`
}

async function shownValue(
  client: ServiceNowClient,
  { fieldname, newvalue: value }: AuditRecord,
): Promise<string | null> {
  if (value === '') return null
  if (fieldname !== 'assigned_to') return value
  return (await listUsers(client, [value])).rows[0]?.user_name ?? value
}
