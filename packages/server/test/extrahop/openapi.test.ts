import { streamKinds } from '@tripline/core'
import { readFile } from 'node:fs/promises'
import { startTriggerThread } from '@tripline/triggers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { restRoutes } from '../../src/extrahop/index.ts'
import { record, startRestApp, type RestApp } from './rest-app.ts'

type Fields = Readonly<Record<string, string>>

const tables = JSON.parse(
  await readFile(new URL('../fixtures/extrahop-fields.json', import.meta.url), 'utf8'),
) as Readonly<Record<string, Fields>>

let rest: RestApp
beforeAll(async () => {
  rest = await startRestApp()
})
afterAll(() => rest[Symbol.asyncDispose]())

/** What is wrong with a value by the tables of fields. */
function problems(value: unknown, type: string, path: string): readonly string[] {
  if (type.endsWith('?')) return value === null ? [] : problems(value, type.slice(0, -1), path)
  if (type.endsWith('[]')) {
    if (!Array.isArray(value)) return [`${path} is no list`]
    return value.flatMap((each, index) => problems(each, type.slice(0, -2), `${path}[${index}]`))
  }
  const fields = tables[type]
  if (fields !== undefined) {
    if (typeof value !== 'object' || value === null) return [`${path} is no ${type}`]
    const named = Object.keys({ ...fields, ...value })
    return named.flatMap((name) => {
      const member = (value as Record<string, unknown>)[name]
      const wanted = fields[name]
      return wanted === undefined
        ? [`${path}.${name} is in no table`]
        : problems(member, wanted, `${path}.${name}`)
    })
  }
  return isOf(value, type) ? [] : [`${path} is ${JSON.stringify(value)}, not ${type}`]
}

function isOf(value: unknown, type: string): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value)
    case 'milliseconds':
      return Number.isInteger(value) && (value as number) > 1_000_000_000_000
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value)
    case 'any':
      return value !== undefined
    default:
      return typeof value === type
  }
}

describe('the answers', () => {
  it('have exactly the fields of the tables, with their types', async () => {
    await rest.ingest(
      record(1, {
        description: null,
        mitre_tactics: [{ id: 'TA0007' }],
        mitre_techniques: [
          { id: 'T1087', name: 'Account Discovery', url: 'https://x.example', legacy_ids: ['T1'] },
        ],
        participants: [{ id: 5, object_type: 'device', object_id: 7, role: 'victim', usernames: ['u'] }, {}],
        properties: { certificate: 'CN=x' },
        recommended: true,
        recommended_factors: ['rare_type'],
      }),
      record(2, { description: 'x', end_time: 1_700_000_090_000, risk_score: null }),
    )
    await rest.call('PATCH', '/api/v1/detections/2', {
      body: { status: 'closed', resolution: 'action_taken', assignee: 'a', ticket_id: 'b' },
    })
    await rest.call('PUT', '/api/v1/detections/2/notes', { body: { note: 'x' } })
    await rest.call('POST', '/api/v1/detections/formats', { body: { type: 'x', display_name: 'x' } })
    const rule = { detection_type: 'x', offender: 'Any', victim: { object_type: 'device', object_id: 1 } }
    await rest.call('POST', '/api/v1/detections/rules/hiding', {
      body: { ...rule, expiration: 2_000_000_000_000 },
    })
    const answers = [
      ['/detections', 'Detection[]'],
      ['/detections/1', 'Detection'],
      ['/detections/1/notes', 'DetectionNote'],
      ['/detections/2/notes', 'DetectionNote'],
      ['/detections/formats', 'DetectionFormat[]'],
      ['/detections/rules/hiding', 'HidingRule[]'],
      ['/extrahop', 'System'],
      ['/extrahop/ticketing', 'Ticketing'],
    ] as const
    for (const [path, type] of answers) {
      const { status, json } = await rest.call('GET', `/api/v1${path}`)
      expect([path, status, problems(json, type, type)]).toEqual([path, 200, []])
      if (Array.isArray(json)) expect(json.length).toBeGreaterThan(0)
    }
  })

  it('are as the operations declare them', async () => {
    const trigger = { name: 'Any', script: 'return', events: ['DETECTION_UPDATE'] }
    await rest.call('POST', '/api/v1/triggers', { body: trigger })
    const thread = startTriggerThread()
    const routes = restRoutes({
      database: rest.app.database,
      triggers: { database: rest.app.database, thread },
      extrahopVersion: '9.8.0',
      now: () => new Date(),
      streams: rest.app.streams,
    })
    const ids: Readonly<Record<string, string>> = {
      '/detections/formats/:id': 'x',
      '/detections/rules/hiding/:id': '1',
      '/triggers/:id': '1',
    }
    for (const { method, path, answer } of routes) {
      // Targets have a test of their own.
      if (method !== 'GET' || path.startsWith('/odstargets/')) continue
      const query = path.endsWith('/related') ? '?from=1&until=0' : ''
      const { status, json } = await rest.call(
        'GET',
        `/api/v1${path.replace(':id', ids[path] ?? '1')}${query}`,
      )
      expect([path, status, answer.schema?.safeParse(json).error]).toEqual([path, 200, undefined])
    }
  })
})

describe('the description', () => {
  interface Description {
    readonly openapi: string
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
    readonly components: { readonly schemas: Readonly<Record<string, { readonly properties: object }>> }
  }
  interface Operation {
    readonly operationId: string
    readonly parameters: readonly { readonly in: string; readonly name: string; readonly required: boolean }[]
    readonly requestBody?: { readonly content: object }
    readonly responses: Readonly<Record<string, object>>
  }
  const describe_ = async (): Promise<Description> =>
    (await rest.call('GET', '/api/v1/openapi.json', { authorization: null })).json

  it('is OpenAPI 3.1 and has every operation that is served', async () => {
    const { openapi, paths } = await describe_()
    expect(openapi).toBe('3.1.0')
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(operations.toSorted()).toEqual(
      [
        'GET /detections',
        'POST /detections/search',
        'GET /detections/{id}',
        'PATCH /detections/{id}',
        'PATCH /detections/tickets',
        'GET /detections/{id}/notes',
        'PUT /detections/{id}/notes',
        'DELETE /detections/{id}/notes',
        'GET /detections/{id}/related',
        'GET /detections/{id}/investigations',
        'GET /detections/formats',
        'POST /detections/formats',
        'GET /detections/formats/{id}',
        'PATCH /detections/formats/{id}',
        'DELETE /detections/formats/{id}',
        'GET /detections/rules/hiding',
        'POST /detections/rules/hiding',
        'GET /detections/rules/hiding/{id}',
        'PATCH /detections/rules/hiding/{id}',
        'DELETE /detections/rules/hiding/{id}',
        'GET /extrahop',
        'GET /extrahop/version',
        'GET /networks',
        'GET /extrahop/ticketing',
        'PATCH /extrahop/ticketing',
        'GET /odstargets',
        ...streamKinds.flatMap((kind) => [
          `GET /odstargets/${kind}`,
          `POST /odstargets/${kind}`,
          `GET /odstargets/${kind}/{name}`,
          `DELETE /odstargets/${kind}/{name}`,
        ]),
        'GET /triggers',
        'POST /triggers',
        'POST /triggers/externaldata',
        'GET /triggers/{id}',
        'PATCH /triggers/{id}',
        'DELETE /triggers/{id}',
        'GET /openapi.json',
      ].toSorted(),
    )
  })

  it('names its parts once, refers to nothing that is not there, and describes the fields of the tables', async () => {
    const description = await describe_()
    const text = JSON.stringify(description)
    const referred = [...text.matchAll(/"\$ref":"(?<ref>[^"]+)"/gu)].map(
      ({ groups }) => groups?.['ref'] ?? '',
    )
    expect(new Set(referred).size).toBeGreaterThan(5)
    const { schemas } = description.components
    expect(referred.filter((ref) => schemas[ref.replace('#/components/schemas/', '')] === undefined)).toEqual(
      [],
    )
    const operations = Object.values(description.paths).flatMap((methods) => Object.values(methods))
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
    for (const name of ['Detection', 'DetectionNote', 'DetectionFormat', 'HidingRule', 'Ticketing', 'System'])
      expect(Object.keys(schemas[name]?.properties ?? {}).toSorted()).toEqual(
        Object.keys(tables[name] ?? {}).toSorted(),
      )
  })

  it('says what each operation takes and answers', async () => {
    const { paths } = await describe_()
    const patch = paths['/detections/{id}']?.['patch']
    expect(patch?.parameters).toEqual([
      { in: 'path', name: 'id', required: true, schema: { type: 'string' } },
    ])
    expect(Object.keys(patch?.responses ?? {})).toEqual(['204', '401', '403', '404', '422'])
    expect(patch?.requestBody?.content).toMatchObject({
      'application/json': { schema: { properties: { status: {}, ticket_id: {}, participants: {} } } },
    })
    expect(
      paths['/detections/{id}/related']?.['get']?.parameters.map(({ name, required }) => [name, required]),
    ).toEqual([
      ['id', true],
      ['from', true],
      ['until', true],
    ])
  })
})
