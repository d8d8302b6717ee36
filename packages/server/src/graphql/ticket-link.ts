import sql from 'sql-template-tag'
import { builder } from './builder.ts'
import { linkStateEnum, linkSyncStateEnum, ticketStatusCategoryEnum } from './enums.ts'
import { computed } from './field-options.ts'
import { nodeId, nodeInterface } from './node.ts'
import { connectionRef, detectionRef, ticketLinkRef } from './refs.ts'
import { elements, iso, objectList, oneObject } from './sql/field-sql.ts'
import type { SelectedRow } from './sql/row-loader.ts'
import { conflictRef, reasonRef } from './sync-state.ts'

const ticketStatusRef = builder.objectRef<SelectedRow>('TicketStatus').implement({
  description: 'A status in the words of the ticketing system.',
  fields: (t) => ({
    id: t.string(computed(sql`l.ticket -> 'status' ->> 'id'`)),
    name: t.string(computed(sql`l.ticket -> 'status' ->> 'name'`)),
    category: t.field({
      type: ticketStatusCategoryEnum,
      ...computed(sql`upper(l.ticket -> 'status' ->> 'category')`),
    }),
  }),
})

const ticketRef = builder.objectRef<SelectedRow>('Ticket').implement({
  description: 'A ticket as it was last read.',
  fields: (t) => ({
    key: t.string(computed(sql`l.ticket ->> 'key'`)),
    url: t.string(computed(sql`l.ticket ->> 'url'`)),
    container: t.string({
      description: 'The project, queue or table it is in.',
      ...computed(sql`l.ticket ->> 'container'`),
    }),
    summary: t.string({ nullable: true, ...computed(sql`l.ticket -> 'content' ->> 'summary'`) }),
    status: t.field({ type: ticketStatusRef, ...computed((field) => field.object()) }),
    resolution: t.string({ nullable: true, ...computed(sql`l.ticket -> 'resolution' ->> 'name'`) }),
    assignee: t.string({
      nullable: true,
      description: 'What the ticketing system calls the account.',
      ...computed(sql`l.ticket -> 'assignee' ->> 'name'`),
    }),
    updatedAt: t.field({
      type: 'DateTime',
      ...computed(iso(sql`(l.ticket ->> 'updatedAt')::timestamptz`)),
    }),
  }),
})

builder.objectType(ticketLinkRef, {
  description: 'The link between a detection and its ticket in one connection, and how the sync stands.',
  interfaces: [nodeInterface],
  fields: (t) => ({
    id: t.id(nodeId('TicketLink')),
    detection: t.field({
      type: detectionRef,
      ...computed((field) => oneObject(field, sql`detections d where d.detection_id = l.detection_id`)),
    }),
    connection: t.field({
      type: connectionRef,
      ...computed((field) =>
        oneObject(field, sql`ticketing_connections c where c.connection_id = l.connection_id`),
      ),
    }),
    state: t.field({ type: linkStateEnum, ...computed(sql`upper(l.state)`) }),
    syncState: t.field({ type: linkSyncStateEnum, ...computed(sql`upper(l.sync_state)`) }),
    reason: t.field({
      type: reasonRef,
      nullable: true,
      description: 'Why it is not in sync.',
      ...computed(
        (field) =>
          sql`case when l.reason is not null then ${oneObject(field, sql`(select l.reason as value) r`)} end`,
      ),
    }),
    isPrimary: t.boolean({
      description: "Whether its ticket id is the detection's.",
      ...computed(sql`l.is_primary`),
    }),
    ruleName: t.string({
      nullable: true,
      description: 'The rule that asked for the ticket; null: a person did.',
      ...computed(sql`l.rule_name`),
    }),
    ticketKey: t.string({ nullable: true, ...computed(sql`l.ticket_key`) }),
    ticketUrl: t.string({ nullable: true, ...computed(sql`l.ticket_url`) }),
    ticket: t.field({
      type: ticketRef,
      nullable: true,
      ...computed((field) => sql`case when l.ticket is not null then ${field.object()} end`),
    }),
    conflicts: t.field({
      type: [conflictRef],
      ...computed((field) => objectList(field, sql`k`, elements(sql`l.conflicts`, sql`k`), sql`k.place`)),
    }),
    attempts: t.int({ description: 'Failures in a row.', ...computed(sql`l.attempts`) }),
    nextAttemptAt: t.field({ type: 'DateTime', nullable: true, ...computed(iso(sql`l.next_attempt_at`)) }),
    lastVerifiedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the ticket was last read.',
      ...computed(iso(sql`l.last_verified_at`)),
    }),
    createdAt: t.field({ type: 'DateTime', ...computed(iso(sql`l.created_at`)) }),
    updatedAt: t.field({ type: 'DateTime', ...computed(iso(sql`l.updated_at`)) }),
  }),
})
