import sql from 'sql-template-tag'
import { builder } from './builder.ts'
import { linkSyncStateEnum } from './enums.ts'
import { computed } from './field-options.ts'
import { detectionSourceRef } from './refs.ts'
import { iso, oneObject } from './sql/field-sql.ts'
import type { SelectedRow } from './sql/row-loader.ts'
import { reasonRef } from './sync-state.ts'

/** How a detection is tracked by its source; its row is called `sl`. */
export const sourceLinkRef = builder.objectRef<SelectedRow>('SourceLink').implement({
  description: 'How the tracking of a detection and what its source shows of it go together.',
  fields: (t) => ({
    source: t.field({
      type: detectionSourceRef,
      ...computed((field) => oneObject(field, sql`detection_sources ds where ds.source_id = sl.source_id`)),
    }),
    syncState: t.field({ type: linkSyncStateEnum, ...computed(sql`upper(sl.sync_state)`) }),
    reason: t.field({
      type: reasonRef,
      nullable: true,
      description: 'Why it is not in sync.',
      ...computed(
        (field) =>
          sql`case when sl.reason is not null then ${oneObject(field, sql`(select sl.reason as value) r`)} end`,
      ),
    }),
    status: t.string({
      nullable: true,
      description: "The source's own word when it was last read; null: none, which is shown there as Open.",
      ...computed(sql`sl.seen ->> 'status'`),
    }),
    resolution: t.string({ nullable: true, ...computed(sql`sl.seen ->> 'resolution'`) }),
    assignee: t.string({ nullable: true, ...computed(sql`sl.seen ->> 'assignee'`) }),
    ticketId: t.string({ nullable: true, ...computed(sql`sl.seen ->> 'ticketId'`) }),
    attempts: t.int({ description: 'Failures in a row.', ...computed(sql`sl.attempts`) }),
    nextAttemptAt: t.field({ type: 'DateTime', nullable: true, ...computed(iso(sql`sl.next_attempt_at`)) }),
    lastVerifiedAt: t.field({ type: 'DateTime', nullable: true, ...computed(iso(sql`sl.last_verified_at`)) }),
  }),
})
