import type { ConnectionFinding } from '@tripline/core'
import sql from 'sql-template-tag'
import { dropMessages, replayDeadLetters } from '../streams/dead-letters.ts'
import {
  checkStreamTarget,
  createStreamTarget,
  deleteStreamTarget,
  updateStreamTarget,
} from '../streams/stream-targets.ts'
import { builder } from './builder.ts'
import { plain } from './enums.ts'
import { expectedErrorRef, expecting, failed, type Payload } from './expected-errors.ts'
import { answered } from './field-options.ts'
import { given, toObject } from './given-input.ts'
import { ownId } from './node.ts'
import { originOf } from './origin.ts'
import { streamTargetRef } from './refs.ts'
import { loadRow } from './rows.ts'
import { objectList, oneObject } from './sql/field-sql.ts'
import { streamKindEnum } from './stream-plugin.ts'

builder.queryField('streamTargets', (t) =>
  t.field({
    type: [streamTargetRef],
    permission: 'manage_connections',
    args: { kind: t.arg({ type: streamKindEnum }) },
    ...answered((field) => {
      const { kind = null } = field.args
      return objectList(
        field,
        sql`st`,
        sql`stream_targets st where ${kind}::text is null or st.kind = lower(${kind}::text)`,
        sql`st.kind, st.name`,
      )
    }),
  }),
)

builder.queryField('streamTarget', (t) =>
  t.field({
    type: streamTargetRef,
    nullable: true,
    permission: 'manage_connections',
    args: { id: t.arg.id({ required: true }) },
    ...answered((field) => {
      const own = ownId('StreamTarget', String(field.args['id']))
      return oneObject(field, sql`stream_targets st where st.target_id = ${own}::uuid`)
    }),
  }),
)

const payloadRef = builder.objectRef<Payload<{ targetId: string }>>('StreamTargetPayload').implement({
  fields: (t) => ({
    target: t.field({
      type: streamTargetRef,
      nullable: true,
      resolve: ({ targetId }, _, context, info) => loadRow('StreamTarget', targetId, context, info),
    }),
    error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
  }),
})

const deletedRef = builder
  .objectRef<Payload<{ deletedId: string; messages: number }>>('DeleteStreamTargetPayload')
  .implement({
    fields: (t) => ({
      deletedId: t.id({ nullable: true, resolve: ({ deletedId }) => deletedId ?? null }),
      messageCount: t.int({
        nullable: true,
        description: 'How many messages were deleted with it.',
        resolve: ({ messages }) => messages ?? null,
      }),
      error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
    }),
  })

const checkedRef = builder
  .objectRef<Payload<{ targetId: string; findings: readonly ConnectionFinding[] }>>(
    'CheckStreamTargetPayload',
  )
  .implement({
    fields: (t) => ({
      target: t.field({
        type: streamTargetRef,
        nullable: true,
        description: 'Its `lastCheck` is what was found.',
        resolve: ({ targetId }, _, context, info) => loadRow('StreamTarget', targetId, context, info),
      }),
      passed: t.boolean({
        nullable: true,
        description: 'Whether nothing was found that will fail.',
        resolve: ({ findings }) => findings?.every(({ severity }) => severity !== 'error') ?? null,
      }),
      error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
    }),
  })

const decidedRef = builder
  .objectRef<Payload<{ targetId: string; messages: number }>>('StreamMessagesPayload')
  .implement({
    fields: (t) => ({
      target: t.field({
        type: streamTargetRef,
        nullable: true,
        resolve: ({ targetId }, _, context, info) => loadRow('StreamTarget', targetId, context, info),
      }),
      messageCount: t.int({
        nullable: true,
        description: 'How many messages it was done to.',
        resolve: ({ messages }) => messages ?? null,
      }),
      error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
    }),
  })

const createInput = builder.inputType('CreateStreamTargetInput', {
  fields: (t) => ({
    kind: t.field({ type: streamKindEnum, required: true }),
    name: t.string({ required: true, description: 'Senders that name no target mean `default`.' }),
    settings: t.field({
      type: 'JSON',
      required: true,
      description: "What the plugin's `settingsSchema` asks for, secrets included.",
    }),
    enabled: t.boolean(),
    maxWaiting: t.int(),
    maxAttempts: t.int(),
  }),
})

const updateInput = builder.inputType('UpdateStreamTargetInput', {
  description: 'What is absent is unchanged.',
  fields: (t) => ({
    id: t.id({ required: true }),
    name: t.string(),
    settings: t.field({
      type: 'JSON',
      description:
        'Laid over the present ones by their first names; secrets need not be given again; null removes a setting.',
    }),
    enabled: t.boolean(),
    maxWaiting: t.int(),
    maxAttempts: t.int(),
    expectedVersion: t.int({ description: 'Refuses the change when the target is at another version.' }),
  }),
})

const messagesInput = builder.inputType('StreamMessagesInput', {
  fields: (t) => ({
    targetId: t.id({ required: true }),
    messageIds: t.idList({ description: 'Absent: all that were put aside.' }),
  }),
})

builder.mutationField('createStreamTarget', (t) =>
  t.field({
    type: payloadRef,
    permission: 'manage_connections',
    args: { input: t.arg({ type: createInput, required: true }) },
    resolve: (_, { input: { kind, name, settings, ...input } }, context) =>
      expecting(async () => {
        const target = await createStreamTarget(
          context.deps.streams,
          { ...given(input), kind: plain(kind), name, settings: toObject(settings) },
          originOf(context),
        )
        return { targetId: target.targetId }
      }),
  }),
)

builder.mutationField('updateStreamTarget', (t) =>
  t.field({
    type: payloadRef,
    permission: 'manage_connections',
    args: { input: t.arg({ type: updateInput, required: true }) },
    resolve: (_, { input: { id, settings, ...input } }, context) =>
      expecting(async () => {
        const patch = {
          ...given(input),
          ...(settings === undefined || settings === null ? {} : { settings: toObject(settings) }),
        }
        const target = await updateStreamTarget(
          context.deps.streams,
          targetIdOf(id),
          patch,
          originOf(context),
        )
        return { targetId: target.targetId }
      }),
  }),
)

builder.mutationField('deleteStreamTarget', (t) =>
  t.field({
    type: deletedRef,
    permission: 'manage_connections',
    description: 'Everything that waits for it, and what was put aside, is deleted too.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, context) =>
      expecting(async () => ({
        messages: await deleteStreamTarget(context.deps.streams, targetIdOf(id), originOf(context)),
        deletedId: String(id),
      })),
  }),
)

builder.mutationField('checkStreamTarget', (t) =>
  t.field({
    type: checkedRef,
    permission: 'manage_connections',
    description: 'Connects to it, without sending a message.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, context) =>
      expecting(async () => {
        const targetId = targetIdOf(id)
        return { targetId, findings: await checkStreamTarget(context.deps.streams, targetId) }
      }),
  }),
)

builder.mutationField('replayStreamMessages', (t) =>
  t.field({
    type: decidedRef,
    permission: 'manage_connections',
    description: 'Lets messages that were put aside be sent again, in their old places.',
    args: { input: t.arg({ type: messagesInput, required: true }) },
    resolve: (_, { input }, context) =>
      expecting(async () => {
        const targetId = targetIdOf(input.targetId)
        const messages = await replayDeadLetters(
          context.deps.database,
          targetId,
          choiceOf(input.messageIds),
          originOf(context),
        )
        return { targetId, messages }
      }),
  }),
)

builder.mutationField('dropStreamMessages', (t) =>
  t.field({
    type: decidedRef,
    permission: 'manage_connections',
    description: 'Deletes messages that were put aside; those that are named also while they wait.',
    args: { input: t.arg({ type: messagesInput, required: true }) },
    resolve: (_, { input }, context) =>
      expecting(async () => {
        const targetId = targetIdOf(input.targetId)
        const messages = await dropMessages(
          context.deps.database,
          targetId,
          choiceOf(input.messageIds),
          originOf(context),
        )
        return { targetId, messages }
      }),
  }),
)

/** The row's id; for an `id` of something else a text that is no target's, which is then not found. */
function targetIdOf(id: string): string {
  return ownId('StreamTarget', String(id)) ?? String(id)
}

function choiceOf(messageIds: readonly string[] | null | undefined): { messageIds?: readonly string[] } {
  return messageIds === null || messageIds === undefined ? {} : { messageIds: messageIds.map(String) }
}
