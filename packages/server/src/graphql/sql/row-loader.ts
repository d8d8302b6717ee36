import type { FieldNode, GraphQLObjectType, GraphQLResolveInfo } from 'graphql'
import sql, { type Sql } from 'sql-template-tag'
import type { Principal } from '../../access/principal.ts'
import { createSelectionCompiler } from './selection-compiler.ts'
import type { StatementRunner } from './statement.ts'

/** The selected members of an object by response name. */
export type SelectedRow = Readonly<Record<string, unknown>>

/** Loads the rows that resolvers name by id, those that are asked for in the same tick with one statement. */
export interface RowLoader {
  /** The selected members of a row; `null` when there is none with this id. */
  load(
    table: RowTable,
    id: string,
    type: GraphQLObjectType,
    info: GraphQLResolveInfo,
  ): Promise<SelectedRow | null>
  /** The value of an expression that compiles to JSON. */
  evaluate(statement: Sql): Promise<unknown>
}

/** Where rows of a type are found by their id. */
export interface RowTable {
  readonly name: string
  /** The table with the name by which the type's fields know the row, for instance `detections d`. */
  readonly from: Sql
  /** The id as text. */
  readonly id: Sql
  /** The condition that the id is among `ids`. */
  among(ids: readonly string[]): Sql
}

interface Batch {
  readonly ids: Set<string>
  readonly rows: Promise<ReadonlyMap<string, SelectedRow>>
}

/** Makes a loader for one viewer and one operation. */
export function createRowLoader(runner: StatementRunner, viewer: () => Principal): RowLoader {
  const batches = new Map<string, Batch>()
  const nodeNumbers = new Map<FieldNode, number>()
  const numberOf = (node: FieldNode): number => {
    const number = nodeNumbers.get(node) ?? nodeNumbers.size
    nodeNumbers.set(node, number)
    return number
  }
  const evaluate = async (statement: Sql): Promise<unknown> => {
    const text = await runner.run(statement, viewer())
    return text === null ? null : (JSON.parse(text) as unknown)
  }
  const begin = (key: string, table: RowTable, type: GraphQLObjectType, info: GraphQLResolveInfo): Batch => {
    const ids = new Set<string>()
    const rows = new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      batches.delete(key)
      const source = { schema: info.schema, fragments: info.fragments, variables: info.variableValues }
      const object = createSelectionCompiler(source).object(type, info.fieldNodes)
      const found = await evaluate(
        sql`select json_object_agg(${table.id}, ${object}) from ${table.from} where ${table.among([...ids])}`,
      )
      return new Map(Object.entries((found ?? {}) as Record<string, SelectedRow>))
    })
    return { ids, rows }
  }
  return {
    evaluate,
    async load(table, id, type, info) {
      const key = `${table.name} ${type.name} ${info.fieldNodes.map(numberOf).join()}`
      const batch = batches.get(key) ?? begin(key, table, type, info)
      batches.set(key, batch)
      batch.ids.add(id)
      return (await batch.rows).get(id) ?? null
    },
  }
}
