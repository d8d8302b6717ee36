import { sourceConflictPolicies } from '@tripline/core'
import sql from 'sql-template-tag'
import { builder } from './builder.ts'
import { linkSyncStateEnum } from './enums.ts'
import { computed } from './field-options.ts'
import { nodeId } from './node.ts'
import { detectionSourceRef } from './refs.ts'
import { elements, iso, objectList, oneObject } from './sql/field-sql.ts'
import type { SelectedRow } from './sql/row-loader.ts'
import { reasonRef } from './sync-state.ts'
import { findingRef, managed } from './ticketing-connection.ts'

type PolicyName = 'PREFER_TRIPLINE' | 'PREFER_SOURCE'

export const sourceConflictPolicyEnum = builder.enumType('SourceConflictPolicy', {
  description: 'Whose value goes on when both sides changed the same field.',
  values: sourceConflictPolicies.map((policy) => policy.toUpperCase().replace('-', '_') as PolicyName),
})

const stateEnum = builder.enumType('DetectionSourceState', {
  description:
    '`STARTING`: not polled yet; `FETCHING`: there is more than was fetched; `CURRENT`: at the last poll nothing was left; `FAILING`: the last poll failed, and is tried again; `PAUSED`: it is not asked.',
  values: ['STARTING', 'FETCHING', 'CURRENT', 'FAILING', 'PAUSED'] as const,
})

/** Something that went wrong, and when; its row is called `sf`. */
const faultRef = builder.objectRef<SelectedRow>('SourceFault').implement({
  description: 'Something that went wrong.',
  fields: (t) => ({
    code: t.string({ nullable: true, ...computed(sql`sf.value ->> 'code'`) }),
    message: t.string({ description: 'For people.', ...computed(sql`sf.value ->> 'message'`) }),
    at: t.field({ type: 'DateTime', ...computed(iso(sql`(sf.value ->> 'at')::timestamptz`)) }),
  }),
})

/** What the last check of a source found; its row is the source's. */
const checkRef = builder.objectRef<SelectedRow>('DetectionSourceCheck').implement({
  description: 'What the last check of a source found.',
  fields: (t) => ({
    at: t.field({ type: 'DateTime', ...computed(iso(sql`(ds.last_check ->> 'at')::timestamptz`)) }),
    product: t.string({ nullable: true, ...computed(sql`ds.last_check ->> 'product'`) }),
    findings: t.field({
      type: [findingRef],
      ...computed((field) =>
        objectList(field, sql`f`, elements(sql`ds.last_check -> 'findings'`, sql`f`), sql`f.place`),
      ),
    }),
  }),
})

const countRef = builder.objectRef<SelectedRow>('SourceLinkCount').implement({
  fields: (t) => ({
    syncState: t.field({ type: linkSyncStateEnum, ...computed(sql`upper(s.sync_state)`) }),
    count: t.int(computed(sql`s.count`)),
  }),
})

builder.objectType(detectionSourceRef, {
  description:
    'A sensor or console that detections are fetched from, and that shows how they are tracked. Settings are null for those who do not manage connections; secrets are never shown.',
  fields: (t) => ({
    id: t.id(nodeId('DetectionSource')),
    name: t.string({ description: 'The `source` of its detections.', ...computed(sql`ds.name`) }),
    plugin: t.string({ description: 'The name of a source plugin.', ...computed(sql`ds.plugin`) }),
    settings: t.field({ type: 'JSON', nullable: true, ...computed(managed(sql`ds.settings`)) }),
    secretNames: t.stringList({
      description: 'The secret settings that have a value.',
      ...computed(
        sql`(select coalesce(jsonb_agg(name order by name), '[]') from jsonb_object_keys(ds.secrets) name)`,
      ),
    }),
    conflicts: t.field({
      type: sourceConflictPolicyEnum,
      ...computed(sql`upper(replace(ds.conflicts, '-', '_'))`),
    }),
    pollIntervalSeconds: t.int(computed(sql`ds.poll_interval_ms / 1000`)),
    requestsPerMinute: t.int({
      nullable: true,
      description: 'How many requests a minute we make at most; null: no bound of ours.',
      ...computed(sql`ds.requests_per_minute`),
    }),
    state: t.field({
      type: stateEnum,
      ...computed(sql`case
        when ds.paused_reason is not null then 'PAUSED'
        when ds.failures > 0 then 'FAILING'
        when ds.last_polled_at is null then 'STARTING'
        when ds.caught_up_at is null or ds.caught_up_at < ds.last_polled_at then 'FETCHING'
        else 'CURRENT' end`),
    }),
    pausedReason: t.field({
      type: reasonRef,
      nullable: true,
      description: 'Why it is not asked now; the code `PAUSED`: somebody wants it so.',
      ...computed(
        (field) =>
          sql`case when ds.paused_reason is not null then ${oneObject(field, sql`(select ds.paused_reason as value) r`)} end`,
      ),
    }),
    notBefore: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'It is to be left alone until then.',
      ...computed(iso(sql`ds.not_before`)),
    }),
    polledUpTo: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The latest modification that was seen, by the clock of the source.',
      ...computed(iso(sql`ds.polled_up_to`)),
    }),
    lastPolledAt: t.field({ type: 'DateTime', nullable: true, ...computed(iso(sql`ds.last_polled_at`)) }),
    caughtUpAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When there was last nothing left to fetch.',
      ...computed(iso(sql`ds.caught_up_at`)),
    }),
    cursorAgeSeconds: t.int({
      nullable: true,
      description: 'How long ago that was which may not be here yet; null: nothing was fetched so far.',
      ...computed(
        sql`case when coalesce(ds.polled_up_to, ds.caught_up_at) is not null then
          greatest(0, extract(epoch from clock_timestamp() - greatest(ds.polled_up_to, ds.caught_up_at)))::integer
        end`,
      ),
    }),
    lastError: t.field({
      type: faultRef,
      nullable: true,
      description: 'What was wrong with the last poll.',
      ...computed(
        (field) =>
          sql`case when ds.last_error is not null then ${oneObject(field, sql`(select ds.last_error as value) sf`)} end`,
      ),
    }),
    refusedCount: t.int({
      description: 'How many records were no detections that can be stored.',
      ...computed(sql`ds.refused_count::integer`),
    }),
    lastRefusal: t.field({
      type: faultRef,
      nullable: true,
      ...computed(
        (field) =>
          sql`case when ds.last_refusal is not null then ${oneObject(field, sql`(select ds.last_refusal as value) sf`)} end`,
      ),
    }),
    lastCheck: t.field({
      type: checkRef,
      nullable: true,
      ...computed((field) => sql`case when ds.last_check is not null then ${field.object()} end`),
    }),
    linkCounts: t.field({
      type: [countRef],
      description: 'How many of its detections are in each sync state.',
      ...computed((field) =>
        objectList(
          field,
          sql`s`,
          sql`(
            select l.sync_state, count(*)::integer as count from source_links l
            where l.source_id = ds.source_id group by l.sync_state
          ) s`,
          sql`s.sync_state`,
        ),
      ),
    }),
    version: t.int(computed(sql`ds.version`)),
    createdAt: t.field({ type: 'DateTime', ...computed(iso(sql`ds.created_at`)) }),
    updatedAt: t.field({ type: 'DateTime', ...computed(iso(sql`ds.updated_at`)) }),
  }),
})
