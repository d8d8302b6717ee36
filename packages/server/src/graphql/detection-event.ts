import sql from 'sql-template-tag'
import { builder } from './builder.ts'
import { connectionType } from './connections.ts'
import { actorKindEnum, detectionStatusEnum, eventKindEnum, resolutionEnum } from './enums.ts'
import { computed } from './field-options.ts'
import { connectionRef, eventRef, noteRef } from './refs.ts'
import { conflictRef, reasonRef } from './sync-state.ts'
import { iso, literal, oneObject } from './sql/field-sql.ts'
import { integerKey, type ListOrder } from './sql/list-order.ts'
import type { SelectedRow } from './sql/row-loader.ts'

const actorRef = builder.objectRef<SelectedRow>('Actor').implement({
  description: 'Who made a change.',
  fields: (t) => ({
    kind: t.field({ type: actorKindEnum, ...computed(sql`upper(e.actor ->> 'kind')`) }),
    name: t.string(computed(sql`e.actor ->> 'name'`)),
  }),
})

const trackingStateRef = builder.objectRef<SelectedRow>('TrackingState').implement({
  description: 'What people and tickets change about a detection, at one moment.',
  fields: (t) => ({
    status: t.field({ type: detectionStatusEnum, ...computed(sql`upper(t.value ->> 'status')`) }),
    resolution: t.field({
      type: resolutionEnum,
      nullable: true,
      ...computed(sql`upper(t.value ->> 'resolution')`),
    }),
    assignee: t.string({ nullable: true, ...computed(sql`t.value ->> 'assignee'`) }),
    ticketId: t.string({ nullable: true, ...computed(sql`t.value ->> 'ticketId'`) }),
  }),
})

builder.objectType(eventRef, {
  description: 'One change, as the ledger has it.',
  fields: (t) => ({
    id: t.id(computed(sql`${literal('DetectionEvent:')} || e.event_id`)),
    kind: t.field({ type: eventKindEnum, ...computed(sql`e.kind`) }),
    at: t.field({ type: 'DateTime', ...computed(iso(sql`e.at`)) }),
    actor: t.field({ type: actorRef, ...computed((field) => field.object()) }),
    traceId: t.string({
      description: 'Names the chain of work: one request, one job, one ingested batch.',
      ...computed(sql`e.trace_id`),
    }),
    connection: t.field({
      type: connectionRef,
      nullable: true,
      description: 'The ticketing connection it came from; null: it came from here.',
      ...computed((field) =>
        oneObject(field, sql`ticketing_connections c where c.connection_id = e.connection_id`),
      ),
    }),
    change: t.field({
      type: 'JSON',
      description: 'All that is kept of the change; its members depend on the kind.',
      ...computed(sql`e.change`),
    }),
    before: t.field({
      type: trackingStateRef,
      nullable: true,
      description: 'Of `TRACKING_CHANGED`.',
      ...computed(
        (field) =>
          sql`case when e.kind = 'TRACKING_CHANGED' then ${oneObject(field, sql`(select e.change -> 'before' as value) t`)} end`,
      ),
    }),
    after: t.field({
      type: trackingStateRef,
      nullable: true,
      description: 'Of `TRACKING_CHANGED`.',
      ...computed(
        (field) =>
          sql`case when e.kind = 'TRACKING_CHANGED' then ${oneObject(field, sql`(select e.change -> 'after' as value) t`)} end`,
      ),
    }),
    fields: t.stringList({
      nullable: true,
      description: 'Which fields of the detection or of the ticket were changed.',
      ...computed(sql`e.change -> 'fields'`),
    }),
    note: t.field({
      type: noteRef,
      nullable: true,
      description: 'Of `NOTE_ADDED` and `COMMENT_WRITTEN`.',
      ...computed(
        (field) =>
          sql`case when e.change ? 'noteId' then ${oneObject(field, sql`detection_notes n where n.note_id = (e.change ->> 'noteId')::uuid`)} end`,
      ),
    }),
    ticketKey: t.string({ nullable: true, ...computed(sql`e.change ->> 'ticketKey'`) }),
    ticketUrl: t.string({ nullable: true, ...computed(sql`e.change ->> 'ticketUrl'`) }),
    reason: t.field({
      type: reasonRef,
      nullable: true,
      description: 'Why the sync stopped.',
      ...computed(
        (field) =>
          sql`case when jsonb_typeof(e.change -> 'reason') = 'object' then ${oneObject(field, sql`(select e.change -> 'reason' as value) r`)} end`,
      ),
    }),
    conflict: t.field({
      type: conflictRef,
      nullable: true,
      description: 'Of `SYNC_CONFLICT`.',
      ...computed(
        (field) =>
          sql`case when jsonb_typeof(e.change -> 'conflict') = 'object' then ${oneObject(field, sql`(select e.change -> 'conflict' as value) k`)} end`,
      ),
    }),
  }),
})

/** Newest first. */
export const eventOrder: ListOrder = [
  { name: 'event', column: sql`e.event_id`, descending: true, kind: integerKey },
]

export const eventConnectionRef = connectionType('DetectionEvent', eventRef)
