import sql from 'sql-template-tag'
import { builder } from './builder.ts'
import { detectionStatusEnum, resolutionEnum } from './enums.ts'
import { computed } from './field-options.ts'
import { nodeId, nodeInterface } from './node.ts'
import { noteConnectionRef, noteOrder } from './detection-note.ts'
import { eventConnectionRef, eventOrder } from './detection-event.ts'
import { mitreEntryRef, participantRef } from './detection-content.ts'
import { detectionRef, hidingRuleRef, ticketLinkRef } from './refs.ts'
import { sourceLinkRef } from './source-link.ts'
import { connectionSql } from './sql/connection-sql.ts'
import { elements, iso, objectList, oneObject } from './sql/field-sql.ts'
import type { SelectedRow } from './sql/row-loader.ts'
import { ticketUrlSql } from '../detections/ticket-url-sql.ts'
import { allowedTransitionsSql } from './tracking-sql.ts'

const NESTED_PAGE = 20

const assigneeRef = builder.objectRef<SelectedRow>('Assignee').implement({
  description: 'Whom a detection is assigned to.',
  fields: (t) => ({
    username: t.string(computed(sql`a.username`)),
    displayName: t.string({ nullable: true, ...computed(sql`u.display_name`) }),
    isExternal: t.boolean({
      description: 'Whether nobody here has this user name; it came from a ticket or an integration.',
      ...computed(sql`u.username is null`),
    }),
  }),
})

builder.objectType(detectionRef, {
  description: 'Something that a sensor found suspicious, and how far the work on it is.',
  interfaces: [nodeInterface],
  fields: (t) => ({
    id: t.id(nodeId('Detection')),
    detectionId: t.field({ type: 'DetectionId', ...computed(sql`d.detection_id::text`) }),
    source: t.string({
      description: 'The sensor or feed it came from.',
      ...computed(sql`d.source`),
    }),
    externalId: t.string({
      description: "The sensor's own identity of it, unique within the source.",
      ...computed(sql`d.external_id`),
    }),
    title: t.string(computed(sql`d.title`)),
    description: t.string({ nullable: true, description: 'Markdown.', ...computed(sql`d.description`) }),
    type: t.string({
      description: 'The catalogue key of its kind, for instance `expiring_cert_individual`.',
      ...computed(sql`d.type`),
    }),
    categories: t.stringList({
      description: 'Dotted names, for instance `sec.lateral`.',
      ...computed(sql`d.categories`),
    }),
    riskScore: t.int({ nullable: true, description: 'From 1 to 99.', ...computed(sql`d.risk_score`) }),
    startTime: t.field({ type: 'DateTime', ...computed(iso(sql`d.start_time`)) }),
    endTime: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'null while it is ongoing.',
      ...computed(iso(sql`d.end_time`)),
    }),
    createTime: t.field({ type: 'DateTime', ...computed(iso(sql`d.create_time`)) }),
    updateTime: t.field({
      type: 'DateTime',
      description: 'The time of the network event that last changed it.',
      ...computed(iso(sql`d.update_time`)),
    }),
    modTime: t.field({
      type: 'DateTime',
      description: 'The last modification of any kind, tracking included.',
      ...computed(iso(sql`d.mod_time`)),
    }),
    participants: t.field({
      type: [participantRef],
      ...computed((field) => objectList(field, sql`p`, elements(sql`d.participants`, sql`p`), sql`p.place`)),
    }),
    properties: t.field({
      type: 'JSON',
      description: 'Free-form details; their keys depend on the type.',
      ...computed(sql`d.properties`),
    }),
    mitreTactics: t.field({
      type: [mitreEntryRef],
      ...computed((field) => objectList(field, sql`m`, elements(sql`d.mitre_tactics`, sql`m`), sql`m.place`)),
    }),
    mitreTechniques: t.field({
      type: [mitreEntryRef],
      ...computed((field) =>
        objectList(field, sql`m`, elements(sql`d.mitre_techniques`, sql`m`), sql`m.place`),
      ),
    }),
    applianceId: t.string({
      nullable: true,
      description: 'The sensor appliance that made it, in decimal digits; 0 is the one that was asked.',
      ...computed(sql`d.appliance_id::text`),
    }),
    isUserCreated: t.boolean(computed(sql`d.is_user_created`)),
    recommended: t.boolean({ nullable: true, ...computed(sql`d.recommended`) }),
    recommendedFactors: t.stringList(computed(sql`d.recommended_factors`)),
    url: t.string({
      nullable: true,
      description: "Where to look at it in the sensor's own console.",
      ...computed(sql`d.url`),
    }),
    status: t.field({ type: detectionStatusEnum, ...computed(sql`upper(d.status)`) }),
    resolution: t.field({
      type: resolutionEnum,
      nullable: true,
      description: 'Only while it is closed.',
      ...computed(sql`upper(d.resolution)`),
    }),
    assignee: t.field({
      type: assigneeRef,
      nullable: true,
      ...computed(
        (field) =>
          sql`case when d.assignee is not null then ${oneObject(field, sql`(select d.assignee as username) a left join users u on u.username = a.username`)} end`,
      ),
    }),
    ticketId: t.string({ nullable: true, ...computed(sql`d.ticket_id`) }),
    ticketUrl: t.string({
      nullable: true,
      description:
        "The ticket's address: what its link says, else made from the tracking settings' template.",
      ...computed(ticketUrlSql),
    }),
    version: t.int({
      description: 'Grows with every change of the tracking state; see `expectedVersion`.',
      ...computed(sql`d.version`),
    }),
    isHidden: t.boolean({
      description: 'Whether a rule keeps it out of lists that do not ask for hidden detections.',
      ...computed(sql`d.hidden_by is not null`),
    }),
    hiddenBy: t.field({
      type: hidingRuleRef,
      nullable: true,
      description: 'The rule that hides it.',
      ...computed(
        (field) =>
          sql`case when d.hidden_by is not null then ${oneObject(field, sql`hiding_rules h where h.rule_id = d.hidden_by`)} end`,
      ),
    }),
    allowedTransitions: t.field({
      type: [detectionStatusEnum],
      description: 'The statuses that you may set now.',
      ...computed(allowedTransitionsSql),
    }),
    notes: t.field({
      type: noteConnectionRef,
      description: 'Newest first.',
      args: { first: t.arg.int(), after: t.arg.string() },
      ...computed((field) =>
        connectionSql(
          {
            table: sql`detection_notes`,
            row: sql`n`,
            condition: sql`n.detection_id = d.detection_id`,
            order: noteOrder,
            defaultPage: NESTED_PAGE,
          },
          field,
        ),
      ),
    }),
    timeline: t.field({
      type: eventConnectionRef,
      description: 'Every change, newest first.',
      args: { first: t.arg.int(), after: t.arg.string() },
      ...computed((field) =>
        connectionSql(
          {
            table: sql`detection_events`,
            row: sql`e`,
            condition: sql`e.detection_id = d.detection_id`,
            order: eventOrder,
            defaultPage: NESTED_PAGE,
          },
          field,
        ),
      ),
    }),
    sourceLink: t.field({
      type: sourceLinkRef,
      nullable: true,
      description: 'How its source tracks it; null: it does not come from a source that is configured here.',
      ...computed((field) => oneObject(field, sql`source_links sl where sl.detection_id = d.detection_id`)),
    }),
    ticketLinks: t.field({
      type: [ticketLinkRef],
      description: 'Its tickets, the primary one first.',
      ...computed((field) =>
        objectList(
          field,
          sql`l`,
          sql`ticket_links l where l.detection_id = d.detection_id`,
          sql`l.is_primary desc, l.created_at, l.link_id`,
        ),
      ),
    }),
  }),
})
