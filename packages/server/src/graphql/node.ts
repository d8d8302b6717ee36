import { builder } from './builder.ts'
import { computed, fromRow } from './field-options.ts'
import { connectionRef, detectionRef, hidingRuleRef, ticketLinkRef } from './refs.ts'
import { rowTables } from './row-tables.ts'
import type { SelectedRow } from './sql/row-loader.ts'
import sql from 'sql-template-tag'
import { literal } from './sql/field-sql.ts'
import { GraphQLObjectType } from 'graphql'

const typeName = Symbol('typeName')

/** What can be read again by its id alone. */
export const nodeInterface = builder.interfaceRef<SelectedRow>('Node').implement({
  description: 'What can be read again by its id alone.',
  resolveType: (row) => (row as { [typeName]?: string })[typeName],
  fields: (t) => ({ id: t.id({ resolve: fromRow }) }),
})

/** The options of an `id` field: the type's name and the row's own id. */
export function nodeId(type: keyof typeof rowTables): ReturnType<typeof computed> {
  return computed(sql`${literal(`${type}:`)} || ${rowTables[type].id}`)
}

/** The row's own id, when `id` is one of this type's. */
export function ownId(type: keyof typeof rowTables, id: string): string | null {
  const [prefix, own = ''] = id.split(':', 2)
  return prefix === type && rowTables[type].isId(own) ? own : null
}

builder.queryField('node', (t) =>
  t.field({
    type: nodeInterface,
    nullable: true,
    permission: 'read',
    description: 'Anything by its `id`; null when there is no such thing.',
    args: { id: t.arg.id({ required: true }) },
    resolve: async (_, { id }, context, info) => {
      for (const name of [detectionRef, ticketLinkRef, connectionRef, hidingRuleRef].map(
        (ref) => ref.name as keyof typeof rowTables,
      )) {
        const own = ownId(name, String(id))
        const type = info.schema.getType(name)
        if (own === null || !(type instanceof GraphQLObjectType)) continue
        const row = await context.rows.load(rowTables[name], own, type, info)
        return row === null ? null : { ...row, [typeName]: name }
      }
      return null
    },
  }),
)
