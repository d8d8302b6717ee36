import sql, { type Sql } from 'sql-template-tag'
import { permissions } from '../access/principal.ts'
import { builder } from './builder.ts'
import { linkSyncStateEnum } from './enums.ts'
import { computed } from './field-options.ts'
import { nodeId, nodeInterface } from './node.ts'
import { connectionRef } from './refs.ts'
import { iso, objectList, ViewerValue, oneObject } from './sql/field-sql.ts'
import type { SelectedRow } from './sql/row-loader.ts'
import { reasonRef } from './sync-state.ts'

const mayManage = new ViewerValue((viewer) => permissions[viewer.role].includes('manage_connections'))

/** What only those see who manage connections. */
export function managed(expression: Sql): Sql {
  return sql`case when ${mayManage}::boolean then ${expression} end`
}

export const findingRef = builder.objectRef<SelectedRow>('ConnectionFinding').implement({
  description: 'One thing that was found while checking a connection.',
  fields: (t) => ({
    severity: t.string({
      description: '`ok`, `warning` or `error`.',
      ...computed(sql`f.value ->> 'severity'`),
    }),
    subject: t.string({
      description: 'What was looked at, stable, for instance `permission:CREATE_ISSUES`.',
      ...computed(sql`f.value ->> 'subject'`),
    }),
    message: t.string(computed(sql`f.value ->> 'message'`)),
    remedy: t.string({ nullable: true, ...computed(sql`f.value ->> 'remedy'`) }),
  }),
})

const checkRef = builder.objectRef<SelectedRow>('ConnectionCheck').implement({
  description: 'What the last check of a connection found.',
  fields: (t) => ({
    at: t.field({ type: 'DateTime', ...computed(iso(sql`(c.last_check ->> 'at')::timestamptz`)) }),
    product: t.string({ nullable: true, ...computed(sql`c.last_check ->> 'product'`) }),
    account: t.string({
      nullable: true,
      description: 'Who we are there.',
      ...computed(sql`c.last_check -> 'account' ->> 'name'`),
    }),
    findings: t.field({
      type: [findingRef],
      ...computed((field) =>
        objectList(
          field,
          sql`f`,
          sql`jsonb_array_elements(coalesce(c.last_check -> 'findings', '[]')) with ordinality f(value, place)`,
          sql`f.place`,
        ),
      ),
    }),
  }),
})

const watchRef = builder.objectRef<SelectedRow>('ConnectionWatch').implement({
  description: 'How a ticketing system is listened to that tells of changes by itself.',
  fields: (t) => ({
    since: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is listened to; null: it is not now.',
      ...computed(iso(sql`case when c.enabled and c.paused_reason is null then w.watched_since end`)),
    }),
    lastHeardAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it last answered, be it that nothing had changed.',
      ...computed(iso(sql`w.last_heard_at`)),
    }),
    lastChangeAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it last told of a ticket that changed.',
      ...computed(iso(sql`w.last_change_at`)),
    }),
    lastError: t.field({
      type: reasonRef,
      nullable: true,
      description: 'Why it is not listened to, or was not the last time.',
      ...computed(
        (field) =>
          sql`case when w.last_error is not null then (select ${field.object()} from (select w.last_error as value) r) end`,
      ),
    }),
    nextAttemptAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it is tried again.',
      ...computed(iso(sql`w.not_before`)),
    }),
  }),
})

const linkCountRef = builder.objectRef<SelectedRow>('TicketLinkCount').implement({
  fields: (t) => ({
    syncState: t.field({ type: linkSyncStateEnum, ...computed(sql`upper(s.sync_state)`) }),
    count: t.int(computed(sql`s.count`)),
  }),
})

builder.objectType(connectionRef, {
  description:
    'A configured ticketing system. Settings, mappings and rules are null for those who do not manage connections; secrets are never shown.',
  interfaces: [nodeInterface],
  fields: (t) => ({
    id: t.id(nodeId('TicketingConnection')),
    name: t.string(computed(sql`c.name`)),
    plugin: t.string({ description: 'The name of a ticketing plugin.', ...computed(sql`c.plugin`) }),
    settings: t.field({ type: 'JSON', nullable: true, ...computed(managed(sql`c.settings`)) }),
    secretNames: t.stringList({
      description: 'The secret settings that have a value.',
      ...computed(
        sql`(select coalesce(jsonb_agg(name order by name), '[]') from jsonb_object_keys(c.secrets) name)`,
      ),
    }),
    mappings: t.field({ type: 'JSON', nullable: true, ...computed(managed(sql`c.mappings`)) }),
    rules: t.field({ type: 'JSON', nullable: true, ...computed(managed(sql`c.rules`)) }),
    policies: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Recurrence, and how much the ticketing system is asked.',
      ...computed(managed(sql`c.policies`)),
    }),
    webhookPath: t.string({
      nullable: true,
      description: 'Where the ticketing system sends its webhooks, below the address of this server.',
      ...computed(managed(sql`'/hooks/' || c.webhook_token`)),
    }),
    enabled: t.boolean(computed(sql`c.enabled`)),
    pausedReason: t.field({
      type: reasonRef,
      nullable: true,
      description: 'Why no calls are made now.',
      ...computed(
        (field) =>
          sql`case when c.paused_reason is not null then ${oneObject(field, sql`(select c.paused_reason as value) r`)} end`,
      ),
    }),
    notBefore: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The other side asked for no calls before.',
      ...computed(iso(sql`c.not_before`)),
    }),
    polledUpTo: t.field({ type: 'DateTime', nullable: true, ...computed(iso(sql`c.polled_up_to`)) }),
    watch: t.field({
      type: watchRef,
      nullable: true,
      description:
        'How it is listened to; null: the plugin cannot, its settings do not ask for it, or it never was yet.',
      ...computed(
        (field) =>
          sql`(select ${field.object()} from connection_watches w where w.connection_id = c.connection_id)`,
      ),
    }),
    lastCheck: t.field({
      type: checkRef,
      nullable: true,
      ...computed((field) => sql`case when c.last_check is not null then ${field.object()} end`),
    }),
    linkCounts: t.field({
      type: [linkCountRef],
      description: 'How many of its links are in each sync state.',
      ...computed((field) =>
        objectList(
          field,
          sql`s`,
          sql`(
            select l.sync_state, count(*)::integer as count from ticket_links l
            where l.connection_id = c.connection_id group by l.sync_state
          ) s`,
          sql`s.sync_state`,
        ),
      ),
    }),
    version: t.int(computed(sql`c.version`)),
    createdAt: t.field({ type: 'DateTime', ...computed(iso(sql`c.created_at`)) }),
    updatedAt: t.field({ type: 'DateTime', ...computed(iso(sql`c.updated_at`)) }),
  }),
})
