import {
  AnswerNow,
  jsonAnswer,
  param,
  type Route,
  type SimulatorAnswer,
  type SimulatorRequest,
} from '@tripline/adapter-testkit/simulator'
import type { StoredRecord, TableDefinition } from './columns.ts'
import { parseEncodedQuery } from './encoded-query.ts'
import { createIncident, type Saver, updateIncident } from './incident-save.ts'
import { tableOf } from './instance.ts'
import type { ServiceNow } from './servicenow.ts'
import { noRecord, serviceNowError } from './servicenow-error.ts'
import { type DisplayMode, shownRecord } from './shown-record.ts'

const DEFAULT_LIMIT = 10_000

/** The Table API. */
export function tableRoutes(servicenow: ServiceNow): readonly Route[] {
  const saver: Saver = { user: servicenow.integration, asPerson: false }
  const one = (request: SimulatorRequest): { table: TableDefinition; row: StoredRecord } => {
    const table = requireTable(servicenow, param(request, 'table'))
    const row = servicenow.store.find(table.name, param(request, 'id'))
    if (row === null || isHidden(servicenow, table, row)) throw noRecord()
    return { table, row }
  }
  const route = (
    method: string,
    path: string,
    handle: (request: SimulatorRequest) => SimulatorAnswer,
  ): Route => ({
    method,
    path: `/api/now/table/:table${path}`,
    handle,
  })
  return [
    route('GET', '', (request) => listAnswer(servicenow, request)),
    route('GET', '/:id', (request) => {
      const { row, table } = one(request)
      return jsonAnswer(200, { result: shownFor(servicenow, table, row, request) })
    }),
    route('POST', '', (request) => {
      const table = requireIncidents(servicenow, param(request, 'table'))
      const row = createIncident(servicenow, bodyOf(request), saver)
      const location = `/api/now/table/incident/${row['sys_id']}`
      return jsonAnswer(201, { result: shownFor(servicenow, table, row, request) }, { location })
    }),
    ...['PATCH', 'PUT'].map((method) =>
      route(method, '/:id', (request) => {
        requireIncidents(servicenow, param(request, 'table'))
        const { row, table } = one(request)
        updateIncident(servicenow, row, bodyOf(request), saver)
        return jsonAnswer(200, { result: shownFor(servicenow, table, row, request) })
      }),
    ),
  ]
}

function listAnswer(servicenow: ServiceNow, request: SimulatorRequest): SimulatorAnswer {
  const table = requireTable(servicenow, param(request, 'table'))
  const { query } = request
  const { compare, matches } = parseEncodedQuery(
    query.get('sysparm_query') ?? '',
    table,
    servicenow.integration.id,
  )
  const found = servicenow.store.rows(table.name).filter(matches).toSorted(compare)
  const offset = Number(query.get('sysparm_offset') ?? 0)
  const limit = Number(query.get('sysparm_limit') ?? DEFAULT_LIMIT)
  // Access rules look at the rows of the page, when they have been counted.
  const page = found.slice(offset, offset + limit).filter((row) => !isHidden(servicenow, table, row))
  return jsonAnswer(
    200,
    { result: page.map((row) => shownFor(servicenow, table, row, request)) },
    { 'x-total-count': String(found.length) },
  )
}

function requireTable({ instance }: ServiceNow, name: string): TableDefinition {
  const table = tableOf(instance, name)
  if (table === null) throw serviceNowError(400, `Invalid table ${name}`, null)
  if (instance.options.hiddenTables?.includes(name) === true) {
    throw serviceNowError(403, 'User Not Authorized', 'Failed API level ACL Validation')
  }
  return table
}

function requireIncidents(servicenow: ServiceNow, name: string): TableDefinition {
  const table = requireTable(servicenow, name)
  if (name === 'incident') return table
  throw serviceNowError(403, 'Operation Failed', 'ACL Exception Insert Failed due to security constraints')
}

function isHidden({ instance }: ServiceNow, { name }: TableDefinition, row: Readonly<StoredRecord>): boolean {
  return instance.options.hiddenRows?.(name, row) === true
}

function shownFor(
  servicenow: ServiceNow,
  table: TableDefinition,
  row: Readonly<StoredRecord>,
  { query }: SimulatorRequest,
): Record<string, unknown> {
  const fields = (query.get('sysparm_fields') ?? '').split(',').filter((name) => name !== '')
  const mode = query.get('sysparm_display_value')
  const display: DisplayMode = mode === 'true' || mode === 'all' ? mode : 'false'
  return shownRecord(servicenow, table, row, fields, display)
}

function bodyOf({ rawBody }: SimulatorRequest): Record<string, unknown> {
  let body: unknown
  try {
    body = JSON.parse(rawBody.toString('utf8'))
  } catch {
    body = null
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new AnswerNow(
      serviceNowError(400, 'Exception while reading request', 'The payload is not valid JSON.').answer,
    )
  }
  return body as Record<string, unknown>
}
