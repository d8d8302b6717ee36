import {
  type ConnectionFinding,
  type ConnectionNeeds,
  errorFinding as error,
  okFinding as ok,
  warningFinding as warning,
} from '@tripline/core'
import type { ColumnRecord } from './servicenow-payloads.ts'
import type { ServiceNowSettings } from './settings.ts'

const KEY_LENGTH = 80

const WRITTEN_COLUMNS = [
  'state',
  'assigned_to',
  'impact',
  'urgency',
  'close_code',
  'close_notes',
  'correlation_display',
] as const

/** Whether every column that will be written is there and large enough. Who may write it only writing tells. */
export function columnFindings(
  columns: readonly ColumnRecord[],
  settings: ServiceNowSettings,
  needs: ConnectionNeeds,
): readonly ConnectionFinding[] {
  // A column of incidents comes behind that of tasks which it extends.
  const byName = new Map(columns.map((column) => [column.element, column]))
  if (byName.size === 0) {
    return [
      warning(
        'table:sys_dictionary',
        'The columns of incidents cannot be looked at: a mapped field that does not exist will be left out without a word.',
        'Give the integration user read access to sys_dictionary, with the role personalize_dictionary or a read ACL of its own.',
      ),
    ]
  }
  return [
    lengthFinding(
      byName,
      'correlation_id',
      KEY_LENGTH,
      'error',
      'Raise the maximum length of the column to 100.',
    ),
    lengthFinding(
      byName,
      'short_description',
      settings.summaryLimit,
      'warning',
      'Lower the summary limit in the settings to the length of the column.',
    ),
    lengthFinding(
      byName,
      'description',
      settings.descriptionLimit,
      'warning',
      'Lower the description limit in the settings to the length of the column.',
    ),
    ...WRITTEN_COLUMNS.filter((name) => !byName.has(name)).map((name) =>
      error(
        `field:${name}`,
        `Incidents have no column ${name}, or we may not see it.`,
        'Let the integration user see and write it in the access rules of incident.',
      ),
    ),
    ...neededFindings(byName, settings, needs),
    ...mandatoryFindings(byName, settings, needs),
  ]
}

function lengthFinding(
  columns: ReadonlyMap<string, ColumnRecord>,
  name: string,
  needed: number,
  severity: 'error' | 'warning',
  remedy: string,
): ConnectionFinding {
  const subject = `field:${name}`
  const column = columns.get(name)
  if (column === undefined) {
    const access = 'Let the integration user see and write it in the access rules of incident.'
    return error(subject, `Incidents have no column ${name}, or we may not see it.`, access)
  }
  const length = Number(column.max_length)
  if (column.max_length === '' || Number.isNaN(length) || length >= needed) {
    return ok(subject, `${name} holds what will be written.`)
  }
  const message = `${name} holds ${length} characters, and up to ${needed} will be written: ServiceNow cuts off the rest without a word.`
  return { severity, subject, message, remedy }
}

/** Columns that the connection's mappings give a value. */
function neededFindings(
  columns: ReadonlyMap<string, ColumnRecord>,
  { stateFields }: ServiceNowSettings,
  { createFields, outcomes }: ConnectionNeeds,
): readonly ConnectionFinding[] {
  const names = new Set([
    ...createFields,
    ...outcomes.flatMap(({ fields }) => fields),
    ...Object.values(stateFields).flatMap((fields) => Object.keys(fields)),
  ])
  return [...names].map((name) =>
    columns.has(name)
      ? ok(`field:${name}`, `The mapped field ${name} is there.`)
      : error(
          `field:${name}`,
          `Incidents have no field ${name}, and ServiceNow leaves unknown ones out without a word.`,
          'Use the column name (such as category or u_source) as the dictionary has it, or take the field out of the mapping.',
        ),
  )
}

/** Columns that have to have a value, and that nobody gives one. */
function mandatoryFindings(
  columns: ReadonlyMap<string, ColumnRecord>,
  { assignmentGroup, callerId }: ServiceNowSettings,
  { createFields }: ConnectionNeeds,
): readonly ConnectionFinding[] {
  const given = new Set([
    ...createFields,
    'correlation_id',
    'short_description',
    'description',
    'state',
    'number',
    ...(callerId === undefined ? [] : ['caller_id']),
    ...(assignmentGroup === undefined ? [] : ['assignment_group']),
  ])
  return [...columns.values()]
    .filter(({ default_value: initial, element, mandatory }) => {
      return mandatory === 'true' && initial === '' && !given.has(element) && !element.startsWith('sys_')
    })
    .map(({ column_label: label, element }) =>
      warning(
        `field:${element}`,
        `${label || element} (${element}) is mandatory and is given no value: people cannot save such incidents, and a data policy may refuse them.`,
        element === 'caller_id'
          ? 'Name a caller in the settings.'
          : `Map a value for ${element} in template.fields of the connection's mappings.`,
      ),
    )
}
