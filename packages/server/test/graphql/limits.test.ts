import { once } from 'node:events'
import { Readable } from 'node:stream'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Principal } from '../../src/access/principal.ts'
import { createDatabase } from '../../src/database/client.ts'
import { startGraphqlServer, type GraphqlServer } from './graphql-server.ts'

let server: GraphqlServer
beforeAll(async () => {
  server = await startGraphqlServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const codeOf = async (query: string, variables: object = {}): Promise<unknown> =>
  (await server.request(query, { variables })).errors[0]?.extensions?.['code']

describe('an operation is refused', () => {
  it('when it is nested too deeply, in fragments too', async () => {
    const nested = (depth: number): string =>
      depth === 0 ? '{ title }' : `{ ticketLinks { detection ${nested(depth - 1)} } }`
    expect(await codeOf(`{ detection(detectionId: 1) ${nested(3)} }`)).toBeUndefined()
    expect(await codeOf(`{ detection(detectionId: 1) ${nested(9)} }`)).toBe('TOO_COMPLEX')
    expect(
      await codeOf(
        `{ detection(detectionId: 1) ${nested(4).replace('{ title }', '{ ...F }')} } fragment F on Detection ${nested(5)}`,
      ),
    ).toBe('TOO_COMPLEX')
  })

  it('when it renames too much', async () => {
    const fields = Array.from({ length: 101 }, (_, index) => `a${index}: title`).join(' ')
    expect(await codeOf(`{ detection(detectionId: 1) { ${fields} } }`)).toBe('TOO_COMPLEX')
  })

  it('when its pages multiply to too much, in variables too', async () => {
    const query =
      'query Q($n: Int!, $m: Int!) { detections(first: $n) { nodes { notes(first: $m) { nodes { text } } timeline(first: $m) { nodes { kind } } } } }'
    expect(await codeOf(query, { n: 50, m: 20 })).toBeUndefined()
    expect(await codeOf(query, { n: 200, m: 200 })).toBe('TOO_COMPLEX')
    expect(
      await codeOf(
        '{ detections(first: 200) { nodes { ...F } } } fragment F on Detection { notes(first: 200) { nodes { text } edges { node { text } } } }',
      ),
    ).toBe('TOO_COMPLEX')
  })

  it('when it has too many tokens', async () => {
    const { errors } = await server.request(`{ detection(detectionId: 1) { ${'title '.repeat(5_000)} } }`)
    expect(errors[0]?.message).toMatch(/token/iu)
  })

  it('when it asks for the schema, unless that is allowed', async () => {
    expect((await server.request('{ __schema { types { name } } }')).errors).not.toEqual([])
    await using open = await startGraphqlServer({ introspection: true })
    expect((await open.query('{ __schema { queryType { name } } }')).__schema.queryType.name).toBe('Query')
  })

  it('when it is larger than a request may be, also when it is declared to be smaller', async () => {
    await using small = await startGraphqlServer({ maxBodyBytes: 1_000 })
    const query = '{ detections { totalCount } }'
    for (const round of [1, 2]) {
      // The second time the query is known, and answered another way.
      expect({ round, status: (await small.request(query)).status }).toEqual({ round, status: 200 })
      const response = await fetch(small.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${small.adminKey}` },
        body: Readable.from([Buffer.from(JSON.stringify({ query, variables: { x: 'x'.repeat(2_000) } }))]),
        duplex: 'half',
      } as unknown as RequestInit)
      expect({ round, status: response.status }).toEqual({ round, status: 413 })
    }
  })

  it('when it is no GraphQL request, whatever was answered before', async () => {
    const query = '{ detections { totalCount } }'
    await server.query(query)
    for (const [body, status] of [
      ['', 400],
      ['{', 400],
      ['null', 400],
      [JSON.stringify({ query, extra: 1 }), 400],
      [JSON.stringify({ query, variables: [] }), 400],
      [JSON.stringify({ query, operationName: 'None' }), 400],
    ] as const) {
      const response = await fetch(server.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${server.adminKey}` },
        body,
      })
      expect({ body, status: response.status }).toEqual({ body, status })
      expect(((await response.json()) as { errors: unknown[] }).errors).toHaveLength(1)
    }
  })

  it('when it comes in a batch', async () => {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${server.adminKey}` },
      body: JSON.stringify([{ query: '{ viewer { name } }' }, { query: '{ viewer { name } }' }]),
    })
    expect(response.status).toBe(400)
  })

  it('when another site could have made a browser send it', async () => {
    const form = new URLSearchParams({ query: '{ viewer { name } }' })
    for (const request of [
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: form.toString(),
      },
      {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: JSON.stringify({ query: '{ viewer { name } }' }),
      },
      { method: 'GET', headers: { accept: 'application/json' } },
    ]) {
      const url = request.method === 'GET' ? `${server.url}?${form}` : server.url
      const response = await fetch(url, request)
      expect(response.status).toBe(403)
      expect(await response.text()).toContain('FORBIDDEN')
    }
    const response = await fetch(`${server.url}?${form}`, {
      headers: { authorization: `Bearer ${server.adminKey}` },
    })
    expect(await response.json()).toEqual({ data: { viewer: { name: 'ada' } } })
  })
})

describe('a detection id', () => {
  it.each(['"9223372036854775808"', '9223372036854775808', '0', '"x"', '1.5', 'true'])(
    'is refused when it is %s',
    async (id) => {
      const { errors, data } = await server.request(`{ detection(detectionId: ${id}) { title } }`)
      expect(errors).toHaveLength(1)
      expect(errors[0]?.message).toMatch(/detection id|DetectionId|64 bits/iu)
      expect(data).toBeNull()
    },
  )

  it('is exact beyond 53 bits, as literal and as text', async () => {
    const id = '9007199254740993'
    await server.ingest({ externalId: 'large', preferredId: id })
    expect(
      await server.query(
        `{ a: detection(detectionId: ${id}) { detectionId } b: detection(detectionId: "${id}") { detectionId } }`,
      ),
    ).toEqual({
      a: { detectionId: id },
      b: { detectionId: id },
    })
    expect(
      (
        await server.query('query Q($id: DetectionId!) { detection(detectionId: $id) { detectionId } }', {
          id,
        })
      ).detection.detectionId,
    ).toBe(id)
  })
})

describe('an error', () => {
  it('that nobody expected is masked for the client and whole in the log', async () => {
    await using broken = await startGraphqlServer()
    await broken.ingest({})
    await broken.database.pool.query('alter table tracking_settings rename to gone')
    for (const query of [
      '{ trackingSettings { mode } }',
      '{ detections { nodes { allowedTransitions } } }',
    ]) {
      const { errors, text } = await broken.request(query)
      expect(errors).toMatchObject([
        {
          message: 'Unexpected error.',
          extensions: { code: 'INTERNAL_SERVER_ERROR', traceId: expect.any(String) },
        },
      ])
      expect(text).not.toContain('tracking_settings')
      const traceId = errors[0]?.extensions?.['traceId']
      const entry = broken.logged.find((line) => line['traceId'] === traceId)
      expect(JSON.stringify(entry)).toContain('tracking_settings')
    }
  })

  it('says so when the database is away, and not any more when it is back', async () => {
    await using home = await startGraphqlServer()
    const sockets = new Set<Socket>()
    const target = new URL(home.connectionString)
    const proxy = createServer((socket) => {
      const upstream = connect(Number(target.port), target.hostname)
      for (const end of [socket, upstream]) sockets.add(end.on('error', () => undefined))
      socket.pipe(upstream).pipe(socket)
    }).listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const { port } = proxy.address() as AddressInfo
    await using database = createDatabase(Object.assign(new URL(target), { port: String(port) }).href)
    await using server = await startGraphqlServer({ database, authenticate: async () => principal })

    const count = '{ detections { totalCount } }'
    expect(await server.query(count)).toEqual({ detections: { totalCount: 0 } })
    proxy.close()
    for (const socket of sockets) socket.destroy()
    for (const query of [count, '{ trackingSettings { mode } }']) {
      const { errors, status } = await server.request(query)
      expect({ status, code: errors[0]?.extensions?.['code'] }).toEqual({
        status: 503,
        code: 'DATABASE_UNAVAILABLE',
      })
    }
    proxy.listen(port, '127.0.0.1')
    await once(proxy, 'listening')
    expect(await server.query(count)).toEqual({ detections: { totalCount: 0 } })
    for (const socket of sockets) socket.destroy()
    proxy.close()
  })
})

const principal: Principal = { name: 'ada', username: 'ada', role: 'admin', keyId: 'k' }
