import type { TriggerFailure, TriggerRunResult } from '@tripline/triggers'
import { triggerEvents } from '@tripline/triggers'
import { keptRuns, listTriggerRuns, type TriggerRun } from '../triggers/trigger-runs.ts'
import type { Trigger } from '../triggers/trigger.ts'
import { builder } from './builder.ts'

export const triggerEventEnum = builder.enumType('TriggerEvent', {
  description:
    '`DETECTION_UPDATE`: a detection was created, or its content changed; not its tracking. `REMOTE_RESPONSE`: the answer to a request of the same trigger that asked for it. `EXTERNAL_DATA`: somebody posted data.',
  values: triggerEvents,
})

const outcomeEnum = builder.enumType('TriggerOutcome', {
  values: ['DONE', 'FAILED', 'TIMEOUT', 'MEMORY'] as const,
})

const failureRef = builder.objectRef<TriggerFailure>('TriggerFailure').implement({
  description: 'What went wrong in a script.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'For instance `TypeError`.' }),
    message: t.exposeString('message'),
    line: t.exposeInt('line', { nullable: true, description: 'Where in the script, from 1.' }),
  }),
})

const pausedRef = builder
  .objectRef<{ readonly code: string; readonly message: string }>('TriggerPause')
  .implement({ fields: (t) => ({ code: t.exposeString('code'), message: t.exposeString('message') }) })

const refusedRef = builder.objectRef<TriggerRun['refused'][number]>('TriggerRefusal').implement({
  description: 'What a script wanted to send, or a detection it wanted to make, and what was against it.',
  fields: (t) => ({
    target: t.exposeString('target', { description: "The target's name, or the type of the detection." }),
    kind: t.exposeString('kind', { description: 'The kind of target, or `detection`.' }),
    reason: t.exposeString('reason'),
  }),
})

const runRef = builder.objectRef<TriggerRun>('TriggerRun').implement({
  description: 'How a trigger ran.',
  fields: (t) => ({
    runId: t.id({ resolve: ({ runId }) => runId }),
    event: t.field({
      type: triggerEventEnum,
      resolve: ({ event }) => event as (typeof triggerEvents)[number],
    }),
    detectionId: t.field({
      type: 'DetectionId',
      nullable: true,
      resolve: ({ detectionId }) => detectionId,
    }),
    outcome: t.field({ type: outcomeEnum, resolve: ({ outcome }) => toEnum(outcome) }),
    error: t.field({ type: failureRef, nullable: true, resolve: ({ error }) => error }),
    logs: t.exposeStringList('logs'),
    debug: t.exposeStringList('debug'),
    droppedLines: t.exposeInt('droppedLines', {
      description: 'Lines that were left out: too many, or the same as within the last 30 seconds.',
    }),
    ignored: t.exposeStringList('ignored', {
      description: 'What the script used that exists here in name only.',
    }),
    refused: t.field({ type: [refusedRef], resolve: ({ refused }) => refused }),
    messageCount: t.int({ resolve: ({ messages }) => messages }),
    commitCount: t.int({ description: 'How many detections it made.', resolve: ({ commits }) => commits }),
    durationMs: t.float({ resolve: ({ durationMs }) => durationMs }),
    endedAt: t.field({ type: 'DateTime', resolve: ({ endedAt }) => endedAt }),
  }),
})

export const triggerRef = builder.objectRef<Trigger>('Trigger').implement({
  description: 'A script that runs when detections change, in a sandbox.',
  fields: (t) => ({
    triggerId: t.id({ resolve: ({ triggerId }) => triggerId }),
    name: t.exposeString('name'),
    description: t.exposeString('description'),
    author: t.exposeString('author'),
    script: t.exposeString('script'),
    events: t.field({ type: [triggerEventEnum], resolve: ({ events }) => events }),
    disabled: t.exposeBoolean('disabled', {
      description: 'Switched off; what happens meanwhile is not made up for.',
    }),
    debug: t.exposeBoolean('debug', { description: 'Whether `debug()` writes.' }),
    pausedReason: t.field({
      type: pausedRef,
      nullable: true,
      description: 'Why it stopped by itself; what happens meanwhile waits until it is resumed.',
      resolve: ({ pausedReason }) => pausedReason,
    }),
    failures: t.exposeInt('failures', { description: 'How many runs failed in a row.' }),
    runCount: t.float({ resolve: ({ runCount }) => runCount }),
    failedCount: t.float({ resolve: ({ failedCount }) => failedCount }),
    lastRunAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ lastRunAt }) => lastRunAt }),
    runs: t.field({
      type: [runRef],
      description: `The last runs, newest first; at most ${keptRuns} are kept.`,
      args: { first: t.arg.int({ defaultValue: 20 }) },
      resolve: ({ triggerId }, { first }, { deps }) =>
        listTriggerRuns(deps.database, triggerId, Math.min(Math.max(first ?? 20, 0), keptRuns)),
    }),
    version: t.exposeInt('version'),
    createdAt: t.field({ type: 'DateTime', resolve: ({ createdAt }) => createdAt }),
    updatedAt: t.field({ type: 'DateTime', resolve: ({ updatedAt }) => updatedAt }),
  }),
})

const messageRef = builder.objectRef<TriggerRunResult['messages'][number]>('TriggerMessage').implement({
  fields: (t) => ({
    target: t.exposeString('target'),
    kind: t.string({ resolve: ({ message }) => message.kind }),
    message: t.field({ type: 'JSON', resolve: ({ message }) => message }),
    payload: t.string({
      nullable: true,
      description: 'The body of a request, or what a raw target gets, as text.',
      resolve: ({ message }) =>
        message.kind === 'http' || message.kind === 'raw'
          ? (message.payload && Buffer.from(message.payload, 'base64').toString('utf8')) || null
          : null,
    }),
  }),
})

/** What a script would do. */
export const dryRunRef = builder.objectRef<TriggerRunResult>('TriggerDryRun').implement({
  description: 'What a script would do; nothing of it was done.',
  fields: (t) => ({
    outcome: t.field({ type: outcomeEnum, resolve: ({ outcome }) => toEnum(outcome) }),
    error: t.field({ type: failureRef, nullable: true, resolve: ({ error }) => error }),
    messages: t.field({ type: [messageRef], resolve: ({ messages }) => messages }),
    refused: t.field({ type: [refusedRef], resolve: ({ refused }) => refused }),
    detections: t.field({
      type: 'JSON',
      description: 'The detections it would make, as a list.',
      resolve: ({ commits }) => commits,
    }),
    logs: t.exposeStringList('logs'),
    debug: t.exposeStringList('debug'),
    droppedLines: t.exposeInt('droppedLines'),
    ignored: t.exposeStringList('ignored'),
    durationMs: t.float({ resolve: ({ durationMs }) => durationMs }),
  }),
})

function toEnum(outcome: TriggerRunResult['outcome']): Uppercase<TriggerRunResult['outcome']> {
  return outcome.toUpperCase() as Uppercase<typeof outcome>
}
