import type { StoredRecord, TableDefinition } from './columns.ts'

/** What a query asks for. */
export interface ParsedQuery {
  readonly matches: (row: Readonly<StoredRecord>) => boolean
  readonly compare: (one: Readonly<StoredRecord>, other: Readonly<StoredRecord>) => number
}

type Test = (row: Readonly<StoredRecord>) => boolean

const CONDITION =
  /^([a-z_][a-z0-9_]*)(!=|>=|<=|=|>|<|NOT IN|IN|NOT LIKE|LIKE|STARTSWITH|ISNOTEMPTY|ISEMPTY)(.*)$/su

/** Reads an encoded query. As an instance does by default, it leaves out what it does not understand. */
export function parseEncodedQuery(query: string, table: TableDefinition, selfId: string): ParsedQuery {
  const queries: Test[][][] = [[]]
  const orders: { readonly field: string; readonly sign: number }[] = []
  for (const part of partsOf(query)) {
    const order = /^ORDERBY(DESC)?([a-z_][a-z0-9_]*)$/u.exec(part)
    if (order !== null) {
      orders.push({ field: order[2] ?? '', sign: order[1] === undefined ? 1 : -1 })
      continue
    }
    const isNew = part.startsWith('NQ')
    const isOr = part.startsWith('OR')
    const test = conditionOf(isNew || isOr ? part.slice(2) : part, table, selfId)
    if (isNew) queries.push([])
    const current = queries.at(-1)
    if (test === null || current === undefined) continue
    const last = current.at(-1)
    if (isOr && last !== undefined) last.push(test)
    else current.push([test])
  }
  return {
    matches: (row) => queries.some((all) => all.every((any) => any.some((test) => test(row)))),
    compare(one, other) {
      for (const { field, sign } of orders) {
        const order = compared(table, field, one[field] ?? '', other[field] ?? '')
        if (order !== 0) return sign * order
      }
      return 0
    },
  }
}

/** Between circumflexes, two of which are one in a value. */
function partsOf(query: string): readonly string[] {
  const parts = query.replaceAll('^^', '\0').split('^')
  return parts.map((part) => part.replaceAll('\0', '^')).filter((part) => part !== '' && part !== 'EQ')
}

function conditionOf(text: string, table: TableDefinition, selfId: string): Test | null {
  const [, field = '', operator = '', given = ''] = CONDITION.exec(text) ?? []
  if (!table.columns.some(({ name }) => name === field)) return null
  const wanted = given === 'javascript:gs.getUserID()' ? selfId : given
  const low = wanted.toLowerCase()
  const list = low.split(',').map((value) => value.trim())
  const by = (holds: (order: number) => boolean): Test => {
    return (row) => holds(compared(table, field, row[field] ?? '', wanted))
  }
  const of = (holds: (value: string) => boolean): Test => {
    return (row) => holds((row[field] ?? '').toLowerCase())
  }
  switch (operator) {
    case '=':
      return of((value) => value === low)
    case '!=':
      return of((value) => value !== low)
    case '>':
      return by((order) => order > 0)
    case '>=':
      return by((order) => order >= 0)
    case '<':
      return by((order) => order < 0)
    case '<=':
      return by((order) => order <= 0)
    case 'IN':
      return of((value) => list.includes(value))
    case 'NOT IN':
      return of((value) => !list.includes(value))
    case 'LIKE':
      return of((value) => value.includes(low))
    case 'NOT LIKE':
      return of((value) => !value.includes(low))
    case 'STARTSWITH':
      return of((value) => value.startsWith(low))
    case 'ISEMPTY':
      return of((value) => value === '')
    case 'ISNOTEMPTY':
      return of((value) => value !== '')
    default:
      return null
  }
}

function compared(table: TableDefinition, field: string, one: string, other: string): number {
  const type = table.columns.find(({ name }) => name === field)?.type
  if (type === 'integer') return Number(one) - Number(other)
  return one < other ? -1 : one > other ? 1 : 0
}
