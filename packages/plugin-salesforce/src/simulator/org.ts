import { toLongId } from '../record-id.ts'
import {
  caseObject,
  type FieldDefinition,
  fixedObjects,
  type ObjectDefinition,
  type StoredRecord,
} from './fields.ts'

/** A person or an integration. */
export interface SalesforceUser {
  readonly id: string
  readonly username: string
  readonly email: string
  readonly name: string
  readonly isActive: boolean
}

/** A rule that a case must keep to be saved. */
export interface ValidationRule {
  readonly message: string
  /** Where the message is shown; `null`: at the top of the page. */
  readonly field: string | null
  /** Whether a case breaks it. */
  readonly breaks: (record: Readonly<StoredRecord>) => boolean
}

/** How a simulated organisation is set up. */
export interface SalesforceOrgOptions {
  readonly statuses?: readonly { readonly name: string; readonly isClosed: boolean }[]
  readonly priorities?: readonly string[]
  /** Replaces the custom fields of the default organisation. */
  readonly customFields?: readonly FieldDefinition[]
  readonly validationRules?: readonly ValidationRule[]
  /** Fields of Case that the integration may not see. */
  readonly hiddenFields?: readonly string[]
  /** Fields of Case that the integration may see and not write. */
  readonly readOnlyFields?: readonly string[]
  /** Objects that the integration may not see. */
  readonly hiddenObjects?: readonly string[]
  /** What a flow does to a case before it is saved. */
  readonly beforeSave?: (record: StoredRecord) => void
  /** Who the active assignment rule gives cases to. */
  readonly assignTo?: string
  readonly fieldHistory?: boolean
  /** Whether Case is selected for change data capture; it is when left out. */
  readonly changeDataCapture?: boolean
}

/** A simulated organisation. */
export interface SalesforceOrg {
  readonly id: string
  readonly name: string
  readonly users: readonly SalesforceUser[]
  readonly queues: readonly {
    readonly id: string
    readonly name: string
    readonly objects: readonly string[]
  }[]
  readonly statuses: readonly { readonly name: string; readonly isClosed: boolean }[]
  readonly objects: readonly ObjectDefinition[]
  readonly recordTypes: readonly { readonly id: string; readonly name: string; readonly available: boolean }[]
  readonly options: SalesforceOrgOptions
}

/** An id as an organisation of old would give it. */
export function idOf(prefix: string, number: number): string {
  const id = toLongId(`${prefix}5g0000${number.toString(36).padStart(6, '0')}`)
  if (id === null) throw new Error(`${prefix} is no beginning of an id`)
  return id
}

const user = (number: number, username: string, name: string, isActive = true): SalesforceUser => ({
  id: idOf('005', number),
  username: `${username}@acme.example`,
  email: `${username}@acme.example`,
  name,
  isActive,
})

export const integrationUsername = 'tripline@acme.example'

const defaultCustomFields: readonly FieldDefinition[] = [
  {
    name: 'Tripline_Key__c',
    label: 'Tripline Key',
    type: 'string',
    length: 80,
    externalId: true,
    unique: true,
  },
  { name: 'Detection_Url__c', label: 'Detection', type: 'url', length: 255 },
  {
    name: 'Outcome__c',
    label: 'Outcome',
    type: 'picklist',
    values: ['Action taken', 'No action taken', 'False positive'],
    restricted: true,
  },
]

export function createOrg(options: SalesforceOrgOptions): SalesforceOrg {
  const statuses = options.statuses ?? [
    { name: 'New', isClosed: false },
    { name: 'Working', isClosed: false },
    { name: 'Escalated', isClosed: false },
    { name: 'Closed', isClosed: true },
  ]
  const picklists = {
    statuses: statuses.map(({ name }) => name),
    priorities: options.priorities ?? ['High', 'Medium', 'Low'],
    origins: ['Phone', 'Email', 'Web', 'Security Sensor'],
  }
  return {
    id: idOf('00D', 42),
    name: 'Acme Security',
    users: [
      user(1, 'tripline', 'Tripline Integration'),
      user(2, 'mlindqvist', 'Maria Lindqvist'),
      user(3, 'daydin', 'Deniz Aydin'),
      user(4, 'kgone', 'Kim Gone', false),
      user(5, 'praman', 'Priya Raman'),
      user(6, 'therrera', 'Tomás Herrera'),
    ],
    queues: [
      { id: idOf('00G', 1), name: 'SOC Triage', objects: ['Case'] },
      { id: idOf('00G', 2), name: 'Malware Response', objects: ['Case'] },
      { id: idOf('00G', 3), name: 'Sales Leads', objects: ['Lead'] },
    ],
    statuses,
    objects: [caseObject(picklists, options.customFields ?? defaultCustomFields), ...fixedObjects],
    recordTypes: [
      { id: idOf('012', 1), name: 'Security Incident', available: true },
      { id: idOf('012', 2), name: 'Customer Support', available: false },
    ],
    options,
  }
}

export function objectOf(org: SalesforceOrg, name: string): ObjectDefinition | null {
  return org.objects.find((object) => object.name.toLowerCase() === name.toLowerCase()) ?? null
}

/** The fields of an object that the integration may see. */
export function visibleFields(
  { options }: SalesforceOrg,
  object: ObjectDefinition,
): readonly FieldDefinition[] {
  const hidden = object.name === 'Case' ? (options.hiddenFields ?? []) : []
  return object.fields.filter(({ name }) => !hidden.includes(name))
}

export function isWritable(
  { options }: SalesforceOrg,
  object: ObjectDefinition,
  { name, writable }: FieldDefinition,
): boolean {
  return writable !== false && !(object.name === 'Case' && options.readOnlyFields?.includes(name) === true)
}
