import sql, { join, type Sql } from 'sql-template-tag'
import { InvalidCursor } from '../errors.ts'
import { literal } from './field-sql.ts'

/** One thing that a list is ordered by; its values are never null. */
interface OrderKey {
  /** Stands in cursors. */
  readonly name: string
  readonly column: Sql
  readonly descending: boolean
  readonly kind: KeyKind
}

/** How the values of a key are written in a cursor. */
export interface KeyKind {
  /** The value as text without `;`. */
  toText(column: Sql): Sql
  /** The value as a parameter with its type; `null`: not such a value. */
  fromText(text: string): Sql | null
}

const MOST_BIGINT = 2n ** 63n - 1n

/** Instants with a precision of milliseconds. */
export const instantKey: KeyKind = {
  toText: (column) => sql`(extract(epoch from ${column}) * 1000)::bigint::text`,
  fromText: (text) =>
    /^\d{1,15}$/u.test(text) && Number(text) < 8.64e15
      ? sql`${new Date(Number(text)).toISOString()}::timestamptz`
      : null,
}

/** Integers of up to 64 bits, none of them negative. */
export const integerKey: KeyKind = {
  toText: (column) => sql`${column}::text`,
  fromText: (text) => (/^\d{1,19}$/u.test(text) && BigInt(text) <= MOST_BIGINT ? sql`${text}::bigint` : null),
}

/** UUIDs. */
export const uuidKey: KeyKind = {
  toText: (column) => sql`${column}::text`,
  fromText: (text) =>
    /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u.test(text) ? sql`${text}::uuid` : null,
}

/** A total order: the last key is unique. */
export type ListOrder = readonly OrderKey[]

/** The order as `order by` takes it, or the reverse of it. */
export function orderBy(order: ListOrder, reversed: boolean): Sql {
  return join(
    order.map(({ column, descending }) => (descending === reversed ? sql`${column}` : sql`${column} desc`)),
    ', ',
  )
}

/** The version and order that every cursor begins with, so that none is taken for another list's. */
function signature(order: ListOrder): string {
  return `1;${order.map(({ name, descending }) => `${name}${descending ? '-' : '+'}`).join()};`
}

/** What a cursor at a row says, before it is encoded. */
export function cursorText(order: ListOrder): Sql {
  const values = order.map(({ column, kind }) => kind.toText(column))
  return sql`${literal(signature(order))} || ${join(values, ` || ';' || `)}`
}

/** A cursor's text as base64url. */
export function encodeCursor(text: Sql): Sql {
  return sql`translate(encode(convert_to(${text}, 'UTF8'), 'base64'), E'+/=\\n', '-_')`
}

/** A row's place in the order. */
export type Place = readonly Sql[]

/** @throws InvalidCursor */
export function decodeCursor(order: ListOrder, cursor: string): Place {
  const text = /^[\w-]{1,1000}$/u.test(cursor) ? Buffer.from(cursor, 'base64url').toString('utf8') : ''
  const expected = signature(order)
  const parts = text.startsWith(expected) ? text.slice(expected.length).split(';') : []
  const place = order.map(({ kind }, index) => kind.fromText(parts[index] ?? ''))
  const values = place.filter((value) => value !== null)
  if (parts.length !== order.length || values.length !== order.length) {
    throw new InvalidCursor(
      'The cursor does not belong to this list in this order; begin without one, or use the order it was made with.',
      [{ path: 'cursor', message: 'is not a cursor of this list in this order' }],
    )
  }
  return values
}

/** The condition that a row comes after a place, or before it; `at` includes the place itself. */
export function relativeTo(
  order: ListOrder,
  place: Place,
  side: 'after' | 'before',
  at: 'at' | 'not-at',
): Sql {
  const columns = order.map(({ column }) => column)
  const isAbove = ({ descending }: OrderKey): boolean => (side === 'after') !== descending
  const [first] = order
  if (first === undefined) throw new TypeError('An order has at least one key')
  if (order.every((key) => isAbove(key) === isAbove(first))) {
    // A row comparison is what an index over the keys can answer.
    return sql`(${join(columns, ', ')}) ${operator(isAbove(first), at === 'at')} (${join(place, ', ')})`
  }
  const alternatives = order.map((key, index) => {
    const equal = columns.slice(0, index).map((column, before) => sql`${column} = ${place[before]}`)
    const isLast = index === order.length - 1
    return join(
      [...equal, sql`${key.column} ${operator(isAbove(key), isLast && at === 'at')} ${place[index]}`],
      ' and ',
    )
  })
  // The first condition is implied by the others; it lets an index begin at the right place.
  return sql`(${first.column} ${operator(isAbove(first), true)} ${place[0]} and ((${join(alternatives, ') or (')})))`
}

function operator(above: boolean, orEqual: boolean): Sql {
  if (above) return orEqual ? sql`>=` : sql`>`
  return orEqual ? sql`<=` : sql`<`
}
