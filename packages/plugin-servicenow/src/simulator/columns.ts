/** A record: its columns by name. ServiceNow's API knows nothing but strings. */
export type StoredRecord = Record<string, string>

/** What a column is, as the dictionary tells it. */
export interface ColumnDefinition {
  readonly name: string
  readonly label: string
  readonly type: 'string' | 'integer' | 'boolean' | 'glide_date_time' | 'reference' | 'journal_input' | 'GUID'
  readonly maxLength?: number
  readonly mandatory?: boolean
  readonly initial?: string
  /** Of a reference: the table it leads to. */
  readonly table?: string
}

/** A table by its columns. */
export interface TableDefinition {
  readonly name: string
  /** By which column people know a record. */
  readonly shownBy: string
  readonly columns: readonly ColumnDefinition[]
}

const column = (
  name: string,
  type: ColumnDefinition['type'] = 'string',
  more: Partial<ColumnDefinition> = {},
): ColumnDefinition => {
  const words = name.replaceAll('_', ' ')
  return { name, label: words.charAt(0).toUpperCase() + words.slice(1), type, ...more }
}

const system: readonly ColumnDefinition[] = [
  column('sys_id', 'GUID', { maxLength: 32 }),
  column('sys_created_on', 'glide_date_time'),
  column('sys_created_by'),
  column('sys_updated_on', 'glide_date_time'),
  column('sys_updated_by'),
  column('sys_mod_count', 'integer'),
]

/** The columns of incidents that integrations meet. @param lengths of columns that an administrator changed */
export function incidentTable(
  custom: readonly ColumnDefinition[],
  lengths: Readonly<Record<string, number>>,
): TableDefinition {
  const columns = [
    ...system,
    column('number', 'string', { maxLength: 40 }),
    column('state', 'integer', { initial: '1' }),
    column('short_description', 'string', { maxLength: 160, mandatory: true }),
    column('description', 'string', { maxLength: 4_000 }),
    column('caller_id', 'reference', { table: 'sys_user', label: 'Caller', mandatory: true }),
    column('assigned_to', 'reference', { table: 'sys_user' }),
    column('assignment_group', 'reference', { table: 'sys_user_group' }),
    column('impact', 'integer', { initial: '3' }),
    column('urgency', 'integer', { initial: '3' }),
    column('priority', 'integer', { initial: '5' }),
    column('category', 'string', { maxLength: 40, initial: 'inquiry' }),
    column('hold_reason', 'integer', { label: 'On hold reason' }),
    column('close_code', 'string', { maxLength: 40, label: 'Resolution code' }),
    column('close_notes', 'string', { maxLength: 4_000, label: 'Resolution notes' }),
    column('correlation_id', 'string', { maxLength: 100 }),
    column('correlation_display', 'string', { maxLength: 100 }),
    column('work_notes', 'journal_input'),
    column('comments', 'journal_input', { label: 'Additional comments' }),
    ...custom,
  ]
  return {
    name: 'incident',
    shownBy: 'number',
    columns: columns.map((each) =>
      lengths[each.name] === undefined ? each : { ...each, maxLength: lengths[each.name] ?? 0 },
    ),
  }
}

export const fixedTables: readonly TableDefinition[] = [
  {
    name: 'sys_user',
    shownBy: 'name',
    columns: [...system, column('user_name'), column('name'), column('email'), column('active', 'boolean')],
  },
  {
    name: 'sys_user_group',
    shownBy: 'name',
    columns: [...system, column('name'), column('active', 'boolean')],
  },
  {
    name: 'sys_choice',
    shownBy: 'label',
    columns: [
      ...system,
      column('name'),
      column('element'),
      column('value'),
      column('label'),
      column('language'),
      column('inactive', 'boolean'),
      column('sequence', 'integer'),
    ],
  },
  {
    name: 'sys_dictionary',
    shownBy: 'element',
    columns: [
      ...system,
      column('name'),
      column('element'),
      column('column_label'),
      column('internal_type'),
      column('max_length', 'integer'),
      column('mandatory', 'boolean'),
      column('default_value'),
    ],
  },
  {
    name: 'sys_journal_field',
    shownBy: 'element',
    columns: [...system, column('name'), column('element'), column('element_id'), column('value')],
  },
  {
    name: 'sys_audit',
    shownBy: 'fieldname',
    columns: [
      ...system,
      column('tablename'),
      column('documentkey'),
      column('fieldname'),
      column('oldvalue'),
      column('newvalue'),
      column('user'),
      column('record_checkpoint', 'integer'),
    ],
  },
]
