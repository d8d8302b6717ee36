import { z } from 'zod'
import { jsonObjectSchema } from '@tripline/core'
import { exactInteger } from '../../formats/exact-integer.ts'
import { queueExternalData } from '../../triggers/trigger-inputs.ts'
import {
  createTrigger,
  deleteTrigger,
  getTrigger,
  listTriggers,
  updateTrigger,
  type NewTrigger,
} from '../../triggers/triggers.ts'
import type { Trigger } from '../../triggers/trigger.ts'
import { API_ROOT } from '../paths.ts'
import { createdAnswer, noContent, okAnswer } from '../rest-answers.ts'
import type { RestDeps } from '../rest-deps.ts'
import { restRoute, type RestRoute } from '../rest-route.ts'

const bodySchema = z.object({
  name: z.string().optional(),
  script: z.string().optional().describe('JavaScript, the body of a function.'),
  events: z.array(z.string()).optional(),
  event: z.string().optional().meta({ deprecated: true }),
  disabled: z.boolean().nullish(),
  debug: z.boolean().nullish(),
  apply_all: z.boolean().nullish().describe('Read and not kept: triggers here belong to no devices.'),
  author: z.string().nullish(),
  description: z.string().nullish(),
  hints: z.record(z.string(), z.unknown()).nullish().describe('Read and not kept.'),
})

const createSchema = bodySchema.extend({ name: z.string(), script: z.string() })

const triggerSchema = z
  .strictObject({
    id: z.int(),
    name: z.string(),
    script: z.string(),
    events: z.array(z.string()),
    event: z.string().nullable().meta({ deprecated: true }),
    disabled: z.boolean(),
    debug: z.boolean(),
    apply_all: z.boolean(),
    author: z.string(),
    description: z.string(),
    hints: z.object({}),
    mod_time: z.int(),
  })
  .meta({ id: 'Trigger' })

const refusals = { 404: 'There is no such trigger.' } as const
const INVALID = 'The trigger cannot be: its script does not compile, or an event is not known.'

/** Trigger scripts, and data for those that run on EXTERNAL_DATA. */
export function triggerRoutes({ database, triggers }: RestDeps): readonly RestRoute[] {
  return [
    restRoute({
      method: 'POST',
      path: '/triggers/externaldata',
      summary: 'Runs the triggers of EXTERNAL_DATA with this data.',
      permission: 'manage_triggers',
      body: z.object({ type: z.string().min(1).max(200), body: jsonObjectSchema }),
      answer: { status: 204 },
      async handle({ body: { type, body } }) {
        await queueExternalData(database, type, body)
        return noContent
      },
    }),
    restRoute({
      method: 'GET',
      path: '/triggers',
      summary: 'Every trigger.',
      permission: 'manage_triggers',
      answer: { status: 200, schema: z.array(triggerSchema) },
      async handle() {
        return okAnswer((await listTriggers(database)).map(toJson))
      },
    }),
    restRoute({
      method: 'POST',
      path: '/triggers',
      summary: 'Makes a trigger.',
      permission: 'manage_triggers',
      body: createSchema,
      answer: { status: 201 },
      refusals: { 422: INVALID },
      async handle({ body, origin }) {
        const { name, script, ...rest } = body
        const input = { name, script, events: [], ...toPatch(rest) } as NewTrigger
        const { triggerId } = await createTrigger(triggers, input, origin)
        return createdAnswer(`${API_ROOT}/triggers/${triggerId}`)
      },
    }),
    restRoute({
      method: 'GET',
      path: '/triggers/:id',
      summary: 'One trigger.',
      permission: 'manage_triggers',
      answer: { status: 200, schema: triggerSchema },
      refusals,
      async handle({ params }) {
        return okAnswer(toJson(await getTrigger(database, params['id'] ?? '')))
      },
    }),
    restRoute({
      method: 'PATCH',
      path: '/triggers/:id',
      summary: 'Changes a trigger.',
      permission: 'manage_triggers',
      body: bodySchema,
      answer: { status: 204 },
      refusals: { ...refusals, 422: INVALID },
      async handle({ params, body, origin }) {
        await updateTrigger(triggers, params['id'] ?? '', toPatch(body), origin)
        return noContent
      },
    }),
    restRoute({
      method: 'DELETE',
      path: '/triggers/:id',
      summary: 'Removes a trigger, with the records of its runs.',
      permission: 'manage_triggers',
      answer: { status: 204 },
      refusals,
      async handle({ params, origin }) {
        await deleteTrigger(database, params['id'] ?? '', origin)
        return noContent
      },
    }),
  ]
}

/** The members that were given; the domain judges them. */
function toPatch(body: z.output<typeof bodySchema>): object {
  const {
    event,
    apply_all: _all,
    hints: _hints,
    events = event === undefined ? undefined : [event],
    ...rest
  } = body
  return Object.fromEntries(
    Object.entries({ ...rest, events }).filter(([, value]) => value !== undefined && value !== null),
  )
}

function toJson(trigger: Trigger): object {
  return {
    id: exactInteger(trigger.triggerId),
    name: trigger.name,
    script: trigger.script,
    events: trigger.events,
    event: trigger.events[0] ?? null,
    disabled: trigger.disabled,
    debug: trigger.debug,
    apply_all: false,
    author: trigger.author,
    description: trigger.description,
    hints: {},
    mod_time: trigger.updatedAt.getTime(),
  }
}
