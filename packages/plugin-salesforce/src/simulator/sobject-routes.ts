import {
  emptyAnswer,
  jsonAnswer,
  param,
  type Route,
  type SimulatorAnswer,
  type SimulatorRequest,
} from '@tripline/adapter-testkit/simulator'
import type { JsonObject } from '@tripline/core'
import { toLongId } from '../record-id.ts'
import { apiRoute } from './api-route.ts'
import { createRecord, requireObject, type SaveOptions, shownRecord, updateCase } from './case-save.ts'
import { describeObject } from './describe.ts'
import type { StoredRecord } from './fields.ts'
import { isWritable, type SalesforceUser, visibleFields } from './org.ts'
import type { Salesforce } from './salesforce.ts'
import { errorAnswer, notFound, salesforceError } from './salesforce-error.ts'

/** Records of one object: describing, making, reading, changing, deleting, and upserting by an external id. */
export function sobjectRoutes(salesforce: Salesforce): readonly Route[] {
  const { org, store } = salesforce
  const route = apiRoute.bind(null, salesforce)
  return [
    route('GET', '/sobjects/:type/describe', (request) =>
      jsonAnswer(200, describeObject(org, requireObject(org, param(request, 'type')))),
    ),
    route('POST', '/sobjects/:type', (request, user) => {
      const record = createRecord(salesforce, param(request, 'type'), bodyOf(request), saving(request, user))
      return saved(201, record)
    }),
    route('GET', '/sobjects/:type/:id', (request) => {
      const object = requireObject(org, param(request, 'type'))
      return jsonAnswer(200, shownRecord(org, object, requireRecord(salesforce, request)))
    }),
    route('PATCH', '/sobjects/:type/:id', (request, user) => {
      const record = requireRecord(salesforce, request)
      if (isModifiedSince(request, record))
        return errorAnswer(412, 'PRECONDITION_FAILED', 'The record was modified.')
      updateCase(salesforce, record, bodyOf(request), saving(request, user))
      return emptyAnswer(204)
    }),
    route('DELETE', '/sobjects/:type/:id', (request) => {
      const id = String(requireRecord(salesforce, request)['Id'])
      if (requireObject(org, param(request, 'type')).name === 'Case') salesforce.removeCase(id)
      else store.remove(param(request, 'type'), id)
      return emptyAnswer(204)
    }),
    route('PATCH', '/sobjects/:type/:field/:value', (request, user) => upserted(salesforce, request, user)),
  ]
}

function upserted(salesforce: Salesforce, request: SimulatorRequest, user: SalesforceUser): SimulatorAnswer {
  const { org, store } = salesforce
  const object = requireObject(org, param(request, 'type'))
  const [name, value] = [param(request, 'field'), param(request, 'value')]
  const field = visibleFields(org, object).find((known) => known.name === name)
  if (field?.externalId !== true) {
    throw notFound(`Provided external ID field does not exist or is not accessible: ${name}`)
  }
  const body = bodyOf(request)
  if (name in body || 'Id' in body) {
    throw salesforceError(
      400,
      'INVALID_FIELD',
      `The ${name} field should not be specified in the sobject data.`,
    )
  }
  if (!isWritable(org, object, field)) {
    throw salesforceError(
      400,
      'INVALID_FIELD_FOR_INSERT_UPDATE',
      `Unable to create/update fields: ${name}.`,
      [name],
    )
  }
  const found = store
    .rows(object.name)
    .filter((row) => String(row[name]).toLowerCase() === value.toLowerCase())
  const [record, another] = found
  if (another !== undefined) {
    const urls = found.map(
      (row) => `/services/data/${param(request, 'version')}/sobjects/${object.name}/${row['Id']}`,
    )
    return jsonAnswer(300, urls)
  }
  if (record === undefined) {
    return saved(
      201,
      createRecord(salesforce, object.name, { ...body, [name]: value }, saving(request, user)),
    )
  }
  updateCase(salesforce, record, body, saving(request, user))
  return saved(200, record)
}

function saved(status: 200 | 201, record: StoredRecord): SimulatorAnswer {
  return jsonAnswer(status, { id: record['Id'], success: true, errors: [], created: status === 201 })
}

/** Rules run unless the request says that they shall not. */
function saving(request: SimulatorRequest, user: SalesforceUser): SaveOptions {
  return {
    user,
    assign: String(request.headers['sforce-auto-assign']).toUpperCase() !== 'FALSE',
    asPerson: false,
  }
}

function bodyOf(request: SimulatorRequest): JsonObject {
  try {
    const body: unknown = JSON.parse(request.rawBody.toString('utf8'))
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as JsonObject
  } catch {
    // Said below.
  }
  throw salesforceError(400, 'JSON_PARSER_ERROR', 'The HTTP entity body is no JSON object')
}

function requireRecord({ org, store }: Salesforce, request: SimulatorRequest): StoredRecord {
  const object = requireObject(org, param(request, 'type'))
  const id = toLongId(param(request, 'id'))
  if (id !== null && store.isDeleted(id)) throw salesforceError(404, 'ENTITY_IS_DELETED', 'entity is deleted')
  const record = id === null ? null : store.find(object.name, id)
  if (record === null) throw notFound()
  return record
}

function isModifiedSince(request: SimulatorRequest, record: StoredRecord): boolean {
  const since = request.headers['if-unmodified-since']
  if (since === undefined) return false
  const at = Date.parse(since)
  if (Number.isNaN(at)) throw salesforceError(400, 'BAD_REQUEST', 'If-Unmodified-Since is no date')
  return Number(record['LastModifiedDate']) > at
}
