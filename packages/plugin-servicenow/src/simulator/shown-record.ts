import type { ColumnDefinition, StoredRecord, TableDefinition } from './columns.ts'
import { tableOf } from './instance.ts'
import { shownInstant } from './instant-text.ts'
import type { ServiceNow } from './servicenow.ts'

/** How values are answered: `sysparm_display_value`. */
export type DisplayMode = 'true' | 'false' | 'all'

/** A record as the API answers it. Columns that do not exist, or that the integration may not read, are left out. */
export function shownRecord(
  servicenow: ServiceNow,
  table: TableDefinition,
  record: Readonly<StoredRecord>,
  fields: readonly string[],
  mode: DisplayMode,
): Record<string, unknown> {
  const names = fields.length > 0 ? fields : table.columns.map(({ name }) => name)
  const shown: Record<string, unknown> = {}
  for (const path of names) {
    const found = walk(servicenow, table, record, path)
    if (found === null) continue
    const { column, value } = found
    const display = displayed(servicenow, table, column, value)
    if (mode === 'all') shown[path] = { display_value: display, value }
    else shown[path] = mode === 'true' ? display : value
  }
  return shown
}

/** The column at the end of a path through references, and its value. */
function walk(
  servicenow: ServiceNow,
  table: TableDefinition,
  record: Readonly<StoredRecord>,
  path: string,
): { readonly column: ColumnDefinition; readonly value: string } | null {
  const [first = '', ...rest] = path.split('.')
  const column = table.columns.find(({ name }) => name === first)
  const { hiddenFields = [] } = servicenow.instance.options
  if (column === undefined || (table.name === 'incident' && hiddenFields.includes(first))) return null
  // A journal is no value: its entries are records of their own.
  const value = column.type === 'journal_input' ? '' : (record[first] ?? '')
  if (rest.length === 0) return { column, value }
  const next = tableOf(servicenow.instance, column.table ?? '')
  if (next === null) return null
  return walk(servicenow, next, servicenow.store.find(next.name, value) ?? {}, rest.join('.'))
}

function displayed(
  { instance, store }: ServiceNow,
  table: TableDefinition,
  { name, table: referred, type }: ColumnDefinition,
  value: string,
): string {
  if (type === 'glide_date_time') return shownInstant(value)
  if (type === 'reference') {
    const shownBy = tableOf(instance, referred ?? '')?.shownBy ?? 'sys_id'
    return store.find(referred ?? '', value)?.[shownBy] ?? ''
  }
  if (table.name !== 'incident') return value
  return instance.choices[name]?.find((choice) => choice.value === value)?.label ?? value
}
