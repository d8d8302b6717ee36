import sql from 'sql-template-tag'
import { builder } from './builder.ts'
import { connectionType } from './connections.ts'
import { noteVisibilityEnum } from './enums.ts'
import { computed } from './field-options.ts'
import { noteRef } from './refs.ts'
import { iso, literal } from './sql/field-sql.ts'
import { instantKey, uuidKey, type ListOrder } from './sql/list-order.ts'

builder.objectType(noteRef, {
  description: 'What somebody wrote about a detection.',
  fields: (t) => ({
    id: t.id(computed(sql`${literal('DetectionNote:')} || n.note_id`)),
    author: t.string(computed(sql`n.author`)),
    text: t.string({ description: 'Markdown.', ...computed(sql`n.text`) }),
    visibility: t.field({ type: noteVisibilityEnum, ...computed(sql`upper(n.visibility)`) }),
    createdAt: t.field({ type: 'DateTime', ...computed(iso(sql`n.created_at`)) }),
    replacedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Since when it is no longer part of the one note that a detection has in the ExtraHop-compatible API.',
      ...computed(iso(sql`n.replaced_at`)),
    }),
  }),
})

/** Newest first. */
export const noteOrder: ListOrder = [
  { name: 'note', column: sql`n.created_at`, descending: true, kind: instantKey },
  { name: 'id', column: sql`n.note_id`, descending: true, kind: uuidKey },
]

export const noteConnectionRef = connectionType('DetectionNote', noteRef)
