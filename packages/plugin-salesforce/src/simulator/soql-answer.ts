import { toLongId } from '../record-id.ts'
import type { ObjectDefinition, StoredRecord } from './fields.ts'
import { objectOf, type SalesforceOrg, visibleFields } from './org.ts'
import type { RecordStore } from './record-store.ts'
import { salesforceError } from './salesforce-error.ts'
import { type Condition, type Literal, type Operator, parseSoql } from './soql.ts'

type Value = StoredRecord[string]

/** An instant as Salesforce writes it, without fractions of a second. */
export function shownInstant(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}.000+0000`
}

/** The rows that a query finds, as they are answered. @throws AnswerNow for a query that Salesforce would refuse */
export function answerSoql(
  org: SalesforceOrg,
  store: RecordStore,
  soql: string,
): readonly Record<string, unknown>[] {
  const query = parseSoql(soql)
  const object = objectOf(org, query.object)
  if (object === null || org.options.hiddenObjects?.includes(object.name) === true) {
    throw salesforceError(400, 'INVALID_TYPE', `sObject type '${query.object}' is not supported.`)
  }
  const reader = createReader(org, store, object)
  for (const path of [...query.fields, ...query.orderBy.map(({ field }) => field)]) reader.check(path)
  const found = store
    .rows(object.name)
    .filter(query.where === null ? () => true : toFilter(query.where, reader))
  const sorted = found.toSorted((one, other) => {
    for (const { descending, field } of query.orderBy) {
      const order = compare(reader.value(one, field), reader.value(other, field))
      if (order !== 0) return descending ? -order : order
    }
    return 0
  })
  return sorted.slice(0, query.limit ?? sorted.length).map((row) => reader.shown(row, query.fields))
}

interface RecordReader {
  check(path: string): void
  value(row: StoredRecord, path: string): Value
  type(path: string): string
  shown(row: StoredRecord, paths: readonly string[]): Record<string, unknown>
}

function createReader(org: SalesforceOrg, store: RecordStore, object: ObjectDefinition): RecordReader {
  const fields = visibleFields(org, object)
  const split = (path: string): { readonly reference: string | null; readonly name: string } => {
    const [first = '', second] = path.split('.')
    if (second === undefined) return { reference: null, name: first }
    const reference = fields.find(({ relationship }) => relationship === first)
    if (reference === undefined) {
      throw salesforceError(400, 'INVALID_FIELD', `Didn't understand relationship '${first}' in field path.`)
    }
    return { reference: reference.name, name: second }
  }
  const definition = (name: string): (typeof fields)[number] => {
    const field = fields.find((known) => known.name === name)
    if (field !== undefined) return field
    throw salesforceError(400, 'INVALID_FIELD', `No such column '${name}' on entity '${object.name}'.`)
  }
  const value = (row: StoredRecord, path: string): Value => {
    const { name, reference } = split(path)
    if (reference === null) return row[definition(name).name] ?? null
    return store.referred(String(row[reference]))?.[name] ?? null
  }
  const wire = (path: string, found: Value): Value =>
    typeof found === 'number' && reader.type(path) === 'datetime' ? shownInstant(found) : found
  const reader: RecordReader = {
    check(path) {
      const { name, reference } = split(path)
      if (reference === null) definition(name)
    },
    value,
    type(path) {
      const { name, reference } = split(path)
      return reference === null ? definition(name).type : 'string'
    },
    shown(row, paths) {
      const attributes = {
        type: object.name,
        url: `/services/data/v62.0/sobjects/${object.name}/${row['Id']}`,
      }
      const answer: Record<string, unknown> = { attributes }
      for (const path of paths) {
        const [first = '', second] = path.split('.')
        if (second === undefined) answer[path] = wire(path, value(row, path))
        else answer[first] = { ...(answer[first] as object | undefined), [second]: value(row, path) }
      }
      return answer
    },
  }
  return reader
}

/** A condition as a test of rows. What is wrong with it is said at once, whether there are rows or not. */
function toFilter(condition: Condition, reader: RecordReader): (row: StoredRecord) => boolean {
  switch (condition.kind) {
    case 'and': {
      const filters = condition.parts.map((part) => toFilter(part, reader))
      return (row) => filters.every((filter) => filter(row))
    }
    case 'or': {
      const filters = condition.parts.map((part) => toFilter(part, reader))
      return (row) => filters.some((filter) => filter(row))
    }
    case 'compare': {
      const { field, operator, values } = condition
      const type = reader.type(field)
      if (type === 'textarea') {
        throw salesforceError(400, 'INVALID_FIELD', `field '${field}' can not be filtered in a query call`)
      }
      const wanted = values.map((literal) => comparable(literal, type, field))
      return (row) => {
        const found = reader.value(row, field)
        return fits(
          operator,
          found,
          wanted.map((value) => compare(found, value)),
        )
      }
    }
  }
}

function fits(operator: Operator, found: Value, orders: readonly number[]): boolean {
  switch (operator) {
    case '=':
    case 'IN':
      return orders.includes(0)
    case '!=':
      return !orders.includes(0)
    case '<':
      return found !== null && orders.every((order) => order < 0)
    case '<=':
      return found !== null && orders.every((order) => order <= 0)
    case '>':
      return found !== null && orders.every((order) => order > 0)
    case '>=':
      return found !== null && orders.every((order) => order >= 0)
  }
}

function comparable(literal: Literal, type: string, field: string): Value {
  if (type === 'id' || type === 'reference') {
    const id = literal.kind === 'text' ? toLongId(literal.value) : null
    if (id === null && literal.kind !== 'null') {
      throw salesforceError(400, 'INVALID_QUERY_FILTER_OPERATOR', `invalid ID field: ${literal.value}`)
    }
    return id
  }
  const expected = { datetime: 'instant', boolean: 'boolean', int: 'number' }[type] ?? 'text'
  if (literal.kind !== expected && literal.kind !== 'null') {
    throw salesforceError(
      400,
      'INVALID_FIELD',
      `value of filter criterion for field '${field}' must be of type ${type}`,
    )
  }
  return literal.value
}

/** Texts without regard to case, as Salesforce compares them; ids tell theirs by their last three characters. */
function compare(one: Value, other: Value): number {
  if (one === null || other === null) return Number(one !== null) - Number(other !== null)
  const [left, right] = [one, other].map((value) => (typeof value === 'string' ? value.toLowerCase() : value))
  if (left === right || left === undefined || right === undefined) return 0
  return left < right ? -1 : 1
}
