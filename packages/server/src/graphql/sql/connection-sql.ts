import { InvalidInput } from '@tripline/core'
import type { GraphQLObjectType } from 'graphql'
import sql, { join, raw, type Sql } from 'sql-template-tag'
import { literal, ROW, type SelectedField } from './field-sql.ts'
import { cursorText, decodeCursor, encodeCursor, orderBy, relativeTo, type ListOrder } from './list-order.ts'

/** The most rows on one page. */
const LARGEST_PAGE = 200

/** A list that is read page by page. */
export interface ListSource {
  /** The table and the name of its rows, for instance `detections` and `d`. */
  readonly table: Sql
  readonly row: Sql
  /** Which rows are in the list. */
  readonly condition: Sql
  readonly order: ListOrder
  readonly defaultPage: number
}

/** Relay's paging arguments. */
interface PageArgs {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

interface Page {
  readonly size: number
  readonly backward: boolean
  /** Conditions that the cursors put on the page's rows. */
  readonly within: Sql
  /** Rows at or before `after`, and at or behind `before`; `null` without that cursor. */
  readonly earlier: Sql | null
  readonly later: Sql | null
}

/** What is computed over the rows of a page: of each row, then of all of them together. */
interface PageRows {
  readonly columns: Sql[]
  readonly aggregates: Sql[]
  /** Whether there has to be one row more, to see whether the list goes on. */
  needsOneMore: boolean
}

/**
 * The expression of a connection field: one page of a list with exactly what was asked for. Counting, and looking for
 * neighbouring pages, cost nothing unless they are asked for.
 *
 * @throws InvalidInput, InvalidCursor
 */
export function connectionSql(source: ListSource, field: SelectedField): Sql {
  const page = readPage(source, field.args)
  const nodes = onlyNodes(source, page, field)
  if (nodes !== null) return nodes
  const rows: PageRows = { columns: [], aggregates: [], needsOneMore: asksForMore(page, field) }
  const members: [string, Sql][] = []
  for (const [name, nodes] of field.compiler.fields(field.type, field.nodes)) {
    members.push([name, connectionMember(source, page, rows, field, field.compiler.field(field.type, nodes))])
  }
  const object = field.compiler.members(members)
  if (rows.aggregates.length === 0) return object
  return sql`(
    select ${object} from (
      select ${named('a', rows.aggregates)} from (${pageRows(source, page, rows)}) page
    ) summed
  )`
}

/**
 * The connection when nothing but its nodes is asked for, which become JSON in one step; `null`: there is more to it.
 */
function onlyNodes(source: ListSource, page: Page, field: SelectedField): Sql | null {
  const asked = [...field.compiler.fields(field.type, field.nodes)]
  const [name, nodes] = asked[0] ?? []
  if (name === undefined || nodes === undefined || asked.length > 1) return null
  const member = field.compiler.field(field.type, nodes)
  const columns = member.name === 'nodes' ? member.columns() : null
  if (columns === null) return null
  return sql`(
    select ${field.compiler.members([[name, sql`listed.nodes`]])} from (
      select coalesce(json_agg(${ROW}), '[]') as nodes from (
        ${orderedPage(source, page, page.size, columns)}
      ) ${ROW}
    ) listed
  )`
}

/** The rows of a page in the list's order, each with its columns, and with a number where one row too many is read. */
function pageRows(source: ListSource, page: Page, rows: PageRows): Sql {
  const columns = rows.columns.length === 0 ? [] : [named('c', rows.columns)]
  // The number counts in the direction of reading, so that the row too many has the highest, whichever end it is at.
  const number = rows.needsOneMore
    ? [sql`row_number() over (order by ${orderBy(source.order, page.backward)}) as number`]
    : []
  const selected = [...number, ...columns]
  return orderedPage(
    source,
    page,
    page.size + (rows.needsOneMore ? 1 : 0),
    selected.length === 0 ? sql`` : join(selected, ', '),
  )
}

/** So many rows from where a page begins, in the list's order, with something selected of each. */
function orderedPage(
  { table, row, condition, order }: ListSource,
  { within, backward }: Page,
  limit: number,
  selected: Sql,
): Sql {
  // The limit is written into the statement: the planner takes a parameter for a tenth of the table.
  const read = sql`
    select * from ${table} ${row} where ${condition}${within}
    order by ${orderBy(order, backward)} limit ${raw(String(limit))}`
  const all = sql`select ${selected} from (${read}) ${row}`
  return backward ? sql`${all} order by ${orderBy(order, false)}` : all
}

function named(prefix: string, values: readonly Sql[]): Sql {
  return join(
    values.map((value, index) => sql`${value} as ${raw(`${prefix}${index}`)}`),
    ', ',
  )
}

/** Something of each row. */
function column(rows: PageRows, value: Sql): Sql {
  return raw(`c${rows.columns.push(value) - 1}`)
}

/** Something of all rows together. */
function aggregate(rows: PageRows, value: Sql): Sql {
  return raw(`summed.a${rows.aggregates.push(value) - 1}`)
}

/** Whether the page info says if the list goes on where it is read to. */
function asksForMore(page: Page, { compiler, type, nodes }: SelectedField): boolean {
  const wanted = page.backward ? 'hasPreviousPage' : 'hasNextPage'
  for (const asked of compiler.fields(type, nodes).values()) {
    const member = compiler.field(type, asked)
    if (member.name !== 'pageInfo') continue
    for (const [node] of compiler.fields(member.type, member.nodes).values()) {
      if (node?.name.value === wanted) return true
    }
  }
  return false
}

function concat(parts: readonly Sql[]): Sql {
  return parts.reduce((all, part) => sql`${all}${part}`, sql``)
}

function connectionMember(
  source: ListSource,
  page: Page,
  rows: PageRows,
  connection: SelectedField,
  member: SelectedField,
): Sql {
  switch (member.name) {
    case '__typename':
      return sql`${literal(connection.type.name)}::text`
    case 'nodes':
      return list(page, rows, member.object())
    case 'edges':
      return list(page, rows, edge(source, member))
    case 'pageInfo':
      return pageInfo(source, page, rows, member)
    case 'totalCount':
      return sql`(select count(*) from ${source.table} ${source.row} where ${source.condition})`
    case 'liveCursor':
      return encodeCursor(sql`'1;snapshot;' || pg_current_snapshot()::text`)
    default:
      throw new TypeError(`A connection has no field ${member.name}`)
  }
}

function list(page: Page, rows: PageRows, value: Sql): Sql {
  return aggregate(rows, sql`coalesce(json_agg(${column(rows, value)})${onPage(page, rows)}, '[]')`)
}

/** Leaves out the row that was read only to see whether there is one. */
function onPage(page: Page, rows: PageRows): Sql {
  return rows.needsOneMore ? sql` filter (where number <= ${raw(String(page.size))})` : sql``
}

function edge(source: ListSource, field: SelectedField): Sql {
  return field.compiler.members(
    [...field.compiler.fields(field.type, field.nodes)].map(([name, nodes]) => [
      name,
      edgeMember(source, field.type, field.compiler.field(field.type, nodes)),
    ]),
  )
}

function edgeMember(source: ListSource, type: GraphQLObjectType, member: SelectedField): Sql {
  switch (member.name) {
    case '__typename':
      return sql`${literal(type.name)}::text`
    case 'node':
      return member.object()
    case 'cursor':
      return encodeCursor(cursorText(source.order))
    default:
      throw new TypeError(`An edge has no field ${member.name}`)
  }
}

function pageInfo(source: ListSource, page: Page, rows: PageRows, field: SelectedField): Sql {
  const has = (condition: Sql | null): Sql =>
    condition === null
      ? sql`false`
      : sql`exists (select from ${source.table} ${source.row} where ${source.condition} and ${condition})`
  const more = (): Sql => aggregate(rows, sql`count(*) > ${raw(String(page.size))}`)
  const cursorAt = (end: 'start' | 'end'): Sql => {
    const texts = sql`array_agg(${column(rows, cursorText(source.order))})${onPage(page, rows)}`
    const place = end === 'start' ? sql`[1]` : sql`[count(*)${onPage(page, rows)}]`
    return encodeCursor(aggregate(rows, sql`(${texts})${place}`))
  }
  const value = (name: string): Sql => {
    switch (name) {
      case '__typename':
        return sql`${literal(field.type.name)}::text`
      case 'hasNextPage':
        return page.backward ? has(page.later) : sql`(${more()} or ${has(page.later)})`
      case 'hasPreviousPage':
        return page.backward ? sql`(${more()} or ${has(page.earlier)})` : has(page.earlier)
      case 'startCursor':
        return cursorAt('start')
      case 'endCursor':
        return cursorAt('end')
      default:
        throw new TypeError(`PageInfo has no field ${name}`)
    }
  }
  return field.compiler.members(
    [...field.compiler.fields(field.type, field.nodes)].map(([name, nodes]) => [
      name,
      value(field.compiler.field(field.type, nodes).name),
    ]),
  )
}

function readPage({ order, defaultPage }: ListSource, args: PageArgs): Page {
  const { first = null, last = null, after = null, before = null } = args
  if (first !== null && last !== null) throw refusal('last', 'first and last cannot be given together')
  checkSize('first', first)
  checkSize('last', last)
  const afterPlace = after === null ? null : decodeCursor(order, after)
  const beforePlace = before === null ? null : decodeCursor(order, before)
  const backward = last !== null
  return {
    size: first ?? last ?? defaultPage,
    backward,
    within: concat([
      afterPlace === null ? sql`` : sql` and ${relativeTo(order, afterPlace, 'after', 'not-at')}`,
      beforePlace === null ? sql`` : sql` and ${relativeTo(order, beforePlace, 'before', 'not-at')}`,
    ]),
    earlier: afterPlace === null ? null : relativeTo(order, afterPlace, 'before', 'at'),
    later: beforePlace === null ? null : relativeTo(order, beforePlace, 'after', 'at'),
  }
}

function checkSize(name: 'first' | 'last', value: number | null): void {
  if (value === null || (value >= 0 && value <= LARGEST_PAGE)) return
  throw refusal(
    name,
    value < 0 ? `${name} cannot be negative` : `${name} can be at most ${LARGEST_PAGE}, not ${value}`,
  )
}

function refusal(path: string, message: string): InvalidInput {
  return new InvalidInput(`${message}.`, [{ path, message }])
}
