import type { FieldDefinition, ObjectDefinition } from './fields.ts'
import { isWritable, type SalesforceOrg, visibleFields } from './org.ts'

/** What `describe` answers of an object, as far as integrations look. */
export function describeObject(org: SalesforceOrg, object: ObjectDefinition): Record<string, unknown> {
  return {
    name: object.name,
    label: object.name,
    keyPrefix: object.prefix,
    custom: false,
    queryable: true,
    createable: object.createable,
    updateable: object.createable,
    fields: visibleFields(org, object).map((field) => describeField(org, object, field)),
    recordTypeInfos:
      object.name === 'Case'
        ? org.recordTypes.map(({ available, id, name }) => ({
            recordTypeId: id,
            name,
            available,
            active: true,
          }))
        : [],
  }
}

function describeField(
  org: SalesforceOrg,
  object: ObjectDefinition,
  field: FieldDefinition,
): Record<string, unknown> {
  const { externalId, label, length, name, required, restricted, type, unique, values } = field
  const writable = isWritable(org, object, field)
  return {
    name,
    label,
    type,
    length: length ?? 0,
    createable: writable,
    updateable: writable,
    nillable: required !== true && type !== 'boolean',
    defaultedOnCreate: field.writable === false || type === 'boolean',
    externalId: externalId === true,
    unique: unique === true,
    restrictedPicklist: restricted === true,
    picklistValues: (values ?? []).map((value, index) => ({
      value,
      label: value,
      active: true,
      defaultValue: index === 0,
    })),
  }
}
