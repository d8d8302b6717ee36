import { InvalidInput, type StreamMessage } from '@tripline/core'
import type { NotificationRule } from '../notifications/notification-rule.ts'
import {
  createNotificationRule,
  deleteNotificationRule,
  listNotificationRules,
  previewNotification,
  updateNotificationRule,
} from '../notifications/notification-rules.ts'
import { builder } from './builder.ts'
import type { GraphqlContext } from './context.ts'
import { detectionFilterInput, toDetectionFilter } from './detection-filter-input.ts'
import { expectedErrorRef, expecting, failed, type Payload } from './expected-errors.ts'
import { viewerOf } from './field-options.ts'
import { given } from './given-input.ts'
import { originOf } from './origin.ts'

const refusalRef = builder
  .objectRef<{ readonly reason: string; readonly at: string }>('NotificationRefusal')
  .implement({
    description: 'Why a notification was not taken into the queue of its target.',
    fields: (t) => ({
      reason: t.exposeString('reason'),
      at: t.field({ type: 'DateTime', resolve: ({ at }) => at }),
    }),
  })

const ruleRef = builder.objectRef<NotificationRule>('NotificationRule').implement({
  description: 'Of which detections a target of open data streams is told, and in which words.',
  fields: (t) => ({
    ruleId: t.id({ resolve: ({ ruleId }) => ruleId }),
    name: t.exposeString('name'),
    enabled: t.exposeBoolean('enabled', { description: 'What happens while it is not is not told later.' }),
    filter: t.field({ type: 'JSON', resolve: ({ filter }) => filter }),
    onUpdate: t.exposeBoolean('onUpdate', {
      description: 'Whether it also speaks of detections whose content changes.',
    }),
    target: t.exposeString('target'),
    delivery: t.field({
      type: 'JSON',
      description:
        'The kind of target, and how its message is made: `{kind: "http", method, path, headers}`, `{kind: "kafka", topic}`, `{kind: "mongodb", collection}`, `{kind: "syslog", severity}` or `{kind: "raw"}`.',
      resolve: ({ delivery }) => delivery,
    }),
    template: t.field({
      type: 'JSON',
      description: 'JSON in which `${name}` stands for a variable of the detection.',
      resolve: ({ template }) => template,
    }),
    sentCount: t.float({ resolve: ({ sentCount }) => sentCount }),
    refusedCount: t.float({ resolve: ({ refusedCount }) => refusedCount }),
    lastRefusal: t.field({ type: refusalRef, nullable: true, resolve: ({ lastRefusal }) => lastRefusal }),
    version: t.exposeInt('version'),
    createdAt: t.field({ type: 'DateTime', resolve: ({ createdAt }) => createdAt }),
    updatedAt: t.field({ type: 'DateTime', resolve: ({ updatedAt }) => updatedAt }),
  }),
})

const payloadRef = builder
  .objectRef<Payload<{ rule: NotificationRule }>>('NotificationRulePayload')
  .implement({
    fields: (t) => ({
      notificationRule: t.field({ type: ruleRef, nullable: true, resolve: ({ rule }) => rule ?? null }),
      error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
    }),
  })

const deletedRef = builder
  .objectRef<Payload<{ deletedId: string }>>('DeleteNotificationRulePayload')
  .implement({
    fields: (t) => ({
      deletedId: t.id({ nullable: true, resolve: ({ deletedId }) => deletedId ?? null }),
      error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
    }),
  })

const previewRef = builder
  .objectRef<Payload<{ message: StreamMessage }>>('PreviewNotificationPayload')
  .implement({
    fields: (t) => ({
      message: t.field({ type: 'JSON', nullable: true, resolve: ({ message }) => message ?? null }),
      payload: t.string({
        nullable: true,
        description: 'The body of the request, or what a raw target gets, as text.',
        resolve: ({ message }) =>
          (message?.kind === 'http' || message?.kind === 'raw') && message.payload !== null
            ? Buffer.from(message.payload, 'base64').toString('utf8')
            : null,
      }),
      error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
    }),
  })

const createInput = builder.inputType('CreateNotificationRuleInput', {
  fields: (t) => ({
    name: t.string({ required: true }),
    delivery: t.field({ type: 'JSON', required: true }),
    target: t.string({ description: 'The name of a target of that kind; absent: `default`.' }),
    template: t.field({ type: 'JSON', description: 'Absent: everything there is to say.' }),
    filter: t.field({ type: detectionFilterInput, description: 'Absent: all that are not hidden.' }),
    onUpdate: t.boolean(),
    enabled: t.boolean(),
  }),
})

const updateInput = builder.inputType('UpdateNotificationRuleInput', {
  description: 'What is absent is unchanged.',
  fields: (t) => ({
    ruleId: t.id({ required: true }),
    name: t.string(),
    delivery: t.field({ type: 'JSON' }),
    target: t.string(),
    template: t.field({ type: 'JSON' }),
    filter: t.field({ type: detectionFilterInput }),
    onUpdate: t.boolean(),
    enabled: t.boolean(),
    expectedVersion: t.int({ description: 'Refuses the change when the rule is at another version.' }),
  }),
})

const previewInput = builder.inputType('PreviewNotificationInput', {
  fields: (t) => ({
    detectionId: t.field({ type: 'DetectionId', required: true }),
    delivery: t.field({ type: 'JSON', required: true }),
    template: t.field({ type: 'JSON' }),
  }),
})

builder.queryField('notificationRules', (t) =>
  t.field({
    type: [ruleRef],
    permission: 'manage_triggers',
    resolve: (_, _args, { deps }) => listNotificationRules(deps.database),
  }),
)

builder.mutationField('createNotificationRule', (t) =>
  t.field({
    type: payloadRef,
    permission: 'manage_triggers',
    args: { input: t.arg({ type: createInput, required: true }) },
    resolve: (_, { input }, context) =>
      expecting(async () => ({
        rule: await createNotificationRule(
          context.deps.database,
          withFilter(input, context),
          originOf(context),
        ),
      })),
  }),
)

builder.mutationField('updateNotificationRule', (t) =>
  t.field({
    type: payloadRef,
    permission: 'manage_triggers',
    args: { input: t.arg({ type: updateInput, required: true }) },
    resolve: (_, { input: { ruleId, expectedVersion, ...patch } }, context) =>
      expecting(async () => ({
        rule: await updateNotificationRule(
          context.deps.database,
          String(ruleId),
          withFilter(patch, context),
          originOf(context),
          expectedVersion ?? null,
        ),
      })),
  }),
)

builder.mutationField('deleteNotificationRule', (t) =>
  t.field({
    type: deletedRef,
    permission: 'manage_triggers',
    args: { ruleId: t.arg.id({ required: true }) },
    resolve: (_, { ruleId }, context) =>
      expecting(async () => {
        await deleteNotificationRule(context.deps.database, String(ruleId), originOf(context))
        return { deletedId: String(ruleId) }
      }),
  }),
)

builder.mutationField('previewNotification', (t) =>
  t.field({
    type: previewRef,
    permission: 'manage_triggers',
    description: 'Shows what a rule would send of a stored detection, without sending it.',
    args: { input: t.arg({ type: previewInput, required: true }) },
    resolve: (_, { input: { detectionId, ...rest } }, { deps }) =>
      expecting(async () => ({
        message: await previewNotification(
          deps.database,
          { name: 'preview', ...given(rest) },
          detectionId,
          deps.publicUrl,
        ),
      })),
  }),
)

/** What was given, with the domain's filter. */
function withFilter(
  { filter, ...input }: Partial<typeof updateInput.$inferInput>,
  context: GraphqlContext,
): object {
  if (filter === null || filter === undefined) return given(input)
  const { startTime, updateTime, modTime, createTime } = filter
  if ((startTime ?? updateTime ?? modTime ?? createTime ?? null) !== null) {
    throw new InvalidInput('A notification rule is about what happens now; its filter cannot name times.', [
      { path: 'filter', message: 'must not name times' },
    ])
  }
  return { ...given(input), filter: toDetectionFilter(filter, viewerOf(context)) }
}
