/** What a field of an object is, as `describe` tells it. */
export interface FieldDefinition {
  readonly name: string
  readonly label: string
  readonly type:
    | 'id'
    | 'string'
    | 'textarea'
    | 'picklist'
    | 'reference'
    | 'boolean'
    | 'datetime'
    | 'url'
    | 'email'
    | 'int'
  readonly length?: number
  /** Who may write it; `false`: Salesforce alone does. */
  readonly writable?: boolean
  readonly required?: boolean
  readonly externalId?: boolean
  readonly unique?: boolean
  /** Of a picklist; others are refused unless it is unrestricted. */
  readonly values?: readonly string[]
  readonly restricted?: boolean
  /** By which name the record that a reference leads to is read, for instance `Owner` of `OwnerId`. */
  readonly relationship?: string
}

/** An object, and how its ids begin. */
export interface ObjectDefinition {
  readonly name: string
  readonly prefix: string
  readonly fields: readonly FieldDefinition[]
  /** Whether records of it can be made by the API. */
  readonly createable: boolean
}

/** A record: its fields by name; instants are kept as numbers. */
export type StoredRecord = Record<string, string | number | boolean | null>

const field = (
  name: string,
  type: FieldDefinition['type'],
  more: Omit<Partial<FieldDefinition>, 'name' | 'type'> = {},
): FieldDefinition => ({ name, label: name.replaceAll(/(?<=[a-z])(?=[A-Z])/gu, ' '), type, ...more })

const system = (name: string, type: FieldDefinition['type'], relationship?: string): FieldDefinition =>
  field(name, type, { writable: false, ...(relationship === undefined ? {} : { relationship }) })

const audit: readonly FieldDefinition[] = [
  system('Id', 'id'),
  system('CreatedDate', 'datetime'),
  system('CreatedById', 'reference', 'CreatedBy'),
  system('SystemModstamp', 'datetime'),
]

/** What a Case of an organisation can be, besides its custom fields. */
export interface CasePicklists {
  readonly statuses: readonly string[]
  readonly priorities: readonly string[]
  readonly origins: readonly string[]
}

export function caseObject(picklists: CasePicklists, custom: readonly FieldDefinition[]): ObjectDefinition {
  return {
    name: 'Case',
    prefix: '500',
    createable: true,
    fields: [
      ...audit,
      system('CaseNumber', 'string'),
      system('IsClosed', 'boolean'),
      system('IsDeleted', 'boolean'),
      system('LastModifiedDate', 'datetime'),
      system('LastModifiedById', 'reference', 'LastModifiedBy'),
      field('Subject', 'string', { length: 255 }),
      field('Description', 'textarea', { length: 32_000 }),
      field('Status', 'picklist', { values: picklists.statuses, restricted: true }),
      field('Priority', 'picklist', { values: picklists.priorities, restricted: true }),
      field('Origin', 'picklist', { values: picklists.origins, restricted: true }),
      field('OwnerId', 'reference', { relationship: 'Owner' }),
      field('RecordTypeId', 'reference'),
      ...custom,
    ],
  }
}

export const fixedObjects: readonly ObjectDefinition[] = [
  {
    name: 'CaseComment',
    prefix: '00a',
    createable: true,
    fields: [
      ...audit,
      field('ParentId', 'reference', { required: true }),
      field('CommentBody', 'textarea', { length: 4_000 }),
      field('IsPublished', 'boolean'),
    ],
  },
  {
    name: 'FeedItem',
    prefix: '0D5',
    createable: true,
    fields: [
      ...audit,
      field('ParentId', 'reference', { required: true }),
      field('Type', 'picklist'),
      field('Title', 'string', { length: 255 }),
      field('LinkUrl', 'url', { length: 1_000 }),
      field('Body', 'textarea', { length: 10_000 }),
    ],
  },
  {
    name: 'User',
    prefix: '005',
    createable: false,
    fields: [
      system('Id', 'id'),
      field('Username', 'string'),
      field('Email', 'email'),
      field('Name', 'string'),
      field('IsActive', 'boolean'),
    ],
  },
  {
    name: 'Group',
    prefix: '00G',
    createable: false,
    fields: [system('Id', 'id'), field('Name', 'string'), field('Type', 'picklist')],
  },
  {
    name: 'QueueSobject',
    prefix: '03g',
    createable: false,
    fields: [
      system('Id', 'id'),
      field('QueueId', 'reference', { relationship: 'Queue' }),
      field('SobjectType', 'picklist'),
    ],
  },
  {
    name: 'PlatformEventChannelMember',
    prefix: '0v8',
    createable: false,
    fields: [system('Id', 'id'), field('EventChannel', 'string'), field('SelectedEntity', 'string')],
  },
  {
    name: 'CaseStatus',
    prefix: '01J',
    createable: false,
    fields: [
      system('Id', 'id'),
      field('ApiName', 'string'),
      field('MasterLabel', 'string'),
      field('IsClosed', 'boolean'),
      field('IsDefault', 'boolean'),
      field('SortOrder', 'int'),
    ],
  },
  {
    name: 'CaseHistory',
    prefix: '017',
    createable: false,
    fields: [
      ...audit,
      field('CaseId', 'reference'),
      field('Field', 'picklist'),
      field('OldValue', 'string'),
      field('NewValue', 'string'),
    ],
  },
  {
    name: 'Organization',
    prefix: '00D',
    createable: false,
    fields: [
      system('Id', 'id'),
      field('Name', 'string'),
      field('OrganizationType', 'picklist'),
      field('IsSandbox', 'boolean'),
    ],
  },
]
