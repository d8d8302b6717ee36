import type { ConnectionReport, SourceConflictPolicy } from '@tripline/core'
import sql from 'sql-template-tag'
import { checkSource } from '../sources/check-source.ts'
import {
  createDetectionSource,
  deleteDetectionSource,
  pauseDetectionSource,
  resumeDetectionSource,
  updateDetectionSource,
} from '../sources/detection-sources.ts'
import { builder } from './builder.ts'
import { sourceConflictPolicyEnum } from './detection-source.ts'
import { expectedErrorRef, expecting, failed, type Payload } from './expected-errors.ts'
import { answered } from './field-options.ts'
import { given, toObject } from './given-input.ts'
import { ownId } from './node.ts'
import { originOf } from './origin.ts'
import { detectionSourceRef } from './refs.ts'
import { loadRow } from './rows.ts'
import { objectList, oneObject } from './sql/field-sql.ts'

builder.queryField('detectionSources', (t) =>
  t.field({
    type: [detectionSourceRef],
    permission: 'read',
    ...answered((field) => objectList(field, sql`ds`, sql`detection_sources ds`, sql`ds.name`)),
  }),
)

builder.queryField('detectionSource', (t) =>
  t.field({
    type: detectionSourceRef,
    nullable: true,
    permission: 'read',
    args: { id: t.arg.id({ required: true }) },
    ...answered((field) => {
      const own = ownId('DetectionSource', String(field.args['id']))
      return oneObject(field, sql`detection_sources ds where ds.source_id = ${own}::uuid`)
    }),
  }),
)

const payloadRef = builder.objectRef<Payload<{ sourceId: string }>>('DetectionSourcePayload').implement({
  fields: (t) => ({
    source: t.field({
      type: detectionSourceRef,
      nullable: true,
      resolve: ({ sourceId }, _, context, info) => loadRow('DetectionSource', sourceId, context, info),
    }),
    error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
  }),
})

const deletedRef = builder
  .objectRef<Payload<{ deletedId: string }>>('DeleteDetectionSourcePayload')
  .implement({
    fields: (t) => ({
      deletedId: t.id({ nullable: true, resolve: ({ deletedId }) => deletedId ?? null }),
      error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
    }),
  })

const checkedRef = builder
  .objectRef<Payload<{ sourceId: string; report: ConnectionReport }>>('CheckDetectionSourcePayload')
  .implement({
    fields: (t) => ({
      source: t.field({
        type: detectionSourceRef,
        nullable: true,
        description: 'Its `lastCheck` is what was found.',
        resolve: ({ sourceId }, _, context, info) => loadRow('DetectionSource', sourceId, context, info),
      }),
      passed: t.boolean({
        nullable: true,
        description: 'Whether nothing was found that will fail.',
        resolve: ({ report }) => report?.findings.every(({ severity }) => severity !== 'error') ?? null,
      }),
      error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
    }),
  })

const boundDescription =
  'How many requests a minute to make at most, in all processes of this server. Default: 300; 0: no bound of ours.'

const createInput = builder.inputType('CreateDetectionSourceInput', {
  fields: (t) => ({
    name: t.string({
      required: true,
      description: 'The `source` of its detections; cannot be changed afterwards.',
    }),
    plugin: t.string({ required: true }),
    settings: t.field({
      type: 'JSON',
      required: true,
      description: "What the plugin's `settingsSchema` asks for, secrets included.",
    }),
    conflicts: t.field({ type: sourceConflictPolicyEnum, description: 'Default: `PREFER_TRIPLINE`.' }),
    pollIntervalSeconds: t.int({ description: 'Default: 30.' }),
    requestsPerMinute: t.int({ description: boundDescription }),
    paused: t.boolean({
      description: 'Whether it is to wait until it is resumed; it can be checked before.',
    }),
  }),
})

const updateInput = builder.inputType('UpdateDetectionSourceInput', {
  description: 'What is absent is unchanged.',
  fields: (t) => ({
    id: t.id({ required: true }),
    settings: t.field({
      type: 'JSON',
      description:
        'Laid over the present ones by their first names; secrets need not be given again; null removes a setting.',
    }),
    conflicts: t.field({ type: sourceConflictPolicyEnum }),
    pollIntervalSeconds: t.int(),
    requestsPerMinute: t.int({ description: boundDescription }),
    restart: t.boolean({ description: 'Fetches everything anew, as far back as the settings say.' }),
    expectedVersion: t.int({ description: 'Refuses the change when the source is at another version.' }),
  }),
})

builder.mutationField('createDetectionSource', (t) =>
  t.field({
    type: payloadRef,
    permission: 'manage_connections',
    args: { input: t.arg({ type: createInput, required: true }) },
    resolve: (_, { input: { name, plugin, settings, paused, ...options } }, context) =>
      expecting(async () => {
        const source = await createDetectionSource(
          context.deps.sources,
          { ...toOptions(options), name, plugin, settings: toObject(settings), paused: paused === true },
          originOf(context),
        )
        return { sourceId: source.sourceId }
      }),
  }),
)

builder.mutationField('updateDetectionSource', (t) =>
  t.field({
    type: payloadRef,
    permission: 'manage_connections',
    args: { input: t.arg({ type: updateInput, required: true }) },
    resolve: (_, { input: { id, settings, restart, expectedVersion, ...options } }, context) =>
      expecting(async () => {
        const patch = {
          ...toOptions(options),
          ...given({ restart, expectedVersion }),
          ...(settings === undefined || settings === null ? {} : { settings: toObject(settings) }),
        }
        const source = await updateDetectionSource(
          context.deps.sources,
          sourceIdOf(id),
          patch,
          originOf(context),
        )
        return { sourceId: source.sourceId }
      }),
  }),
)

builder.mutationField('deleteDetectionSource', (t) =>
  t.field({
    type: deletedRef,
    permission: 'manage_connections',
    description: 'Its detections stay, and are not kept in sync with it any more.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, context) =>
      expecting(async () => {
        await deleteDetectionSource(context.deps.sources, sourceIdOf(id), originOf(context))
        return { deletedId: String(id) }
      }),
  }),
)

builder.mutationField('checkDetectionSource', (t) =>
  t.field({
    type: checkedRef,
    permission: 'manage_connections',
    description: 'Looks at everything that will be needed, without changing anything there.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, context) =>
      expecting(async () => {
        const sourceId = sourceIdOf(id)
        return { sourceId, report: await checkSource(context.deps.sources, sourceId, originOf(context)) }
      }),
  }),
)

builder.mutationField('pauseDetectionSource', (t) =>
  t.field({
    type: payloadRef,
    permission: 'manage_connections',
    description: 'Asks it nothing until it is resumed. What there is to do waits.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, context) =>
      expecting(async () => {
        const sourceId = sourceIdOf(id)
        await pauseDetectionSource(context.deps.sources, sourceId, originOf(context))
        return { sourceId }
      }),
  }),
)

builder.mutationField('resumeDetectionSource', (t) =>
  t.field({
    type: payloadRef,
    permission: 'manage_connections',
    description: 'Asks it again, whatever it was paused for; polls it now, and tries again what was blocked.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_, { id }, context) =>
      expecting(async () => {
        const sourceId = sourceIdOf(id)
        await resumeDetectionSource(context.deps.sources, sourceId, originOf(context))
        return { sourceId }
      }),
  }),
)

interface OptionsInput {
  readonly conflicts?: 'PREFER_TRIPLINE' | 'PREFER_SOURCE' | null | undefined
  readonly pollIntervalSeconds?: number | null | undefined
  readonly requestsPerMinute?: number | null | undefined
}

function toOptions(input: OptionsInput): {
  readonly conflicts?: SourceConflictPolicy
  readonly pollIntervalMs?: number
  readonly requestsPerMinute?: number | null
} {
  const { conflicts, pollIntervalSeconds, requestsPerMinute } = given(input)
  return {
    ...(conflicts === undefined
      ? {}
      : { conflicts: conflicts === 'PREFER_SOURCE' ? 'prefer-source' : 'prefer-tripline' }),
    ...(pollIntervalSeconds === undefined ? {} : { pollIntervalMs: pollIntervalSeconds * 1_000 }),
    ...(requestsPerMinute === undefined
      ? {}
      : { requestsPerMinute: requestsPerMinute === 0 ? null : requestsPerMinute }),
  }
}

/** The row's id; for an `id` of something else a text that is no source's, which is then not found. */
function sourceIdOf(id: string): string {
  return ownId('DetectionSource', String(id)) ?? String(id)
}
