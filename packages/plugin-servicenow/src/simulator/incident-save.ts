import type { ColumnDefinition, StoredRecord } from './columns.ts'
import { type InstanceUser, tableOf } from './instance.ts'
import { instantText } from './instant-text.ts'
import type { ServiceNow } from './servicenow.ts'
import { serviceNowError } from './servicenow-error.ts'

/** Who saves. People in the instance's own pages may write every column. */
export interface Saver {
  readonly user: InstanceUser
  readonly asPerson: boolean
}

const JOURNALS = ['work_notes', 'comments'] as const
const CLOSED = '7'
// Impact, then urgency.
const PRIORITIES: Readonly<Record<string, string>> = {
  '1/1': '1',
  '1/2': '2',
  '1/3': '3',
  '2/1': '2',
  '2/2': '3',
  '2/3': '4',
  '3/1': '3',
  '3/2': '4',
  '3/3': '5',
}

/** Makes an incident. @throws AnswerNow for what the instance refuses */
export function createIncident(
  servicenow: ServiceNow,
  given: Readonly<Record<string, unknown>>,
  saver: Saver,
): StoredRecord {
  const { instance, store } = servicenow
  const columns = tableOf(instance, 'incident')?.columns ?? []
  const record: StoredRecord = {}
  for (const { initial, name, type } of columns) if (type !== 'journal_input') record[name] = initial ?? ''
  const { journal, values } = writable(servicenow, columns, given, saver)
  Object.assign(record, values)
  applyRules(servicenow, record, null)
  const number = `INC${String(store.nextNumber('number') + 10_000).padStart(7, '0')}`
  // System columns come with the storing.
  const own = Object.entries(record).filter(([name]) => !name.startsWith('sys_'))
  const stored = store.add('incident', {
    ...Object.fromEntries(own),
    number,
    sys_created_by: saver.user.username,
    sys_updated_by: saver.user.username,
  })
  writeJournal(servicenow, stored, journal, saver)
  audit(servicenow, {}, stored, saver)
  servicenow.incidentChanged(stored, null, saver.user)
  return stored
}

/** Changes an incident, and keeps its history. @throws AnswerNow for what the instance refuses */
export function updateIncident(
  servicenow: ServiceNow,
  record: StoredRecord,
  given: Readonly<Record<string, unknown>>,
  saver: Saver,
): void {
  if (record['state'] === CLOSED && !saver.asPerson) {
    throw serviceNowError(403, 'Operation Failed', 'ACL Exception Update Failed due to security constraints')
  }
  const columns = tableOf(servicenow.instance, 'incident')?.columns ?? []
  const { journal, values } = writable(servicenow, columns, given, saver)
  const next = { ...record, ...values }
  applyRules(servicenow, next, record)
  const before = { ...record }
  const isChanged = Object.keys(next).some((name) => next[name] !== record[name])
  if (!isChanged && journal.length === 0) return
  Object.assign(record, next, {
    sys_updated_on: instantText(servicenow.now()),
    sys_updated_by: saver.user.username,
    sys_mod_count: String(Number(record['sys_mod_count']) + 1),
  })
  writeJournal(servicenow, record, journal, saver)
  audit(servicenow, before, record, saver)
  servicenow.incidentChanged(record, before, saver.user)
}

/** What of a request is taken: the rest is left out without a word. */
function writable(
  servicenow: ServiceNow,
  columns: readonly ColumnDefinition[],
  given: Readonly<Record<string, unknown>>,
  { asPerson }: Saver,
): { readonly values: StoredRecord; readonly journal: readonly (readonly [string, string])[] } {
  const { readOnlyFields = [] } = servicenow.instance.options
  const values: StoredRecord = {}
  const journal: (readonly [string, string])[] = []
  for (const [name, value] of Object.entries(given)) {
    const column = columns.find((known) => known.name === name)
    if (column === undefined || name.startsWith('sys_') || name === 'number') continue
    if (!asPerson && readOnlyFields.includes(name)) continue
    const text =
      value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)
    if (column.type === 'journal_input') {
      if (text.trim() !== '') journal.push([name, text])
    } else {
      const stored = storedValue(servicenow, column, text)
      if (stored !== null) values[name] = stored
    }
  }
  return { values, journal }
}

/** As the database keeps it; `null`: the value is none for this column. */
function storedValue({ store }: ServiceNow, column: ColumnDefinition, text: string): string | null {
  switch (column.type) {
    case 'integer':
      return text === '' || /^-?\d+$/u.test(text) ? text : null
    case 'reference':
      // Whatever looks like an id is kept, be there such a record or not.
      if (text === '' || /^[0-9a-f]{32}$/u.test(text)) return text
      return store.rows(column.table ?? '').find((row) => row['name'] === text)?.['sys_id'] ?? ''
    case 'string':
    case 'boolean':
    case 'glide_date_time':
    case 'journal_input':
    case 'GUID':
      return column.maxLength === undefined ? text : text.slice(0, column.maxLength)
  }
}

function applyRules(
  { instance }: ServiceNow,
  record: StoredRecord,
  before: Readonly<StoredRecord> | null,
): void {
  const { businessRules = [], closePolicy = true } = instance.options
  const weight = `${record['impact']}/${record['urgency']}`
  if (before === null || weight !== `${before['impact']}/${before['urgency']}`) {
    record['priority'] = PRIORITIES[weight] ?? record['priority'] ?? ''
  } else record['priority'] = before['priority'] ?? ''
  const missing = ['close_code', 'close_notes'].filter((name) => (record[name] ?? '') === '')
  if (closePolicy && ['6', CLOSED].includes(record['state'] ?? '') && missing.length > 0) {
    const labels = missing.map((name) => (name === 'close_code' ? 'Resolution code' : 'Resolution notes'))
    const detail = `Data Policy Exception: The following fields are mandatory: ${labels.join(', ')}`
    throw serviceNowError(403, 'Operation Failed', detail)
  }
  for (const { name, run } of businessRules) {
    if (run(record, before) !== 'abort') continue
    const detail = `Operation against file 'incident' was aborted by Business Rule '${name}^5230b9179735ca504546f027f053af79'. Business Rule Stack:${name}`
    throw serviceNowError(403, 'Operation Failed', detail)
  }
}

function writeJournal(
  { store }: ServiceNow,
  record: Readonly<StoredRecord>,
  journal: readonly (readonly [string, string])[],
  { user }: Saver,
): void {
  for (const [element, value] of journal) {
    store.add('sys_journal_field', {
      name: 'incident',
      element,
      element_id: record['sys_id'] ?? '',
      value,
      sys_created_by: user.username,
    })
  }
}

function audit(
  { store }: ServiceNow,
  before: Readonly<StoredRecord>,
  after: Readonly<StoredRecord>,
  { user }: Saver,
): void {
  for (const [name, value] of Object.entries(after)) {
    if (name.startsWith('sys_') || value === (before[name] ?? '')) continue
    store.add('sys_audit', {
      tablename: 'incident',
      documentkey: after['sys_id'] ?? '',
      fieldname: name,
      oldvalue: before[name] ?? '',
      newvalue: value,
      user: user.username,
      record_checkpoint: after['sys_mod_count'] ?? '0',
    })
  }
}

/** The entries of an incident's journals, oldest first. */
export function journalOf({ store }: ServiceNow, id: string): readonly Readonly<StoredRecord>[] {
  return store
    .rows('sys_journal_field')
    .filter((row) => row['element_id'] === id && JOURNALS.some((name) => name === row['element']))
}
