import sql, { type Sql } from 'sql-template-tag'
import { builder } from './builder.ts'
import { propertyOperatorEnum, localityEnum, operatorWords } from './hiding-rule-enums.ts'
import { computed } from './field-options.ts'
import { nodeId, nodeInterface } from './node.ts'
import { hidingRuleRef } from './refs.ts'
import { elements, iso, literal, objectList, type SelectedField, oneObject } from './sql/field-sql.ts'
import type { SelectedRow } from './sql/row-loader.ts'

const participantRef = builder.objectRef<SelectedRow>('HidingParticipant').implement({
  description: 'Whom a hiding rule is about: one of its members is given.',
  fields: (t) => ({
    deviceId: t.string({
      nullable: true,
      description: "The sensor's id of a device.",
      ...computed(sql`w.value ->> 'objectId'`),
    }),
    addresses: t.stringList({
      nullable: true,
      description: 'Addresses and networks.',
      ...computed(sql`w.value -> 'addresses'`),
    }),
    hostnames: t.stringList({ nullable: true, ...computed(sql`w.value -> 'hostnames'`) }),
    locality: t.field({
      type: localityEnum,
      nullable: true,
      ...computed(sql`upper(w.value ->> 'locality')`),
    }),
    scanners: t.stringList({
      nullable: true,
      description: 'Names of scanning services.',
      ...computed(sql`nullif(w.value -> 'scanners', 'null')`),
    }),
    anyScanner: t.boolean({
      description: 'Any scanning service.',
      ...computed(sql`(w.value ->> 'kind' = 'scanner' and w.value ->> 'scanners' is null)`),
    }),
  }),
})

const criterionRef = builder.objectRef<SelectedRow>('PropertyCriterion').implement({
  description: 'What a hiding rule wants of a property of a detection.',
  fields: (t) => ({
    property: t.string(computed(sql`k.value ->> 'property'`)),
    operator: t.field({
      type: propertyOperatorEnum,
      ...computed(sql`${literal(JSON.stringify(operatorWords))}::jsonb ->> (k.value ->> 'operator')`),
    }),
    operand: t.field({ type: 'JSON', ...computed(sql`k.value -> 'operand'`) }),
  }),
})

/** A participant that a rule names, or null. */
function participant(role: 'offender' | 'victim'): (field: SelectedField) => Sql {
  const value = sql`h.criteria -> ${literal(role)}`
  return (field) =>
    sql`case when jsonb_typeof(${value}) = 'object' then ${oneObject(field, sql`(select ${value} as value) w`)} end`
}

builder.objectType(hidingRuleRef, {
  description: 'A rule that hides detections of no interest: from lists, from triggers and from new tickets.',
  interfaces: [nodeInterface],
  fields: (t) => ({
    id: t.id(nodeId('HidingRule')),
    ruleId: t.string({
      description: 'The number by which the REST API names it.',
      ...computed(sql`h.rule_id::text`),
    }),
    detectionTypes: t.stringList({
      description: '`all_security` and `all_performance` stand for every type of the category.',
      ...computed(sql`h.criteria -> 'detectionTypes'`),
    }),
    offender: t.field({
      type: participantRef,
      nullable: true,
      description: 'null: whoever it is.',
      ...computed(participant('offender')),
    }),
    victim: t.field({
      type: participantRef,
      nullable: true,
      description: 'null: whoever it is.',
      ...computed(participant('victim')),
    }),
    properties: t.field({
      type: [criterionRef],
      description: 'All of them have to hold.',
      ...computed((field) =>
        objectList(field, sql`k`, elements(sql`h.criteria -> 'properties'`, sql`k`), sql`k.place`),
      ),
    }),
    description: t.string(computed(sql`h.description`)),
    enabled: t.boolean(computed(sql`h.enabled`)),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'From then on it hides nothing.',
      ...computed(iso(sql`h.expires_at`)),
    }),
    author: t.string(computed(sql`h.author`)),
    createdAt: t.field({ type: 'DateTime', ...computed(iso(sql`h.created_at`)) }),
    detectionsHidden: t.int({
      description: 'How many detections it hides now. Of several rules that match, the oldest hides.',
      ...computed(sql`(select count(*) from detections d where d.hidden_by = h.rule_id)`),
    }),
  }),
})
