import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { record, startRestApp, type RestApp } from './rest-app.ts'

let rest: RestApp
beforeAll(async () => {
  rest = await startRestApp({ TRIPLINE_MAX_BODY_BYTES: '1048576' })
  await rest.ingest(record(1))
})
afterAll(() => rest[Symbol.asyncDispose]())

const operations = [
  ['PATCH', '/api/v1/detections/1'],
  ['PATCH', '/api/v1/detections/tickets'],
  ['POST', '/api/v1/detections/search'],
  ['PUT', '/api/v1/detections/1/notes'],
  ['POST', '/api/v1/detections/formats'],
  ['PATCH', '/api/v1/detections/formats/x'],
  ['POST', '/api/v1/detections/rules/hiding'],
  ['PATCH', '/api/v1/extrahop/ticketing'],
  ['POST', '/api/v1/odstargets/http'],
] as const

const bodies: readonly (readonly [string, string | Uint8Array])[] = [
  ['half of an object', '{"status":'],
  ['text', 'hello'],
  ['a list', '[]'],
  ['null', 'null'],
  ['a string', '"x"'],
  ['a number', '1'],
  ['bytes that are not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d])],
  ['a nest without end', '['.repeat(500_000)],
  ['a deep nest', `{"filter":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`],
  [
    'a deep operand',
    `{"properties":[{"property":"p","operator":"=","operand":${'['.repeat(20_000)}${']'.repeat(20_000)}}]}`,
  ],
  ['prototype keys', '{"__proto__":{"status":"closed"},"constructor":{"prototype":{"x":1}},"toString":1}'],
  [
    'wrong types everywhere',
    '{"status":{},"filter":1,"note":[],"ticket_id":{},"sort":"x","participants":{"length":1e9}}',
  ],
  [
    'numbers beyond all bounds',
    '{"limit":1e400,"from":-1e400,"offset":9223372036854775808,"participants":[{"id":1e99}]}',
  ],
  [
    'NUL and half a character',
    '{"assignee":"a\\u0000b","note":"\\ud800","ticket_id":"\\ud800","types":["\\u0000"]}',
  ],
  ['a body that is not allowed to be so large', `{"note":"${'x'.repeat(1_048_576)}"}`],
]

describe.each(operations)('%s %s', (method, path) => {
  it.each(bodies)('answers %s in the shape of its errors, or as if it were nothing', async (_, body) => {
    const { status, text, json } = await rest.call(method, path, { body })
    if (status < 300) return
    expect([400, 404, 413, 422]).toContain(status)
    expect(text.length).toBeLessThan(20_000)
    expect(json).toEqual({
      error_message: json.detail,
      type: expect.stringMatching(/^[a-z_]+$/u),
      detail: json.detail,
    })
  })
})

it('prototype keys change nothing', async () => {
  await rest.call('PATCH', '/api/v1/detections/1', { body: '{"__proto__":{"status":"closed"}}' })
  expect((await rest.call('GET', '/api/v1/detections/1')).json.status).toBeNull()
  expect(({} as Record<string, unknown>)['status']).toBeUndefined()
})

it('a body larger than allowed is 413, and one without credentials is not read at all', async () => {
  const body = `{"note":"${'x'.repeat(1_048_576)}"}`
  expect((await rest.call('PUT', '/api/v1/detections/1/notes', { body })).status).toBe(413)
  const refused = await rest.call('PUT', '/api/v1/detections/1/notes', { body, authorization: null })
  expect([refused.status, Object.keys(refused.json)]).toEqual([401, ['error_message']])
})

it.each([
  ['GET', '/api/v1', 404],
  ['GET', '/api/v1/nothing', 404],
  ['GET', '/api/v1/detections/1/nothing', 404],
  ['POST', '/api/v1/detections/1', 405],
  ['DELETE', '/api/v1/detections/1', 405],
  ['GET', '/api/v1/detections/tickets', 404],
  ['GET', '/api/v1/detections/%ff', 404],
  ['GET', '/api/v1/detections?limit=many', 400],
])('%s %s is %i, in the shape of the errors', async (method, path, status) => {
  const answer = await rest.call(method, path)
  expect([answer.status, Object.keys(answer.json)]).toEqual([status, ['error_message', 'type', 'detail']])
})

it('nothing of all this was a fault of ours', () => {
  expect(rest.app.logged).toEqual([])
})

it('a database that is away is 503', async () => {
  await using other = await startRestApp()
  await other.app.loseDatabase()
  const { status, json, headers } = await other.call('GET', '/api/v1/detections')
  expect([status, headers.get('retry-after')]).toEqual([503, '5'])
  expect(json).toMatchObject({ type: 'database_unavailable' })
})
