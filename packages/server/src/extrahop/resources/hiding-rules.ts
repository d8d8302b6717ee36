import { propertyOperators } from '@tripline/core'
import { z } from 'zod'
import { exactInteger } from '../../formats/exact-integer.ts'
import {
  createHidingRule,
  deleteHidingRule,
  getHidingRule,
  listHidingRules,
  updateHidingRule,
  type CountedHidingRule,
} from '../../hiding/hiding-rules.ts'
import {
  participantAnswer,
  participantAnswerSchema,
  participantBodySchema,
  toHidingParticipant,
} from '../hiding-participant.ts'
import { API_ROOT } from '../paths.ts'
import { createdAnswer, noContent, okAnswer } from '../rest-answers.ts'
import type { RestDeps } from '../rest-deps.ts'
import { restRoute, type RestRoute } from '../rest-route.ts'

const PATH = '/detections/rules/hiding'

const criterionSchema = z.object({
  property: z.string(),
  operator: z.enum(propertyOperators),
  operand: z
    .unknown()
    .describe('A text, number or boolean; of in also a list. Of ~ and !~ a pattern of RE2.'),
})

const updateSchema = z.object({
  description: z.string().nullable().optional(),
  enabled: z.boolean().optional(),
  expiration: z
    .int()
    .min(0)
    .max(8.64e15)
    .nullable()
    .optional()
    .describe('Milliseconds since 1970; null or 0: it does not expire.'),
  offender: participantBodySchema.optional(),
  victim: participantBodySchema.optional(),
  properties: z.array(criterionSchema).nullable().optional(),
})

const createSchema = updateSchema
  .extend({
    detection_type: z.string().nullable().optional().describe('all_security, all_performance, or a type.'),
    detection_types: z.array(z.string()).nullable().optional(),
    offender: participantBodySchema,
    victim: participantBodySchema,
  })
  .refine(({ detection_type: one, detection_types: several }) => (one ?? several ?? null) !== null, {
    path: ['detection_type'],
    message: 'has to be given',
  })

const ruleSchema = z
  .strictObject({
    id: z.int(),
    author: z.string(),
    create_time: z.int(),
    description: z.string(),
    detection_type: z.string(),
    detection_types: z.array(z.string()),
    enabled: z.boolean(),
    expiration: z.int().nullable(),
    offender: participantAnswerSchema,
    victim: participantAnswerSchema,
    properties: z.array(criterionSchema),
    detections_hidden: z.int().describe('How many detections it hides now.'),
    participants_hidden: z.int().describe('0: Tripline hides detections, not some of their participants.'),
    hide_past_detections: z.boolean().meta({ deprecated: true }),
  })
  .meta({ id: 'HidingRule' })

const refusals = { 404: 'There is no such rule.' } as const
const INVALID = 'The rule cannot be.'

/** Rules that hide detections ("tuning rules"). */
export function hidingRuleRoutes({ database }: RestDeps): readonly RestRoute[] {
  return [
    restRoute({
      method: 'GET',
      path: PATH,
      summary: 'Every rule that hides detections.',
      permission: 'read',
      answer: { status: 200, schema: z.array(ruleSchema) },
      async handle() {
        return okAnswer((await listHidingRules(database)).map(toJson))
      },
    }),
    restRoute({
      method: 'POST',
      path: PATH,
      summary: 'Hides the detections that a rule matches: those there are, and those that come.',
      permission: 'hide',
      body: createSchema,
      answer: { status: 201 },
      refusals: { 422: INVALID },
      async handle({ body, origin }) {
        const detectionTypes = body.detection_types ?? [body.detection_type]
        const ruleId = await createHidingRule(database, { detectionTypes, ...toPatch(body) }, origin)
        return createdAnswer(`${API_ROOT}${PATH}/${ruleId}`)
      },
    }),
    restRoute({
      method: 'GET',
      path: `${PATH}/:id`,
      summary: 'One rule.',
      permission: 'read',
      answer: { status: 200, schema: ruleSchema },
      refusals,
      async handle({ params }) {
        return okAnswer(toJson(await getHidingRule(database, params['id'] ?? '')))
      },
    }),
    restRoute({
      method: 'PATCH',
      path: `${PATH}/:id`,
      summary: 'Changes a rule. What it no longer hides is shown again.',
      permission: 'hide',
      body: updateSchema,
      answer: { status: 204 },
      refusals: { ...refusals, 422: INVALID },
      async handle({ params, body, origin }) {
        await updateHidingRule(database, params['id'] ?? '', toPatch(body), origin)
        return noContent
      },
    }),
    restRoute({
      method: 'DELETE',
      path: `${PATH}/:id`,
      summary: 'Removes a rule. What it hid is shown again, unless another rule hides it.',
      permission: 'hide',
      answer: { status: 204 },
      refusals,
      async handle({ params, origin }) {
        await deleteHidingRule(database, params['id'] ?? '', origin)
        return noContent
      },
    }),
  ]
}

function toPatch({
  description,
  enabled,
  expiration,
  offender,
  victim,
  properties,
}: z.output<typeof updateSchema>): object {
  return {
    ...(description === undefined ? {} : { description: description ?? '' }),
    ...(enabled === undefined ? {} : { enabled }),
    ...(expiration === undefined
      ? {}
      : { expiresAt: expiration === null || expiration === 0 ? null : new Date(expiration) }),
    ...(offender === undefined ? {} : { offender: toHidingParticipant('offender', offender) }),
    ...(victim === undefined ? {} : { victim: toHidingParticipant('victim', victim) }),
    ...(properties === undefined ? {} : { properties: properties ?? [] }),
  }
}

function toJson(rule: CountedHidingRule): object {
  return {
    id: exactInteger(rule.ruleId),
    author: rule.author,
    create_time: rule.createdAt.getTime(),
    description: rule.description,
    detection_type: rule.detectionTypes[0],
    detection_types: rule.detectionTypes,
    enabled: rule.enabled,
    expiration: rule.expiresAt?.getTime() ?? null,
    offender: participantAnswer(rule.offender),
    victim: participantAnswer(rule.victim),
    properties: rule.properties,
    detections_hidden: rule.detectionsHidden,
    participants_hidden: 0,
    hide_past_detections: true,
  }
}
