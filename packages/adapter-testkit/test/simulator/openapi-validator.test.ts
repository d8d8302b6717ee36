import { describe, expect, it } from 'vitest'
import { openApiValidator } from '@tripline/adapter-testkit/openapi'
import { jsonAnswer, type Exchange } from '@tripline/adapter-testkit/simulator'

const document = {
  openapi: '3.0.1',
  info: { title: 'Pets', version: '1' },
  servers: [{ url: 'http://{baseurl}/rest' }],
  paths: {
    '/pets': {
      post: {
        operationId: 'addPet',
        parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer' } }],
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Pet' } } } },
        responses: {
          201: {
            description: 'added',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Pet' } } },
          },
        },
      },
    },
  },
  components: {
    schemas: {
      Pet: {
        type: 'object',
        required: ['name'],
        additionalProperties: false,
        properties: {
          name: { type: 'string' },
          toString: { type: 'string' },
          friend: { $ref: '#/components/schemas/Pet' },
        },
      },
    },
  },
}

function exchange(given: {
  path?: string
  query?: string
  body?: unknown
  status?: number
  answer?: unknown
}): Exchange {
  return {
    request: {
      method: 'POST',
      path: given.path ?? '/rest/pets',
      query: given.query ?? '',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(given.body ?? { name: 'Rex' }),
    },
    answer: jsonAnswer(given.status ?? 201, given.answer ?? { name: 'Rex' }),
    fault: null,
  }
}

describe('openApiValidator', () => {
  it('finds nothing wrong in what the document allows, recursive schemas included', () => {
    const check = openApiValidator(document)
    const body = { name: 'Rex', friend: { name: 'Tom', friend: { name: 'Ann' } } }
    expect(check(exchange({ body, query: 'limit=5' }))).toEqual([])
    expect(check.counts).toMatchObject({ requests: 1, answers: 1 })
    expect([...check.counts.operations]).toEqual(['addPet'])
  })

  it.each([
    ['a body of the wrong type', { body: { name: 5 } }, 'request body', '/name'],
    ['a field nobody knows', { body: { name: 'Rex', age: 5 } }, 'request body', ''],
    ['a query parameter nobody knows', { query: 'startAt=5' }, 'query', ''],
    ['a wrong query parameter', { query: 'limit=many' }, 'query', '/limit'],
    ['an answer without what is required', { answer: {} }, 'answer', ''],
    [
      'a wrong answer deep inside',
      { answer: { name: 'Rex', friend: { name: null } } },
      'answer',
      '/friend/name',
    ],
    ['a success that is not declared', { status: 200 }, 'answer', ''],
  ])('reports %s', (_what, given, where, pointer) => {
    expect(openApiValidator(document)(exchange(given))).toMatchObject([
      { method: 'POST', path: '/rest/pets', where, pointer },
    ])
  })

  it('counts what the document does not speak of', () => {
    const check = openApiValidator(document)
    expect(check(exchange({ path: '/rest/cars' }))).toEqual([])
    expect(check(exchange({ status: 429, body: { name: 5 } }))).toEqual([])
    expect([...check.counts.outside]).toEqual([['POST /rest/cars', 1]])
    expect([...check.counts.undeclared]).toEqual([['429 from addPet', 1]])
  })
})
