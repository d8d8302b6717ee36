import sql from 'sql-template-tag'
import { builder } from './builder.ts'
import { connectionType } from './connections.ts'
import { computed } from './field-options.ts'
import { streamMessageRef } from './refs.ts'
import { iso } from './sql/field-sql.ts'
import { integerKey, type ListOrder } from './sql/list-order.ts'

export const streamMessageStateEnum = builder.enumType('StreamMessageState', {
  description: '`WAITING`: will be sent; `DEAD`: was put aside, until somebody replays or drops it.',
  values: ['WAITING', 'DEAD'] as const,
})

builder.objectType(streamMessageRef, {
  description: 'A message for a target of an open data stream. Messages that were sent are gone.',
  fields: (t) => ({
    messageId: t.id(computed(sql`sm.message_id::text`)),
    state: t.field({ type: streamMessageStateEnum, ...computed(sql`upper(sm.state)`) }),
    message: t.field({ type: 'JSON', ...computed(sql`sm.message`) }),
    size: t.int({ description: 'In bytes, as JSON.', ...computed(sql`sm.size`) }),
    source: t.field({ type: 'JSON', description: 'Who sent it.', ...computed(sql`sm.source`) }),
    attempts: t.int({ description: 'How often its delivery has failed.', ...computed(sql`sm.attempts`) }),
    fault: t.string({ nullable: true, description: 'Why, the last time.', ...computed(sql`sm.fault`) }),
    queuedAt: t.field({ type: 'DateTime', ...computed(iso(sql`sm.queued_at`)) }),
    deadAt: t.field({ type: 'DateTime', nullable: true, ...computed(iso(sql`sm.dead_at`)) }),
  }),
})

/** In the order in which they are sent. */
export const streamMessageOrder: ListOrder = [
  { name: 'id', column: sql`sm.message_id`, descending: false, kind: integerKey },
]

export const streamMessageConnectionRef = connectionType('StreamMessage', streamMessageRef)
