import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { openApiValidator, type OpenApiCheck } from '@tripline/adapter-testkit/openapi'
import { isObject } from './json-body.ts'

type Mutable = Record<string, unknown>

/** One of Atlassian's OpenAPI documents, mended where it contradicts the product it describes. */
export interface AtlassianDocument {
  readonly flavour: 'cloud' | 'data-center'
  readonly apiVersion: '2' | '3'
  readonly check: OpenApiCheck
}

/** @throws Error when the file is none of Jira's platform documents. */
export async function readAtlassianDocument(path: string): Promise<AtlassianDocument> {
  const bytes = await readFile(path)
  const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b
  const document: unknown = JSON.parse((gzipped ? gunzipSync(bytes) : bytes).toString('utf8'))
  if (!isObject(document) || !isObject(document['paths'])) throw new Error(`${path} is no OpenAPI document`)
  const paths = document['paths']
  if ('/api/2/issue' in paths) {
    return {
      flavour: 'data-center',
      apiVersion: '2',
      check: openApiValidator(mended(document, mendDataCenter)),
    }
  }
  for (const apiVersion of ['3', '2'] as const) {
    if (`/rest/api/${apiVersion}/issue` in paths) {
      const check = openApiValidator(mended(document, (copy) => mendCloud(copy, apiVersion)))
      return { flavour: 'cloud', apiVersion, check }
    }
  }
  throw new Error(`${path} is not a document of Jira's platform API`)
}

function mended(document: object, mend: (copy: Mutable) => void): Mutable {
  const copy = structuredClone(document) as Mutable
  mend(copy)
  return copy
}

function mendCloud(document: Mutable, version: '2' | '3'): void {
  // A change from or to nothing has null there; nobody is assigned by a null account.
  for (const name of ['from', 'fromString', 'to', 'toString']) allowNull(document, 'ChangeDetails', name)
  allowNull(document, 'User', 'accountId')
  // Without a global id the answer is the list.
  mendAnswer(document, `/rest/api/${version}/issue/{issueIdOrKey}/remotelink`, 'get', oneOrMany)
}

/** Lists that the document describes by their item only. */
const DATA_CENTER_LISTS = [
  'field',
  'issuetype',
  'priority',
  'project',
  'project/{projectIdOrKey}/statuses',
  'resolution',
  'status',
  'user/assignable/search',
  'user/search',
]

function mendDataCenter(document: Mutable): void {
  for (const path of DATA_CENTER_LISTS) mendAnswer(document, `/api/2/${path}`, 'get', listOf)
  mendAnswer(document, '/api/2/issue/{issueIdOrKey}/remotelink', 'get', oneOrMany)
  for (const path of ['issuetypes', 'issuetypes/{issueTypeId}']) {
    mendAnswer(document, `/api/2/issue/createmeta/{projectIdOrKey}/${path}`, 'get', (item) => ({
      type: 'object',
      required: ['values', 'startAt', 'maxResults', 'total'],
      properties: { values: listOf(item) },
    }))
  }
  // Every field is declared an object, and so is every value of an operation.
  for (const bean of ['IssueBean', 'IssueUpdateBean']) {
    setSchema(document, bean, 'fields', { type: 'object', additionalProperties: {} })
  }
  setSchema(document, 'FieldMetaBean', 'allowedValues', { type: 'array', items: {} })
  setSchema(document, 'FieldMetaBean', 'defaultValue', {})
  // Names separated by commas, called an object.
  object(object(document, 'components'), 'schemas')['StringList'] = { type: 'string' }
  setSchema(document, 'EntityPropertyBean', 'value', {})
  for (const name of ['from', 'fromString', 'to', 'toString']) allowNull(document, 'ChangeItemBean', name)
  allowNull(document, 'UserBean', 'name')

  const property = operation(document, '/api/2/issue/{issueIdOrKey}/properties/{propertyKey}', 'put')
  property['requestBody'] = { content: { 'application/json': { schema: {} } } }
  const link = object(operation(document, '/api/2/issue/{issueIdOrKey}/remotelink', 'post'), 'responses')
  link['201'] = { description: 'Created', content: object(link, '200')['content'] }
  const transitions = operation(document, '/api/2/issue/{issueIdOrKey}/transitions', 'get')
  transitions['parameters'] = [
    ...(transitions['parameters'] as unknown[]),
    { name: 'expand', in: 'query', schema: { type: 'string' } },
  ]
}

function listOf(items: unknown): Mutable {
  return { type: 'array', items }
}

function oneOrMany(item: unknown): Mutable {
  return { oneOf: [item, listOf(item)] }
}

function mendAnswer(
  document: Mutable,
  path: string,
  method: string,
  mend: (schema: unknown) => Mutable,
): void {
  const answer = object(object(operation(document, path, method), 'responses'), '200')
  const media = object(object(answer, 'content'), 'application/json')
  media['schema'] = mend(media['schema'])
}

function allowNull(document: Mutable, schema: string, property: string): void {
  object(properties(document, schema), property)['nullable'] = true
}

function setSchema(document: Mutable, schema: string, property: string, value: Mutable): void {
  properties(document, schema)[property] = value
}

function properties(document: Mutable, schema: string): Mutable {
  return object(object(object(object(document, 'components'), 'schemas'), schema), 'properties')
}

function operation(document: Mutable, path: string, method: string): Mutable {
  return object(object(object(document, 'paths'), path), method)
}

function object(parent: Mutable, name: string): Mutable {
  const child = parent[name]
  if (!isObject(child)) throw new Error(`The document has no ${name} where one is mended`)
  return child
}
