import {
  type ConnectionFinding,
  type ConnectionNeeds,
  errorFinding as error,
  okFinding as ok,
  warningFinding as warning,
} from '@tripline/core'
import type { DescribedField, DescribedObject } from './salesforce-payloads.ts'
import type { SalesforceSettings } from './settings.ts'

const KEY_LENGTH = 80

const WRITTEN_FIELDS = [
  ['Subject', 'error', 'cases have no summary'],
  ['Description', 'error', 'cases have no description'],
  ['Status', 'error', 'the status cannot be set'],
  ['OwnerId', 'error', 'the assignee cannot be set'],
  ['Priority', 'warning', 'a mapped priority is refused'],
] as const

/** Whether every field that will be read or written is there and open to us. */
export function fieldFindings(
  { fields }: DescribedObject,
  settings: SalesforceSettings,
  needs: ConnectionNeeds,
): readonly ConnectionFinding[] {
  const byName = new Map(fields.map((field) => [field.name, field]))
  return [
    ...WRITTEN_FIELDS.map(([name, severity, consequence]): ConnectionFinding => {
      const field = byName.get(name)
      if (field?.updateable === true) return ok(`field:${name}`, `${name} can be written.`)
      const message = `${name} cannot be written: ${consequence}.`
      return { severity, subject: `field:${name}`, message, remedy: accessRemedy(name) }
    }),
    externalIdFinding(byName.get(settings.externalIdField), settings),
    ...backlinkFindings(byName, settings),
    ...outcomeFindings(byName, settings, needs),
    ...neededFindings(byName, needs),
    ...requiredFindings(fields, settings, needs),
  ]
}

function externalIdFinding(
  field: DescribedField | undefined,
  { externalIdField: name }: SalesforceSettings,
): ConnectionFinding {
  const subject = `field:${name}`
  if (field === undefined) {
    return error(
      subject,
      `Case has no field ${name}, or we may not see it: no ticket can be created.`,
      `In Setup, Object Manager, Case, Fields & Relationships, New: Text, length ${KEY_LENGTH}, field name ${name.replace(/__c$/u, '')}, tick "Unique" and "External ID"; make it visible and editable for the integration user's profile or permission set, and leave it off page layouts.`,
    )
  }
  const problems = [
    ...(field.type === 'string' ? [] : [`is of the type ${field.type} and not Text`]),
    ...(field.externalId === true ? [] : ['is no External ID']),
    ...(field.unique === true ? [] : ['is not Unique, so that two cases may come of one detection']),
    ...((field.length ?? KEY_LENGTH) >= KEY_LENGTH
      ? []
      : [`holds ${field.length} characters and not ${KEY_LENGTH}`]),
    ...(field.createable ? [] : ['cannot be written by us']),
  ]
  if (problems.length === 0) return ok(subject, `${name} is a unique external id.`)
  return error(
    subject,
    `${name} ${problems.join(', ')}.`,
    `In Setup, Object Manager, Case, Fields & Relationships, edit ${name}: Text, length ${KEY_LENGTH}, "Unique" and "External ID" ticked; make it editable for the integration user in field-level security.`,
  )
}

function backlinkFindings(
  fields: ReadonlyMap<string, DescribedField>,
  { caseUrlField: name }: SalesforceSettings,
): readonly ConnectionFinding[] {
  if (name === undefined) return []
  const field = fields.get(name)
  const subject = `field:${name}`
  if (field?.updateable === true && field.type === 'url')
    return [ok(subject, `${name} can hold the link to the detection.`)]
  const problem =
    field === undefined
      ? 'does not exist, or we may not see it'
      : field.type === 'url'
        ? 'cannot be written by us'
        : `is of the type ${field.type} and not URL`
  return [
    error(
      subject,
      `${name} ${problem}: cases cannot be read with it.`,
      `Make a custom field of the type URL on Case and give us access to it, or name none in the settings.`,
    ),
  ]
}

function outcomeFindings(
  fields: ReadonlyMap<string, DescribedField>,
  { outcomeField: name }: SalesforceSettings,
  { outcomes }: ConnectionNeeds,
): readonly ConnectionFinding[] {
  const isNeeded = outcomes.some(({ resolutionId }) => resolutionId !== null)
  if (name === undefined) {
    if (!isNeeded) return []
    const remedy =
      'Name a custom picklist or text field of Case as the outcome field in the settings, or map no outcomes to ids.'
    return [error('field:outcome', 'Outcomes are mapped, and there is no field to hold them.', remedy)]
  }
  const field = fields.get(name)
  const subject = `field:${name}`
  const isText = field !== undefined && ['picklist', 'string'].includes(field.type)
  if (isText && field.updateable) return [ok(subject, `${name} can hold the outcome.`)]
  const problem =
    field === undefined
      ? 'does not exist, or we may not see it'
      : isText
        ? 'cannot be written by us'
        : `is of the type ${field.type}`
  return [
    error(
      subject,
      `${name} ${problem}: outcomes cannot be kept there.`,
      'Make a custom picklist or text field on Case and give us access to it, or name none in the settings.',
    ),
  ]
}

/** Fields that the connection's mappings give a value. */
function neededFindings(
  fields: ReadonlyMap<string, DescribedField>,
  needs: ConnectionNeeds,
): readonly ConnectionFinding[] {
  const used = [
    ...needs.createFields.map((name) => [name, 'createable'] as const),
    ...needs.outcomes.flatMap((outcome) => outcome.fields.map((name) => [name, 'updateable'] as const)),
  ]
  return [...new Map(used.map((entry) => [entry.join(), entry])).values()].map(([name, access]) => {
    const field = fields.get(name)
    if (field?.[access] === true) return ok(`field:${name}`, `The mapped field ${name} can be written.`)
    const problem = field === undefined ? 'does not exist, or we may not see it' : 'cannot be written by us'
    return error(
      `field:${name}`,
      `The mapped field ${name} ${problem}.`,
      `Correct the mapping, or: ${accessRemedy(name)}`,
    )
  })
}

/** Custom fields that a new case must have, and that nobody gives it; Salesforce fills in the standard ones. */
function requiredFindings(
  fields: readonly DescribedField[],
  settings: SalesforceSettings,
  { createFields }: ConnectionNeeds,
): readonly ConnectionFinding[] {
  return fields
    .filter(({ createable, defaultedOnCreate, name, nillable, type }) => {
      const isGiven = createFields.includes(name) || name === settings.externalIdField
      const isRequired = createable && !nillable && !defaultedOnCreate && type !== 'boolean'
      return name.endsWith('__c') && isRequired && !isGiven
    })
    .map(({ label, name }) =>
      error(
        `field:${name}`,
        `${label} (${name}) is required, and is only sent when the connection's field mapping has it.`,
        `Map a value for ${name}, or give the field a default in Salesforce.`,
      ),
    )
}

/** Values that the settings name, among those that a picklist has. */
export function picklistFinding({ fields }: DescribedObject, name: string, value: string): ConnectionFinding {
  const values = (fields.find((field) => field.name === name)?.picklistValues ?? []).filter(
    ({ active }) => active,
  )
  const subject = `value:${name}`
  if (values.some((known) => known.value === value)) return ok(subject, `${name} has the value ${value}.`)
  const choices = values.map((known) => known.value).join(', ')
  return warning(subject, `${name} has no value ${value}.`, `Use one of: ${choices || 'none exists'}.`)
}

function accessRemedy(name: string): string {
  return `Make ${name} editable for the integration user in field-level security, by its profile or a permission set.`
}
