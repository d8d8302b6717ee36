import type { RecordedEvent } from '../ledger/event-reader.ts'
import { builder } from './builder.ts'
import { detectionFilterInput, toDetectionFilter } from './detection-filter-input.ts'
import { byHub } from './field-options.ts'
import { detectionRef, eventRef } from './refs.ts'
import { loadRow } from './rows.ts'
import { detectionTopic } from './subscriptions/detection-topic.ts'
import { encodePosition } from './subscriptions/event-cursor.ts'

const updateRef = builder.objectRef<RecordedEvent>('DetectionUpdate').implement({
  description: 'A change, and the detection as it is now.',
  fields: (t) => ({
    cursor: t.string({
      description: 'Given as `after`, a new subscription goes on behind this change.',
      resolve: ({ position }) => encodePosition(position),
    }),
    event: t.field({
      type: eventRef,
      nullable: true,
      resolve: ({ position }, _, context, info) => loadRow('DetectionEvent', position.eventId, context, info),
    }),
    detection: t.field({
      type: detectionRef,
      nullable: true,
      description: 'null when it was deleted meanwhile.',
      resolve: ({ detectionId }, _, context, info) => loadRow('Detection', detectionId, context, info),
    }),
  }),
})

builder.subscriptionField('detectionUpdated', (t) =>
  t.field({
    type: updateRef,
    permission: 'read',
    description:
      'Every change of the detections that match the filter, and of those that a change of status, resolution, assignee or ticket id, or a hiding rule, takes out of it. With `after`, a cursor of an earlier update or a `liveCursor`, nothing since then is missed and nothing is repeated; without it, it begins now.',
    args: { filter: t.arg({ type: detectionFilterInput }), after: t.arg.string() },
    topic: (args, viewer) =>
      detectionTopic(
        toDetectionFilter(
          args['filter'] as typeof detectionFilterInput.$inferInput | null | undefined,
          viewer,
        ),
      ),
    subscribe: byHub,
    resolve: (event) => event as RecordedEvent,
  }),
)
