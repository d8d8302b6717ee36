import sql, { type Sql } from 'sql-template-tag'
import { builder } from './builder.ts'
import { findingRef } from './ticketing-connection.ts'
import { computed } from './field-options.ts'
import { nodeId } from './node.ts'
import { streamTargetRef } from './refs.ts'
import { connectionSql } from './sql/connection-sql.ts'
import { elements, iso, objectList, oneObject } from './sql/field-sql.ts'
import type { SelectedRow } from './sql/row-loader.ts'
import { streamMessageConnectionRef, streamMessageOrder, streamMessageStateEnum } from './stream-message.ts'
import { streamKindEnum } from './stream-plugin.ts'

const PAGE = 20

/** Something that went wrong, and when; its row is called `sf`. */
const faultRef = builder.objectRef<SelectedRow>('StreamFault').implement({
  description: 'Something that went wrong.',
  fields: (t) => ({
    code: t.string({ nullable: true, ...computed(sql`sf.value ->> 'code'`) }),
    message: t.string({
      description: 'For people.',
      ...computed(sql`coalesce(sf.value ->> 'message', sf.value ->> 'reason')`),
    }),
    at: t.field({ type: 'DateTime', ...computed(iso(sql`(sf.value ->> 'at')::timestamptz`)) }),
  }),
})

/** What the last check of a target found; its row is the target's. */
const checkRef = builder.objectRef<SelectedRow>('StreamTargetCheck').implement({
  description: 'What the last check of a target found.',
  fields: (t) => ({
    at: t.field({ type: 'DateTime', ...computed(iso(sql`(st.last_check ->> 'at')::timestamptz`)) }),
    findings: t.field({
      type: [findingRef],
      ...computed((field) =>
        objectList(field, sql`f`, elements(sql`st.last_check -> 'findings'`, sql`f`), sql`f.place`),
      ),
    }),
  }),
})

function faultSql(column: Sql): ReturnType<typeof computed> {
  return computed(
    (field) =>
      sql`case when ${column} is not null then ${oneObject(field, sql`(select ${column} as value) sf`)} end`,
  )
}

builder.objectType(streamTargetRef, {
  description: 'Where messages of triggers and notification rules are sent. Secrets are never shown.',
  fields: (t) => ({
    id: t.id(nodeId('StreamTarget')),
    kind: t.field({ type: streamKindEnum, ...computed(sql`upper(st.kind)`) }),
    name: t.string({
      description: 'Unique among the targets of its kind; what senders call it by.',
      ...computed(sql`st.name`),
    }),
    settings: t.field({ type: 'JSON', ...computed(sql`st.settings`) }),
    secretNames: t.stringList({
      description: 'The secret settings that have a value, as paths such as `authentication.password`.',
      ...computed(
        sql`(select coalesce(jsonb_agg(name order by name), '[]') from jsonb_object_keys(st.secrets) name)`,
      ),
    }),
    enabled: t.boolean(computed(sql`st.enabled`)),
    maxWaiting: t.int({
      description: 'With so many messages waiting, no more are taken.',
      ...computed(sql`st.max_waiting`),
    }),
    maxAttempts: t.int({
      description: 'After so many failures of its own, a message is put aside.',
      ...computed(sql`st.max_attempts`),
    }),
    waitingCount: t.int(
      computed(
        sql`(select count(*)::integer from stream_messages m where m.target_id = st.target_id and m.state = 'waiting')`,
      ),
    ),
    oldestWaitingAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the message was queued that is sent next.',
      ...computed(
        iso(
          sql`(select m.queued_at from stream_messages m where m.target_id = st.target_id and m.state = 'waiting' order by m.message_id limit 1)`,
        ),
      ),
    }),
    deadCount: t.int(
      computed(
        sql`(select count(*)::integer from stream_messages m where m.target_id = st.target_id and m.state = 'dead')`,
      ),
    ),
    deliveredCount: t.float(computed(sql`st.delivered`)),
    deliveredAt: t.field({ type: 'DateTime', nullable: true, ...computed(iso(sql`st.delivered_at`)) }),
    refusedCount: t.float({
      description: 'How many messages were not taken into the queue.',
      ...computed(sql`st.refused`),
    }),
    lastRefusal: t.field({ type: faultRef, nullable: true, ...faultSql(sql`st.last_refusal`) }),
    failures: t.int({
      description: 'How often in a row it could not be sent to; 0: all is well.',
      ...computed(sql`st.failures`),
    }),
    lastFault: t.field({ type: faultRef, nullable: true, ...faultSql(sql`st.last_fault`) }),
    notBefore: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'It is left alone until then.',
      ...computed(iso(sql`st.not_before`)),
    }),
    lastCheck: t.field({
      type: checkRef,
      nullable: true,
      ...computed((field) => sql`case when st.last_check is not null then ${field.object()} end`),
    }),
    messages: t.field({
      type: streamMessageConnectionRef,
      description: 'In the order in which they are sent.',
      args: {
        state: t.arg({ type: streamMessageStateEnum, required: true }),
        first: t.arg.int(),
        after: t.arg.string(),
      },
      ...computed((field) =>
        connectionSql(
          {
            table: sql`stream_messages`,
            row: sql`sm`,
            condition: sql`sm.target_id = st.target_id and sm.state = lower(${field.args['state']}::text)`,
            order: streamMessageOrder,
            defaultPage: PAGE,
          },
          field,
        ),
      ),
    }),
    version: t.int(computed(sql`st.version`)),
    createdAt: t.field({ type: 'DateTime', ...computed(iso(sql`st.created_at`)) }),
    updatedAt: t.field({ type: 'DateTime', ...computed(iso(sql`st.updated_at`)) }),
  }),
})
