import type { OverwrittenValue, SyncField } from '@tripline/core'
import type { SalesforceClient } from './salesforce-client.ts'
import { type HistoryRecord, historySchema } from './salesforce-payloads.ts'
import { instant, quoted } from './soql.ts'
import type { CaseNow } from './status-step.ts'

const FIELDS: Readonly<Record<string, SyncField>> = {
  Status: 'status',
  Owner: 'assignee',
  Subject: 'summary',
  Description: 'description',
  Priority: 'priority',
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
): Promise<readonly OverwrittenValue[]> {
  const soql = `SELECT Field, OldValue, NewValue, CreatedById, CreatedBy.Name, CreatedBy.Username, CreatedDate FROM CaseHistory WHERE CaseId = ${quoted(record.Id)} AND CreatedDate >= ${instant(record.LastModifiedDate)} ORDER BY CreatedDate ASC, Id ASC`
  const history = await client.queryAll(soql, historySchema)
  return written.flatMap((field) => {
    // An owner is told twice, by id and by name.
    const entries = history.filter((entry) => FIELDS[entry.Field] === field && !isId(entry.NewValue))
    const present = presentValue(field, now.content, {
      status: now.status.name,
      assignee: record.Owner?.Name ?? null,
    })
    return overwrittenIn(field, entries, present, client.session.userId)
  })
}

/** What stands behind what we had read, and is not ours when our own entry comes, is overwritten by it. */
function overwrittenIn(
  field: SyncField,
  entries: readonly HistoryRecord[],
  present: string | null,
  self: string,
): readonly OverwrittenValue[] {
  const ours = entries.findLastIndex(({ CreatedById }) => CreatedById === self)
  const foreign = entries[ours - 1]
  if (foreign === undefined || foreign.CreatedById === self) return []
  const value = text(foreign.NewValue)
  if (value === present) return []
  return [{ field, value, author: foreign.CreatedBy?.Username ?? foreign.CreatedBy?.Name ?? null }]
}

function presentValue(
  field: SyncField,
  content: CaseNow['now']['content'],
  { assignee, status }: { readonly status: string; readonly assignee: string | null },
): string | null {
  switch (field) {
    case 'status':
      return status
    case 'assignee':
      return assignee
    case 'summary':
    case 'description':
    case 'priority':
    case 'labels':
      return content[field] ?? null
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && /^(?:005|00G)[A-Za-z0-9]{12,15}$/u.test(value)
}
