import { detectionStatuses, trackingMode, type DetectionStatus, type TrackingSettings } from '@tripline/core'
import { getTrackingSettings } from '../tracking/tracking-settings-store.ts'
import {
  previewTrackingSettings,
  updateTrackingSettings,
  type TrackingConversion,
  type TrackingSettingsPatch,
} from '../tracking/tracking-settings.ts'
import { builder } from './builder.ts'
import { detectionStatusEnum, plain } from './enums.ts'
import { expectedErrorRef, expecting, failed, type Payload } from './expected-errors.ts'
import { originOf } from './origin.ts'

const upper = (status: DetectionStatus): Uppercase<DetectionStatus> =>
  status.toUpperCase() as Uppercase<DetectionStatus>

const trackingModeEnum = builder.enumType('TrackingMode', {
  description: 'Who tracks detections: people here, tickets and integrations, both, or neither.',
  values: ['INTERNAL', 'EXTERNAL', 'BOTH', 'NEITHER'] as const,
})

const transitionRef = builder
  .objectRef<{ readonly from: DetectionStatus; readonly to: readonly DetectionStatus[] }>('StatusTransitions')
  .implement({
    fields: (t) => ({
      from: t.field({ type: detectionStatusEnum, resolve: ({ from }) => upper(from) }),
      to: t.field({ type: [detectionStatusEnum], resolve: ({ to }) => to.map(upper) }),
    }),
  })

const settingsRef = builder.objectRef<TrackingSettings>('TrackingSettings').implement({
  description: 'How detections are tracked, for the whole installation.',
  fields: (t) => ({
    internalTracking: t.exposeBoolean('internalTracking', {
      description: 'People track detections here.',
    }),
    externalTracking: t.exposeBoolean('externalTracking', {
      description: 'Integrations and ticketing systems track detections.',
    }),
    mode: t.field({
      type: trackingModeEnum,
      resolve: (settings) =>
        trackingMode(settings).toUpperCase() as 'INTERNAL' | 'EXTERNAL' | 'BOTH' | 'NEITHER',
    }),
    ticketUrlTemplate: t.exposeString('ticketUrlTemplate', {
      nullable: true,
      description: 'The address of a ticket with `$ticket_id` in it.',
    }),
    transitions: t.field({
      type: [transitionRef],
      description: 'Which status may follow which.',
      resolve: ({ transitions }) => detectionStatuses.map((from) => ({ from, to: transitions[from] })),
    }),
  }),
})

const conversionRef = builder.objectRef<TrackingConversion>('TrackingConversion').implement({
  description: 'What turning external tracking off converts, or turning it on could re-attach.',
  fields: (t) => ({
    statusesConverted: t.exposeInt('statusesConverted', {
      description: 'Detections whose status `NEW` becomes `OPEN`.',
    }),
    linksDetached: t.exposeInt('linksDetached'),
    linksReattachable: t.exposeInt('linksReattachable', {
      description: 'Links that an earlier conversion detached and that can be followed again.',
    }),
  }),
})

interface Change {
  readonly settings: TrackingSettings
  readonly conversion: TrackingConversion
}

const payloadRef = builder.objectRef<Payload<Change>>('UpdateTrackingSettingsPayload').implement({
  fields: (t) => ({
    settings: t.field({
      type: settingsRef,
      nullable: true,
      description: 'As they are now, or would be.',
      resolve: ({ settings }) => settings ?? null,
    }),
    conversion: t.field({
      type: conversionRef,
      nullable: true,
      resolve: ({ conversion }) => conversion ?? null,
    }),
    error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
  }),
})

const transitionInput = builder.inputType('StatusTransitionsInput', {
  fields: (t) => ({
    from: t.field({ type: detectionStatusEnum, required: true }),
    to: t.field({ type: [detectionStatusEnum], required: true }),
  }),
})

const input = builder.inputType('UpdateTrackingSettingsInput', {
  description: 'What is absent is unchanged.',
  fields: (t) => ({
    internalTracking: t.boolean(),
    externalTracking: t.boolean(),
    ticketUrlTemplate: t.string({ description: 'null removes it.' }),
    transitions: t.field({
      type: [transitionInput],
      description: 'A whole table; a status that is not named leads nowhere.',
    }),
    reattach: t.boolean({
      defaultValue: false,
      description:
        'When external tracking is turned on: follow again the links that turning it off detached.',
    }),
    dryRun: t.boolean({ defaultValue: false, description: 'Only say what would happen.' }),
  }),
})

builder.queryField('trackingSettings', (t) =>
  t.field({
    type: settingsRef,
    permission: 'read',
    resolve: (_, _args, { deps }) => getTrackingSettings(deps.database),
  }),
)

builder.mutationField('updateTrackingSettings', (t) =>
  t.field({
    type: payloadRef,
    permission: 'manage_settings',
    args: { input: t.arg({ type: input, required: true }) },
    resolve: (_, args, context) =>
      expecting(() => {
        const { database } = context.deps
        const patch = toPatch(args.input)
        if (args.input.dryRun === true) return previewTrackingSettings(database, patch)
        const options = { reattach: args.input.reattach === true }
        return updateTrackingSettings(database, patch, options, originOf(context))
      }),
  }),
)

function toPatch({
  internalTracking,
  externalTracking,
  ticketUrlTemplate,
  transitions,
}: typeof input.$inferInput): TrackingSettingsPatch {
  return {
    ...(typeof internalTracking === 'boolean' ? { internalTracking } : {}),
    ...(typeof externalTracking === 'boolean' ? { externalTracking } : {}),
    ...(ticketUrlTemplate === undefined ? {} : { ticketUrlTemplate }),
    ...(transitions ? { transitions: toTable(transitions) } : {}),
  }
}

function toTable(rows: readonly (typeof transitionInput.$inferInput)[]): TrackingSettings['transitions'] {
  const targets = (from: DetectionStatus): DetectionStatus[] =>
    rows.filter((row) => plain(row.from) === from).flatMap((row) => row.to.map(plain))
  return {
    open: targets('open'),
    new: targets('new'),
    acknowledged: targets('acknowledged'),
    in_progress: targets('in_progress'),
    closed: targets('closed'),
  }
}
