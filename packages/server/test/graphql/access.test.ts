import { getOperationAST, parse, type GraphQLObjectType } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Forbidden, Unauthenticated } from '@tripline/core'
import { roles, type Principal } from '../../src/access/principal.ts'
import { checkAccess } from '../../src/graphql/execution/access.ts'
import { permissionOf } from '../../src/graphql/field-options.ts'
import { buildSchema } from '../../src/graphql/schema.ts'
import { startGraphqlServer, type GraphqlServer } from './graphql-server.ts'

const schema = buildSchema()
const rootTypes = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(
  (type): type is GraphQLObjectType => type !== null && type !== undefined,
)

let server: GraphqlServer
beforeAll(async () => {
  server = await startGraphqlServer()
})
afterAll(() => server[Symbol.asyncDispose]())

describe('the root fields', () => {
  it('each declare the permission they need', () => {
    expect(rootTypes.map(({ name }) => name)).toEqual(['Query', 'Mutation', 'Subscription'])
    const fields = rootTypes.flatMap((type) =>
      Object.values(type.getFields()).map((field) => ({
        name: `${type.name}.${field.name}`,
        permission: permissionOf(field),
      })),
    )
    expect(fields.length).toBeGreaterThan(25)
    expect(fields.filter(({ permission }) => permission === undefined)).toEqual([])
    // What changes something is never allowed to those who may only look.
    expect(
      fields.filter(({ name, permission }) => name.startsWith('Mutation.') && permission === 'read'),
    ).toEqual([])
  })

  it('that declare none are allowed to nobody', () => {
    const [query] = rootTypes
    if (query === undefined) throw new Error('There is no query type')
    const admin: Principal = { name: 'ada', username: 'ada', role: 'admin', keyId: 'k' }
    expect(() => checkAccess(admin, query, ['detections'])).not.toThrow()
    expect(() => checkAccess(admin, query, ['notDeclared'])).toThrow(Forbidden)
    expect(() => checkAccess(null, query, ['detections'])).toThrow(Unauthenticated)
  })
})

describe('a request', () => {
  it.each([
    ['{ detections { totalCount } }'],
    ['{ ...F } fragment F on Query { viewer { name } }'],
    ['query Q($id: DetectionId!) { detection(detectionId: $id) { title } }'],
    ['mutation { addDetectionNote(input: { detectionId: 1, text: "x" }) { error { code } } }'],
  ])('without credentials is answered with 401: %s', async (query) => {
    const answer = await server.request(query, { key: null })
    expect(answer).toMatchObject({
      status: 401,
      data: null,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    })
  })

  it('with a key that nobody made is answered with 401', async () => {
    expect(await server.request('{ viewer { name } }', { key: 'tl_nonsense' })).toMatchObject({
      status: 401,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    })
  })

  it('is carried out by those roles that may, and by no others', async () => {
    const operations = {
      '{ detections { totalCount } }': ['admin', 'analyst', 'viewer', 'integration'],
      '{ apiKeys { keyId } }': ['admin'],
      'mutation { ingestDetections(input: { source: "s", detections: [] }) { error { code } } }': [
        'admin',
        'integration',
      ],
      'mutation { updateDetectionTracking(input: { detectionIds: [4] }) { results { error { code } } } }': [
        'admin',
        'analyst',
        'integration',
      ],
      'mutation { updateTrackingSettings(input: { dryRun: true }) { error { code } } }': ['admin'],
      'mutation { deleteTicketingConnection(id: "x") { error { code } } }': ['admin'],
      'mutation { retryTicketSync(linkId: "x") { error { code } } }': ['admin', 'analyst', 'integration'],
      'mutation { revokeApiKey(keyId: "x") { error { code } } }': ['admin'],
    }
    for (const role of roles) {
      const key = await server.key(role, role === 'integration' ? undefined : `${role}-person`)
      for (const [query, allowed] of Object.entries(operations)) {
        const { status, errors } = await server.request(query, { key })
        const name = `${role}: ${query}`
        if (allowed.includes(role)) expect({ name, errors }).toEqual({ name, errors: [] })
        else
          expect({ name, status, code: errors[0]?.extensions?.['code'] }).toEqual({
            name,
            status: 403,
            code: 'FORBIDDEN',
          })
      }
    }
  })

  it('is refused to those who may not, also when it was answered to others before', async () => {
    const query = '{ ticketingConnections { name } }'
    for (let round = 0; round < 3; round += 1) expect((await server.request(query)).status).toBe(200)
    expect(await server.request(query, { key: null })).toMatchObject({
      status: 401,
      errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    })
    expect(await server.request(query, { key: 'tl_nonsense' })).toMatchObject({ status: 401 })
    const key = await server.key('viewer', 'val')
    const { createApiKey } = await server.query(
      'mutation { createApiKey(input: { name: "gone", role: VIEWER, username: "val" }) { key apiKey { keyId } } }',
    )
    expect((await server.request(query, { key: createApiKey.key })).status).toBe(200)
    await server.query(`mutation { revokeApiKey(keyId: "${createApiKey.apiKey.keyId}") { error { code } } }`)
    expect((await server.request(query, { key: createApiKey.key })).status).toBe(401)
    expect((await server.request(query, { key })).status).toBe(200)
  })

  it('is refused as a whole when one of its fields is', async () => {
    const key = await server.key('viewer', 'vic')
    const query = '{ viewer { name } apiKeys { keyId } }'
    expect(getOperationAST(parse(query))).not.toBeNull()
    expect(await server.request(query, { key })).toMatchObject({ data: null, status: 403 })
  })
})
