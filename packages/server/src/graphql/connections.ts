import type { ObjectRef } from '@pothos/core'
import { builder } from './builder.ts'
import { fromRow } from './field-options.ts'
import type { SelectedRow } from './sql/row-loader.ts'

/** Where a page of a list begins and ends, and what lies beyond. */
const pageInfoRef = builder.objectRef<SelectedRow>('PageInfo').implement({
  fields: (t) => ({
    hasNextPage: t.boolean({ resolve: fromRow }),
    hasPreviousPage: t.boolean({ resolve: fromRow }),
    startCursor: t.string({ nullable: true, resolve: fromRow }),
    endCursor: t.string({ nullable: true, resolve: fromRow }),
  }),
})

/** Declares the connection and the edge of a type; `connectionSql` computes them. */
export function connectionType<Name extends string>(
  name: Name,
  node: ObjectRef<typeof builder.$inferSchemaTypes, SelectedRow>,
  options: { readonly live: boolean } = { live: false },
): ObjectRef<typeof builder.$inferSchemaTypes, SelectedRow> {
  const edge = builder.objectRef<SelectedRow>(`${name}Edge`).implement({
    fields: (t) => ({
      cursor: t.string({ resolve: fromRow }),
      node: t.field({ type: node, resolve: fromRow }),
    }),
  })
  return builder.objectRef<SelectedRow>(`${name}Connection`).implement({
    fields: (t) => ({
      edges: t.field({ type: [edge], resolve: fromRow }),
      nodes: t.field({ type: [node], description: 'The nodes of `edges`.', resolve: fromRow }),
      pageInfo: t.field({ type: pageInfoRef, resolve: fromRow }),
      totalCount: t.int({ description: 'Counted only when asked for.', resolve: fromRow }),
      ...(options.live
        ? {
            liveCursor: t.string({
              description: 'Given to a subscription as `after`, nothing is missed since this list was read.',
              resolve: fromRow,
            }),
          }
        : {}),
    }),
  })
}
