import { InvalidInput } from '@tripline/core'
import type { TriggerRunResult } from '@tripline/triggers'
import { dryRunScript } from '../triggers/dry-run.ts'
import {
  createTrigger,
  deleteTrigger,
  findTrigger,
  getTrigger,
  listTriggers,
  resumeTrigger,
  updateTrigger,
  type TriggerPatch,
} from '../triggers/triggers.ts'
import type { Trigger } from '../triggers/trigger.ts'
import { builder } from './builder.ts'
import { expectedErrorRef, expecting, failed, type Payload } from './expected-errors.ts'
import { originOf } from './origin.ts'
import { dryRunRef, triggerEventEnum, triggerRef } from './trigger.ts'

builder.queryField('triggers', (t) =>
  t.field({
    type: [triggerRef],
    permission: 'manage_triggers',
    resolve: (_, _args, { deps }) => listTriggers(deps.database),
  }),
)

builder.queryField('trigger', (t) =>
  t.field({
    type: triggerRef,
    nullable: true,
    permission: 'manage_triggers',
    args: { triggerId: t.arg.id({ required: true }) },
    resolve: (_, { triggerId }, { deps }) => findTrigger(deps.database, String(triggerId)),
  }),
)

const payloadRef = builder.objectRef<Payload<{ trigger: Trigger }>>('TriggerPayload').implement({
  fields: (t) => ({
    trigger: t.field({ type: triggerRef, nullable: true, resolve: ({ trigger }) => trigger ?? null }),
    error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
  }),
})

const deletedRef = builder.objectRef<Payload<{ deletedId: string }>>('DeleteTriggerPayload').implement({
  fields: (t) => ({
    deletedId: t.id({ nullable: true, resolve: ({ deletedId }) => deletedId ?? null }),
    error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
  }),
})

const dryRunPayloadRef = builder
  .objectRef<Payload<{ run: TriggerRunResult }>>('DryRunTriggerPayload')
  .implement({
    fields: (t) => ({
      run: t.field({ type: dryRunRef, nullable: true, resolve: ({ run }) => run ?? null }),
      error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
    }),
  })

const createInput = builder.inputType('CreateTriggerInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    script: t.string({ required: true, description: 'JavaScript, the body of a function.' }),
    events: t.field({ type: [triggerEventEnum], required: true }),
    description: t.string(),
    author: t.string(),
    disabled: t.boolean(),
    debug: t.boolean(),
  }),
})

const updateInput = builder.inputType('UpdateTriggerInput', {
  description: 'What is absent is unchanged.',
  fields: (t) => ({
    triggerId: t.id({ required: true }),
    name: t.string(),
    script: t.string(),
    events: t.field({ type: [triggerEventEnum] }),
    description: t.string(),
    author: t.string(),
    disabled: t.boolean(),
    debug: t.boolean(),
    expectedVersion: t.int({ description: 'Refuses the change when the trigger is at another version.' }),
  }),
})

const dryRunInput = builder.inputType('DryRunTriggerInput', {
  fields: (t) => ({
    triggerId: t.id({ description: 'The trigger whose script is run; else give the script.' }),
    script: t.string(),
    detectionId: t.field({ type: 'DetectionId', required: true }),
    isEventCreate: t.boolean({
      defaultValue: true,
      description: 'Whether to run as if the detection were new.',
    }),
  }),
})

builder.mutationField('createTrigger', (t) =>
  t.field({
    type: payloadRef,
    permission: 'manage_triggers',
    args: { input: t.arg({ type: createInput, required: true }) },
    resolve: (_, { input }, context) =>
      expecting(async () => ({
        trigger: await createTrigger(
          context.deps.triggers,
          { ...given(input), name: input.name, script: input.script, events: [...input.events] },
          originOf(context),
        ),
      })),
  }),
)

builder.mutationField('updateTrigger', (t) =>
  t.field({
    type: payloadRef,
    permission: 'manage_triggers',
    description: 'A new script, or switching it on, lets a paused trigger run again.',
    args: { input: t.arg({ type: updateInput, required: true }) },
    resolve: (_, { input: { triggerId, expectedVersion, ...patch } }, context) =>
      expecting(async () => ({
        trigger: await updateTrigger(
          context.deps.triggers,
          String(triggerId),
          given(patch),
          originOf(context),
          expectedVersion ?? null,
        ),
      })),
  }),
)

builder.mutationField('resumeTrigger', (t) =>
  t.field({
    type: payloadRef,
    permission: 'manage_triggers',
    description: 'Lets a paused trigger run again, beginning with what has been waiting.',
    args: { triggerId: t.arg.id({ required: true }) },
    resolve: (_, { triggerId }, context) =>
      expecting(async () => ({
        trigger: await resumeTrigger(context.deps.database, String(triggerId), originOf(context)),
      })),
  }),
)

builder.mutationField('deleteTrigger', (t) =>
  t.field({
    type: deletedRef,
    permission: 'manage_triggers',
    args: { triggerId: t.arg.id({ required: true }) },
    resolve: (_, { triggerId }, context) =>
      expecting(async () => {
        await deleteTrigger(context.deps.database, String(triggerId), originOf(context))
        return { deletedId: String(triggerId) }
      }),
  }),
)

builder.mutationField('dryRunTrigger', (t) =>
  t.field({
    type: dryRunPayloadRef,
    permission: 'manage_triggers',
    description: 'Runs a script on a stored detection and shows what it would do.',
    args: { input: t.arg({ type: dryRunInput, required: true }) },
    resolve: (_, { input: { triggerId, script, detectionId, isEventCreate } }, { deps }) =>
      expecting(async () => {
        const text = script ?? (await scriptOf(deps.triggers.database, triggerId))
        return { run: await dryRunScript(deps.triggers, text, detectionId, isEventCreate ?? true) }
      }),
  }),
)

async function scriptOf(
  database: Parameters<typeof getTrigger>[0],
  triggerId: string | null | undefined,
): Promise<string> {
  if (triggerId !== null && triggerId !== undefined)
    return (await getTrigger(database, String(triggerId))).script
  throw new InvalidInput('Nothing was given to run.', [
    { path: 'input', message: 'needs a triggerId or a script' },
  ])
}

/** Without what is null or absent: both mean unchanged. */
function given<Input extends object>(input: Input): TriggerPatch {
  return Object.fromEntries(
    Object.entries(input).filter(([, value]) => value !== null && value !== undefined),
  )
}
