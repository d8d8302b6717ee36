import { InvalidInput } from '@tripline/core'
import sql from 'sql-template-tag'
import { createHidingRule, deleteHidingRule, updateHidingRule } from '../hiding/hiding-rules.ts'
import { builder } from './builder.ts'
import { plain } from './enums.ts'
import { expectedErrorRef, expecting, failed, type Payload } from './expected-errors.ts'
import { answered } from './field-options.ts'
import { localityEnum, operatorOf, propertyOperatorEnum } from './hiding-rule-enums.ts'
import { originOf } from './origin.ts'
import { hidingRuleRef } from './refs.ts'
import { loadRow } from './rows.ts'
import { objectList } from './sql/field-sql.ts'

const participantInput = builder.inputType('HidingParticipantInput', {
  description: 'Exactly one member is given.',
  fields: (t) => ({
    deviceId: t.string({ description: "The sensor's id of a device, in decimal digits." }),
    addresses: t.stringList({ description: 'Addresses and networks.' }),
    hostnames: t.stringList({ description: '`*.example.com` stands for every name below.' }),
    locality: t.field({ type: localityEnum }),
    scanners: t.stringList({ description: 'Names of scanning services.' }),
    anyScanner: t.boolean({ description: 'true: any scanning service.' }),
  }),
})

const criterionInput = builder.inputType('PropertyCriterionInput', {
  fields: (t) => ({
    property: t.string({ required: true }),
    operator: t.field({ type: propertyOperatorEnum, required: true }),
    operand: t.field({
      type: 'JSON',
      required: true,
      description:
        'A text, number or boolean; of `IN` also a list. A network stands for every address in it.',
    }),
  }),
})

const createInput = builder.inputType('CreateHidingRuleInput', {
  fields: (t) => ({
    detectionTypes: t.stringList({
      required: true,
      description: '`all_security` and `all_performance` stand for every type of the category.',
    }),
    offender: t.field({
      type: participantInput,
      description: 'Absent: whoever it is. All offenders of a detection have to be meant.',
    }),
    victim: t.field({
      type: participantInput,
      description: 'Absent: whoever it is. All victims of a detection have to be meant.',
    }),
    properties: t.field({ type: [criterionInput] }),
    description: t.string(),
    enabled: t.boolean(),
    expiresAt: t.field({ type: 'DateTime' }),
  }),
})

const updateInput = builder.inputType('UpdateHidingRuleInput', {
  description: 'What is absent is unchanged.',
  fields: (t) => ({
    ruleId: t.string({ required: true }),
    detectionTypes: t.stringList(),
    offender: t.field({ type: participantInput, description: 'null: whoever it is.' }),
    victim: t.field({ type: participantInput, description: 'null: whoever it is.' }),
    properties: t.field({ type: [criterionInput] }),
    description: t.string(),
    enabled: t.boolean(),
    expiresAt: t.field({ type: 'DateTime', description: 'null: it does not expire.' }),
  }),
})

const payloadRef = builder.objectRef<Payload<{ ruleId: string }>>('HidingRulePayload').implement({
  fields: (t) => ({
    hidingRule: t.field({
      type: hidingRuleRef,
      nullable: true,
      resolve: ({ ruleId }, _, context, info) => loadRow('HidingRule', ruleId, context, info),
    }),
    error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
  }),
})

const deletedRef = builder.objectRef<Payload<{ deleted: true }>>('DeleteHidingRulePayload').implement({
  fields: (t) => ({
    deleted: t.boolean({ resolve: ({ deleted }) => deleted === true }),
    error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
  }),
})

builder.queryField('hidingRules', (t) =>
  t.field({
    type: [hidingRuleRef],
    permission: 'read',
    description: 'Every rule that hides detections, oldest first.',
    ...answered((field) =>
      objectList(field, sql`h`, sql`hiding_rules h where h.deleted_at is null`, sql`h.rule_id`),
    ),
  }),
)

builder.mutationField('createHidingRule', (t) =>
  t.field({
    type: payloadRef,
    permission: 'hide',
    description: 'Hides the detections that a rule matches: those there are, and those that come.',
    args: { input: t.arg({ type: createInput, required: true }) },
    resolve: (_, { input }, context) =>
      expecting(async () => {
        const ruleId = await createHidingRule(context.deps.database, toRule(input), originOf(context))
        return { ruleId }
      }),
  }),
)

builder.mutationField('updateHidingRule', (t) =>
  t.field({
    type: payloadRef,
    permission: 'hide',
    description: 'Changes a rule. What it no longer hides is shown again.',
    args: { input: t.arg({ type: updateInput, required: true }) },
    resolve: (_, { input: { ruleId, ...input } }, context) =>
      expecting(async () => {
        await updateHidingRule(context.deps.database, ruleId, toRule(input), originOf(context))
        return { ruleId }
      }),
  }),
)

builder.mutationField('deleteHidingRule', (t) =>
  t.field({
    type: deletedRef,
    permission: 'hide',
    description: 'Removes a rule. What it hid is shown again, unless another rule hides it.',
    args: { ruleId: t.arg.string({ required: true }) },
    resolve: (_, { ruleId }, context) =>
      expecting(async () => {
        await deleteHidingRule(context.deps.database, ruleId, originOf(context))
        return { deleted: true as const }
      }),
  }),
)

/** The members that are given, as the domain has them; `null` where it means something. */
function toRule({
  detectionTypes,
  offender,
  victim,
  properties,
  description,
  enabled,
  expiresAt,
}: Omit<typeof updateInput.$inferInput, 'ruleId'>): object {
  return {
    ...(detectionTypes ? { detectionTypes } : {}),
    ...(offender === undefined ? {} : { offender: toParticipant('offender', offender) }),
    ...(victim === undefined ? {} : { victim: toParticipant('victim', victim) }),
    ...(properties
      ? { properties: properties.map((each) => ({ ...each, operator: operatorOf(each.operator) })) }
      : {}),
    ...(typeof description === 'string' ? { description } : {}),
    ...(typeof enabled === 'boolean' ? { enabled } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  }
}

function toParticipant(path: string, input: typeof participantInput.$inferInput | null): object | null {
  if (input === null) return null
  const { deviceId, addresses, hostnames, locality, scanners, anyScanner } = input
  const given = [
    ...(deviceId ? [{ kind: 'device', objectId: deviceId }] : []),
    ...(addresses ? [{ kind: 'address', addresses }] : []),
    ...(hostnames ? [{ kind: 'hostname', hostnames }] : []),
    ...(locality ? [{ kind: 'locality', locality: plain(locality) }] : []),
    ...(scanners ? [{ kind: 'scanner', scanners }] : []),
    ...(anyScanner === true ? [{ kind: 'scanner', scanners: null }] : []),
  ]
  const [only] = given
  if (only !== undefined && given.length === 1) return only
  const message = 'exactly one of its members has to be given'
  throw new InvalidInput(`${path}: ${message}.`, [{ path, message }])
}
