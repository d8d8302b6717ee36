import { createHash } from 'node:crypto'
import {
  type ColumnDefinition,
  fixedTables,
  incidentTable,
  type StoredRecord,
  type TableDefinition,
} from './columns.ts'

/** Somebody who works on incidents, or an integration. */
export interface InstanceUser {
  readonly id: string
  readonly username: string
  readonly email: string
  readonly name: string
  readonly active: boolean
}

/** What runs before an incident is saved. */
export interface BusinessRule {
  readonly name: string
  /** May change what is to be saved; `'abort'` refuses it. `before` is `null` for a new incident. */
  readonly run: (record: StoredRecord, before: Readonly<StoredRecord> | null) => 'abort' | undefined
}

/** A value of a choice list. */
export interface InstanceChoice {
  readonly value: string
  readonly label: string
}

/** How a simulated instance is set up. */
export interface ServiceNowInstanceOptions {
  readonly states?: readonly InstanceChoice[]
  readonly closeCodes?: readonly string[]
  readonly customColumns?: readonly ColumnDefinition[]
  /** Of columns of incident whose maximum length was changed. */
  readonly lengths?: Readonly<Record<string, number>>
  readonly businessRules?: readonly BusinessRule[]
  /** Whether a data policy demands resolution code and notes of resolved and closed incidents; it does by default. */
  readonly closePolicy?: boolean
  /** Columns of incident that access rules do not let the integration read. */
  readonly hiddenFields?: readonly string[]
  /** Columns of incident that access rules do not let the integration write. */
  readonly readOnlyFields?: readonly string[]
  /** Tables that the integration may not read. */
  readonly hiddenTables?: readonly string[]
  /** Rows that access rules keep from the integration, after the query has counted them. */
  readonly hiddenRows?: (table: string, row: Readonly<StoredRecord>) => boolean
}

/** A simulated instance. */
export interface ServiceNowInstance {
  readonly users: readonly InstanceUser[]
  readonly groups: readonly { readonly id: string; readonly name: string; readonly active: boolean }[]
  readonly states: readonly InstanceChoice[]
  readonly choices: Readonly<Record<string, readonly InstanceChoice[]>>
  readonly tables: readonly TableDefinition[]
  readonly options: ServiceNowInstanceOptions
}

/** An id as an instance gives it. */
export function sysIdOf(kind: string, number: number): string {
  return createHash('md5').update(`${kind}/${number}`).digest('hex')
}

export const integrationUsername = 'tripline.integration'

const user = (number: number, username: string, name: string, active = true): InstanceUser => ({
  id: sysIdOf('sys_user', number),
  username,
  email: `${username}@acme.example`,
  name,
  active,
})

const group = (number: number, name: string, active = true): ServiceNowInstance['groups'][number] => ({
  id: sysIdOf('sys_user_group', number),
  name,
  active,
})

const defaultStates: readonly InstanceChoice[] = [
  { value: '1', label: 'New' },
  { value: '2', label: 'In Progress' },
  { value: '3', label: 'On Hold' },
  { value: '6', label: 'Resolved' },
  { value: '7', label: 'Closed' },
  { value: '8', label: 'Canceled' },
]

const defaultCloseCodes = [
  'Duplicate',
  'Known error',
  'No resolution provided',
  'Resolved by caller',
  'Resolved by change',
  'Resolved by problem',
  'Resolved by request',
  'Solution provided',
  'Workaround provided',
  'User error',
]

const numbered = (...labels: readonly string[]): readonly InstanceChoice[] =>
  labels.map((label, index) => ({ value: String(index + 1), label: `${index + 1} - ${label}` }))

export function createInstance(options: ServiceNowInstanceOptions): ServiceNowInstance {
  const states = options.states ?? defaultStates
  return {
    users: [
      user(1, integrationUsername, 'Tripline Integration'),
      user(2, 'mlindqvist', 'Maria Lindqvist'),
      user(3, 'daydin', 'Deniz Aydin'),
      user(4, 'kgone', 'Kim Gone', false),
      user(5, 'asmith', 'Alex Smith'),
      user(6, 'alex.smith', 'Alex Smith'),
      user(7, 'praman', 'Priya Raman'),
      user(8, 'therrera', 'Tomás Herrera'),
    ],
    groups: [group(1, 'Security Operations'), group(2, 'Service Desk'), group(3, 'Old Desk', false)],
    states,
    choices: {
      state: states,
      close_code: (options.closeCodes ?? defaultCloseCodes).map((value) => ({ value, label: value })),
      impact: numbered('High', 'Medium', 'Low'),
      urgency: numbered('High', 'Medium', 'Low'),
      priority: numbered('Critical', 'High', 'Moderate', 'Low', 'Planning'),
    },
    tables: [incidentTable(options.customColumns ?? [], options.lengths ?? {}), ...fixedTables],
    options,
  }
}

export function tableOf({ tables }: ServiceNowInstance, name: string): TableDefinition | null {
  return tables.find((table) => table.name === name) ?? null
}
