import { GraphQLObjectType, type GraphQLResolveInfo } from 'graphql'
import type { GraphqlContext } from './context.ts'
import { rowTables } from './row-tables.ts'
import type { SelectedRow } from './sql/row-loader.ts'

/** Loads what is selected of a row that a resolver knows the id of; `null` without an id, or a row. */
export async function loadRow(
  type: keyof typeof rowTables,
  id: string | null | undefined,
  context: GraphqlContext,
  info: GraphQLResolveInfo,
): Promise<SelectedRow | null> {
  const objectType = info.schema.getType(type)
  if (id === null || id === undefined || !(objectType instanceof GraphQLObjectType)) return null
  return await context.rows.load(rowTables[type], id, objectType, info)
}
