import type { FieldNode, GraphQLObjectType } from 'graphql'
import sql, { raw, type Sql } from 'sql-template-tag'
import type { Principal } from '../../access/principal.ts'

/**
 * How PostgreSQL computes the value of a field, as an expression over the row that its type is read from. Every type has
 * one name for that row (`d` for Detection): scopes nest, so the nearest one is meant.
 *
 * The expression gives the value as JSON has it: enum values in GraphQL's spelling, instants as ISO 8601, 64-bit
 * integers as text.
 */
export type FieldSql = Sql | ((field: SelectedField) => Sql)

/** A field as it was asked for. */
export interface SelectedField {
  /** The field's own name. */
  readonly name: string
  /** The arguments, coerced, with defaults. */
  readonly args: Readonly<Record<string, unknown>>
  /** The object type that the field gives, without list and non-null. */
  readonly type: GraphQLObjectType
  /** The places at which it was asked for under this response name; their selections are merged. */
  readonly nodes: readonly FieldNode[]
  readonly compiler: SelectionCompiler
  /** The selected members of the field's object as one JSON object. */
  object(): Sql
  /** The same as columns of a row; `null`: they cannot be. A row becomes JSON in one step where it is looked up. */
  columns(): Sql | null
}

/** Turns selections into expressions. */
export interface SelectionCompiler {
  /** The selected fields of an object type by response name, fragments and directives applied. */
  fields(type: GraphQLObjectType, nodes: readonly FieldNode[]): ReadonlyMap<string, readonly FieldNode[]>
  /** The selected members as one JSON object. */
  object(type: GraphQLObjectType, nodes: readonly FieldNode[]): Sql
  /** The selected members as columns of a row; `null`: they cannot be. */
  columns(type: GraphQLObjectType, nodes: readonly FieldNode[]): Sql | null
  /**
   * Members that are computed already, by response name, as one JSON object. It is a query of its own, so no member may
   * be an aggregate.
   */
  members(members: readonly (readonly [name: string, value: Sql])[]): Sql
  /** One of the fields of an object type. */
  field(type: GraphQLObjectType, nodes: readonly FieldNode[]): SelectedField
}

/** A parameter that depends on who asks, so that a compiled selection can be kept for everybody. */
export class ViewerValue {
  readonly of: (viewer: Principal) => unknown

  constructor(of: (viewer: Principal) => unknown) {
    this.of = of
  }
}

/** An instant as ISO 8601 in UTC with milliseconds. */
export function iso(instant: Sql): Sql {
  return sql`to_char(${instant} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}

/** A text between quotes, for names that are known when the program is written, or were checked by the parser. */
export function literal(text: string): Sql {
  return raw(`'${text.replaceAll("'", "''")}'`)
}

/** What a row is called while it becomes JSON: nothing that a member may be called, which would be meant first. */
export const ROW = raw('"#"')

/** The field's object of a row; `rows` is what comes after `from`. Null without a row. */
export function oneObject(field: SelectedField, rows: Sql): Sql {
  const columns = field.columns()
  if (columns === null) return sql`(select ${field.object()} from ${rows})`
  return sql`(select row_to_json(${ROW}) from (select ${columns} from ${rows}) ${ROW})`
}

/**
 * A list of rows, each as the field's object; `rows` is what comes after `from`, `row` what the type's fields know the
 * row by.
 */
export function objectList(field: SelectedField, row: Sql, rows: Sql, order: Sql): Sql {
  const ordered = sql`(select ${row}.* from ${rows} order by ${order}) ${row}`
  const columns = field.columns()
  if (columns === null) return sql`(select coalesce(json_agg(${field.object()}), '[]') from ${ordered})`
  return sql`(select coalesce(json_agg(${ROW}), '[]') from (select ${columns} from ${ordered}) ${ROW})`
}

/** The elements of a JSON array as rows with `value` and `place`. */
export function elements(array: Sql, name: Sql): Sql {
  return sql`jsonb_array_elements(${array}) with ordinality ${name}(value, place)`
}
