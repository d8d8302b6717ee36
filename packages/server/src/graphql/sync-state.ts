import sql from 'sql-template-tag'
import { builder } from './builder.ts'
import { conflictReasonEnum, syncFieldEnum, syncSideEnum } from './enums.ts'
import { computed } from './field-options.ts'
import type { SelectedRow } from './sql/row-loader.ts'

/** Why something is not in sync or not done; its row is called `r`. */
export const reasonRef = builder.objectRef<SelectedRow>('Reason').implement({
  description: 'Why something is not done.',
  fields: (t) => ({
    code: t.string({ description: 'Stable; programs branch on it.', ...computed(sql`r.value ->> 'code'`) }),
    message: t.string({ description: 'For people.', ...computed(sql`r.value ->> 'message'`) }),
    field: t.string({
      nullable: true,
      description: 'The field it is about; null: the whole.',
      ...computed(sql`r.value ->> 'field'`),
    }),
  }),
})

/** A field that both sides changed; its row is called `k`. */
export const conflictRef = builder.objectRef<SelectedRow>('SyncConflict').implement({
  description: 'A field that both sides changed, or that the side which does not own it changed.',
  fields: (t) => ({
    field: t.field({
      type: syncFieldEnum,
      ...computed(
        sql`case k.value ->> 'field' when 'ticketId' then 'TICKET_ID' else upper(k.value ->> 'field') end`,
      ),
    }),
    ours: t.string({ nullable: true, ...computed(sql`k.value ->> 'ours'`) }),
    theirs: t.string({ nullable: true, ...computed(sql`k.value ->> 'theirs'`) }),
    winner: t.field({
      type: syncSideEnum,
      nullable: true,
      description: "Whose value goes on; null: nobody's until a person chooses.",
      ...computed(sql`upper(k.value ->> 'winner')`),
    }),
    reason: t.field({ type: conflictReasonEnum, ...computed(sql`upper(k.value ->> 'reason')`) }),
  }),
})
