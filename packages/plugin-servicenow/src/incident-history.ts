import type { OverwrittenValue, SyncField } from '@tripline/core'
import { listChoices } from './choices.ts'
import { allOf, condition, ordered } from './encoded-query.ts'
import type { ServiceNowClient } from './servicenow-client.ts'
import { type AuditRecord, auditSchema, type IncidentRecord } from './servicenow-payloads.ts'
import type { ServiceNowSettings } from './settings.ts'
import { listUsers } from './user-account.ts'

const COLUMNS: Readonly<Partial<Record<SyncField, string>>> = {
  status: 'state',
  assignee: 'assigned_to',
  summary: 'short_description',
  description: 'description',
  priority: 'priority',
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
  const { rows } = await client.list('sys_audit', {
    query: allOf(
      condition('tablename', '=', 'incident'),
      condition('documentkey', '=', before.id),
      condition('record_checkpoint', '>', String(before.modCount)),
      ordered('record_checkpoint'),
    ),
    fields: ['fieldname', 'newvalue', 'user', 'record_checkpoint'],
    limit: MOST,
    schema: auditSchema,
  })
  const overwritten: OverwrittenValue[] = []
  let from = before.modCount
  for (const { fields, result } of writes) {
    for (const field of fields) {
      const between = rows.filter(
        ({ fieldname, record_checkpoint: at, user }) =>
          fieldname === COLUMNS[field] && at > from && at < result.modCount && user !== result.updatedBy,
      )
      const last = between.at(-1)
      if (last === undefined || last.newvalue === valueOf(field, result)) continue
      overwritten.push({
        field,
        value: await shownValue(client, field, last, settings),
        author: last.user === '' ? null : last.user,
      })
    }
    from = result.modCount
  }
  return overwritten
}

function valueOf(field: SyncField, record: IncidentRecord): string | undefined {
  switch (field) {
    case 'status':
      return record.state.id
    case 'assignee':
      return record.assignee?.id ?? ''
    case 'summary':
      return record.summary
    case 'description':
      return record.description
    case 'priority':
      return record.priority
    case 'labels':
      return undefined
  }
}

async function shownValue(
  client: ServiceNowClient,
  field: SyncField,
  { newvalue: value }: AuditRecord,
  settings: ServiceNowSettings,
): Promise<string | null> {
  if (value === '') return null
  if (field === 'assignee') return (await listUsers(client, [value])).rows[0]?.user_name ?? value
  if (field !== 'status') return value
  const states = await listChoices(client, 'state', settings)
  return states.find(({ id }) => id === value)?.name ?? value
}
