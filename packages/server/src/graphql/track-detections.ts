import { InvalidInput, parseTrackingChange, type TrackingChange } from '@tripline/core'
import { trackDetections, type TrackingRequest, type TrackingResult } from '../detections/track-detections.ts'
import { builder } from './builder.ts'
import { detectionStatusEnum, plain, resolutionEnum } from './enums.ts'
import { expectedErrorRef, expecting, failed, type Payload } from './expected-errors.ts'
import { actorKindOf, originOf } from './origin.ts'
import { detectionRef } from './refs.ts'
import { loadRow } from './rows.ts'

const MOST_ITEMS = 1_000

const itemInput = builder.inputType('DetectionTrackingItemInput', {
  description: 'A change of one detection. What is absent is unchanged; null removes a value.',
  fields: (t) => ({
    detectionId: t.field({ type: 'DetectionId', required: true }),
    status: t.field({ type: detectionStatusEnum }),
    resolution: t.field({ type: resolutionEnum }),
    assignee: t.string(),
    ticketId: t.string(),
    expectedVersion: t.int({ description: 'Refuses the change when the detection is at another version.' }),
  }),
})

const input = builder.inputType('UpdateDetectionTrackingInput', {
  description:
    'One change for all of `detectionIds`, or `items` with a change each. What is absent is unchanged; null removes a value.',
  fields: (t) => ({
    detectionIds: t.field({ type: ['DetectionId'] }),
    status: t.field({ type: detectionStatusEnum }),
    resolution: t.field({ type: resolutionEnum }),
    assignee: t.string(),
    ticketId: t.string(),
    expectedVersion: t.int({ description: 'Refuses the change when the detection is at another version.' }),
    items: t.field({ type: [itemInput] }),
  }),
})

const resultRef = builder.objectRef<TrackingResult>('DetectionTrackingResult').implement({
  fields: (t) => ({
    detectionId: t.field({ type: 'DetectionId', resolve: ({ detectionId }) => detectionId }),
    changed: t.boolean({ resolve: (result) => result.error === null && result.changed }),
    detection: t.field({
      type: detectionRef,
      nullable: true,
      description: 'As it is now, also when the change was refused.',
      resolve: ({ detectionId }, _, context, info) => loadRow('Detection', detectionId, context, info),
    }),
    error: t.field({ type: expectedErrorRef, nullable: true, resolve: ({ error }) => failed(error) }),
  }),
})

const payloadRef = builder
  .objectRef<Payload<{ results: readonly TrackingResult[] }>>('UpdateDetectionTrackingPayload')
  .implement({
    fields: (t) => ({
      results: t.field({
        type: [resultRef],
        description: 'One for each detection, in the order of the input.',
        resolve: ({ results }) => results ?? [],
      }),
      error: t.field({
        type: expectedErrorRef,
        nullable: true,
        description: 'Why nothing was tried at all.',
        resolve: ({ error }) => failed(error),
      }),
    }),
  })

builder.mutationField('updateDetectionTracking', (t) =>
  t.field({
    type: payloadRef,
    permission: 'track',
    description: `Sets status, resolution, assignee or ticket id of ${MOST_ITEMS} detections at most, each by itself: one that is refused does not keep the others from being changed.`,
    args: { input: t.arg({ type: input, required: true }) },
    resolve: (_, args, context) =>
      expecting(async () => {
        const requests = toRequests(args.input)
        return {
          results: await trackDetections(
            context.deps.database,
            requests,
            actorKindOf(context),
            originOf(context),
          ),
        }
      }),
  }),
)

function toRequests({
  detectionIds,
  items,
  ...change
}: typeof input.$inferInput): readonly TrackingRequest[] {
  if ((detectionIds ?? null) !== null && (items ?? null) !== null) {
    throw refusal('items', 'detectionIds and items cannot be given together')
  }
  const all = items ?? detectionIds?.map((detectionId) => ({ detectionId, ...change })) ?? []
  if (all.length === 0) throw refusal('detectionIds', 'Give detectionIds or items')
  if (all.length > MOST_ITEMS) {
    throw refusal(
      items ? 'items' : 'detectionIds',
      `${MOST_ITEMS} detections are the most at once, not ${all.length}`,
    )
  }
  return all.map(({ detectionId, expectedVersion, ...fields }) => ({
    detectionId,
    expectedVersion: expectedVersion ?? undefined,
    change: toChange(fields),
  }))
}

function toChange({
  status,
  resolution,
  ...rest
}: Omit<typeof itemInput.$inferInput, 'detectionId' | 'expectedVersion'>): TrackingChange {
  return parseTrackingChange({
    ...rest,
    ...(status === undefined ? {} : { status: status && plain(status) }),
    ...(resolution === undefined ? {} : { resolution: resolution && plain(resolution) }),
  })
}

function refusal(path: string, message: string): InvalidInput {
  return new InvalidInput(`${message}.`, [{ path, message }])
}
