import type { JsonObject, JsonValue } from '@tripline/core'
import { toLongId } from '../record-id.ts'
import { shownInstant } from './soql-answer.ts'
import type { FieldDefinition, ObjectDefinition, StoredRecord } from './fields.ts'
import { isWritable, objectOf, type SalesforceOrg, type SalesforceUser, visibleFields } from './org.ts'
import { presentSecond, type Salesforce } from './salesforce.ts'
import { salesforceError } from './salesforce-error.ts'

/** Who saves, and how. */
export interface SaveOptions {
  readonly user: SalesforceUser
  /** Whether the active assignment rule may choose the owner. */
  readonly assign: boolean
  /** People see and write every field. */
  readonly asPerson: boolean
}

/** The object of this name. @throws AnswerNow as Salesforce does where there is none */
export function requireObject(org: SalesforceOrg, name: string): ObjectDefinition {
  const object = objectOf(org, name)
  if (object !== null && org.options.hiddenObjects?.includes(object.name) !== true) return object
  throw salesforceError(404, 'NOT_FOUND', 'The requested resource does not exist')
}

/** Makes a record. @throws AnswerNow for values that Salesforce would refuse */
export function createRecord(
  salesforce: Salesforce,
  name: string,
  values: JsonObject,
  options: SaveOptions,
): StoredRecord {
  const { org, store } = salesforce
  const object = requireObject(org, name)
  if (!object.createable) {
    throw salesforceError(
      400,
      'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
      `entity type ${name} does not support create`,
    )
  }
  const at = presentSecond(salesforce)
  const given = checkedValues(salesforce, object, values, options)
  const missing = object.fields.filter(
    ({ name: field, required }) => required === true && (given[field] ?? null) === null,
  )
  if (missing.length > 0) {
    const names = missing.map((field) => field.name)
    throw salesforceError(
      400,
      'REQUIRED_FIELD_MISSING',
      `Required fields are missing: [${names.join(', ')}]`,
      names,
    )
  }
  const stamps = { CreatedDate: at, CreatedById: options.user.id, SystemModstamp: at }
  if (object.name !== 'Case') {
    requireParent(salesforce, given)
    return store.add(object.name, { ...stamps, ...given })
  }
  const record = caseDefaults(salesforce, { ...stamps, ...given }, options, at)
  finishCase(salesforce, record)
  requireUnique(salesforce, object, record)
  record['CaseNumber'] = String(store.nextNumber('CaseNumber') + 1_000).padStart(8, '0')
  const stored = store.add('Case', record)
  salesforce.caseChanged(stored, null, options.user)
  return stored
}

/** Changes a case, and keeps its history. @throws AnswerNow for values that Salesforce would refuse */
export function updateCase(
  salesforce: Salesforce,
  record: StoredRecord,
  values: JsonObject,
  options: SaveOptions,
): void {
  const { locks, org } = salesforce
  const id = String(record['Id'])
  const lock = locks.get(id)
  if (lock === 'UNABLE_TO_LOCK_ROW') {
    throw salesforceError(400, lock, 'unable to obtain exclusive access to this record or 1 records')
  }
  if (lock === 'ENTITY_IS_LOCKED') throw salesforceError(400, lock, 'the entity is locked for editing')
  const object = requireObject(org, 'Case')
  const next = { ...record, ...checkedValues(salesforce, object, values, options) }
  if (options.assign && org.options.assignTo !== undefined) next['OwnerId'] = org.options.assignTo
  finishCase(salesforce, next)
  requireUnique(salesforce, object, next)
  const at = presentSecond(salesforce)
  const before = { ...record }
  keepHistory(salesforce, before, next, options.user, at)
  Object.assign(record, next, { LastModifiedDate: at, SystemModstamp: at, LastModifiedById: options.user.id })
  salesforce.caseChanged(record, before, options.user)
}

function caseDefaults(
  { org }: Salesforce,
  record: StoredRecord,
  options: SaveOptions,
  at: number,
): StoredRecord {
  const { assignTo } = org.options
  return {
    Status: org.statuses[0]?.name ?? null,
    Priority: 'Medium',
    OwnerId: options.assign && assignTo !== undefined ? assignTo : options.user.id,
    IsDeleted: false,
    ...record,
    LastModifiedDate: at,
    LastModifiedById: options.user.id,
  }
}

/** What every save does: flows, then what follows from the status, then the rules. */
function finishCase({ org }: Salesforce, record: StoredRecord): void {
  org.options.beforeSave?.(record)
  record['IsClosed'] = org.statuses.some(({ isClosed, name }) => isClosed && name === record['Status'])
  const broken = org.options.validationRules?.find((rule) => rule.breaks(record))
  if (broken !== undefined) {
    throw salesforceError(
      400,
      'FIELD_CUSTOM_VALIDATION_EXCEPTION',
      broken.message,
      broken.field === null ? [] : [broken.field],
    )
  }
}

function requireUnique({ store }: Salesforce, object: ObjectDefinition, record: StoredRecord): void {
  for (const { name, unique } of object.fields) {
    const value = record[name]
    if (unique !== true || typeof value !== 'string') continue
    const same = store
      .rows(object.name)
      .find((row) => row['Id'] !== record['Id'] && String(row[name]).toLowerCase() === value.toLowerCase())
    if (same !== undefined) {
      throw salesforceError(
        400,
        'DUPLICATE_VALUE',
        `duplicate value found: ${name} duplicates value on record with id: ${same['Id']}`,
      )
    }
  }
}

function requireParent({ store }: Salesforce, record: StoredRecord): void {
  const parent = String(record['ParentId'])
  if (store.isDeleted(parent)) throw salesforceError(404, 'ENTITY_IS_DELETED', 'entity is deleted')
  if (store.find('Case', parent) === null) {
    throw salesforceError(400, 'INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id')
  }
}

/** Values as they are stored. */
function checkedValues(
  salesforce: Salesforce,
  object: ObjectDefinition,
  values: JsonObject,
  options: SaveOptions,
): StoredRecord {
  const { org } = salesforce
  const fields = options.asPerson ? object.fields : visibleFields(org, object)
  const checked: StoredRecord = {}
  for (const [name, value] of Object.entries(values)) {
    const field = fields.find((known) => known.name === name)
    if (field === undefined) {
      throw salesforceError(
        400,
        'INVALID_FIELD',
        `No such column '${name}' on sobject of type ${object.name}`,
      )
    }
    if (options.asPerson ? field.writable === false : !isWritable(org, object, field)) {
      const message = `Unable to create/update fields: ${name}. Please check the security settings of this field and verify that it is read/write for your profile or permission set.`
      throw salesforceError(400, 'INVALID_FIELD_FOR_INSERT_UPDATE', message, [name])
    }
    checked[name] = checkedValue(salesforce, object, field, value)
  }
  return checked
}

function checkedValue(
  salesforce: Salesforce,
  object: ObjectDefinition,
  field: FieldDefinition,
  value: JsonValue,
): StoredRecord[string] {
  const { label, length, name, restricted, type, values } = field
  if (value === null) return null
  if (type === 'boolean' || type === 'int') {
    if (typeof value !== 'boolean' && typeof value !== 'number') throw wrongType(name, value)
    return value
  }
  if (typeof value !== 'string') throw wrongType(name, value)
  const text = value.trim()
  if (text === '') return null
  // The end of a line is stored as two characters.
  const stored = type === 'textarea' ? text.replaceAll(/\r?\n/gu, '\r\n') : text
  const size =
    object.name === 'CaseComment' && name === 'CommentBody' ? Buffer.byteLength(stored) : stored.length
  if (length !== undefined && size > length) {
    const message = `${label}: data value too large: ${text.slice(0, 40)} (max length=${length})`
    throw salesforceError(400, 'STRING_TOO_LONG', message, [name])
  }
  if (type === 'picklist' && restricted === true && values?.includes(text) === false) {
    const message = `${label}: bad value for restricted picklist field: ${text}`
    throw salesforceError(400, 'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST', message, [name])
  }
  if (type === 'reference') return checkedReference(salesforce, field, text)
  return stored
}

function checkedReference(
  { org, store }: Salesforce,
  { label, name }: FieldDefinition,
  value: string,
): string {
  const id = toLongId(value)
  if (id === null)
    throw salesforceError(400, 'MALFORMED_ID', `${label}: id value of incorrect type: ${value}`, [name])
  if (name === 'RecordTypeId' && !org.recordTypes.some((type) => type.id === id && type.available)) {
    throw salesforceError(
      400,
      'INVALID_CROSS_REFERENCE_KEY',
      `Record Type ID: this ID value isn't valid for the user: ${value}`,
      [name],
    )
  }
  if (name !== 'OwnerId') return id
  const owner = store.referred(id)
  const isQueue = org.queues.some((queue) => queue.id === id && queue.objects.includes('Case'))
  if (owner === null || (id.startsWith('00G') && !isQueue)) {
    throw salesforceError(400, 'INVALID_CROSS_REFERENCE_KEY', 'invalid cross reference id')
  }
  if (owner['IsActive'] === false) {
    throw salesforceError(
      400,
      'INACTIVE_OWNER_OR_USER',
      `operation performed with inactive user [${value}] as owner of case`,
    )
  }
  return id
}

const wrongType = (name: string, value: JsonValue): Error =>
  salesforceError(
    400,
    'JSON_PARSER_ERROR',
    `Cannot deserialize instance of ${name} from ${JSON.stringify(value).slice(0, 40)}`,
  )

const TRACKED = ['Status', 'Priority', 'Subject', 'Description', 'OwnerId'] as const
/** Of custom fields, those that can be tracked. */
const TRACKED_TYPES = ['string', 'picklist', 'url'] as const

function keepHistory(
  { org, store }: Salesforce,
  before: StoredRecord,
  after: StoredRecord,
  user: SalesforceUser,
  at: number,
): void {
  if (org.options.fieldHistory === false) return
  const add = (field: string, from: StoredRecord[string], to: StoredRecord[string]): void => {
    store.add('CaseHistory', {
      CaseId: before['Id'] ?? null,
      Field: field,
      OldValue: from,
      NewValue: to,
      CreatedById: user.id,
      CreatedDate: at,
    })
  }
  const custom = (objectOf(org, 'Case')?.fields ?? []).filter(
    ({ name, type }) => name.endsWith('__c') && TRACKED_TYPES.some((tracked) => tracked === type),
  )
  for (const name of [...TRACKED, ...custom.map((field) => field.name)]) {
    const [from, to] = [before[name] ?? null, after[name] ?? null]
    if (from === to) continue
    // Long texts are noted without their values, owners twice.
    if (name === 'Description') add(name, null, null)
    else if (name !== 'OwnerId') add(name, from, to)
    else {
      add(
        'Owner',
        store.referred(String(from))?.['Name'] ?? null,
        store.referred(String(to))?.['Name'] ?? null,
      )
      add('Owner', from, to)
    }
  }
}

/** A record as `GET` answers it. */
export function shownRecord(
  org: SalesforceOrg,
  object: ObjectDefinition,
  record: StoredRecord,
): Record<string, unknown> {
  const shown: Record<string, unknown> = {
    attributes: { type: object.name, url: `/services/data/v62.0/sobjects/${object.name}/${record['Id']}` },
  }
  for (const { name, type } of visibleFields(org, object)) {
    const value = record[name] ?? null
    shown[name] = type === 'datetime' && typeof value === 'number' ? shownInstant(value) : value
  }
  return shown
}
