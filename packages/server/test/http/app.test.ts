import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { startTestApp } from './test-app.ts'

const traceIdPattern = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/u

/** Sends bytes as they are, and reads what comes until the other side closes. */
function exchangeRaw(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect(Number(port), hostname, () => socket.write(text))
    socket.setEncoding('utf8')
    socket.on('data', (part) => (answer += part))
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
  })
}

describe('health', () => {
  test('says that the process is alive and ready', async () => {
    await using app = await startTestApp()
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200)
    expect(await (await fetch(`${app.url}/readyz`)).json()).toEqual({ status: 'ready' })
  })

  test('names the migrations that a database lacks', async () => {
    await using app = await startTestApp()
    await sql`delete from kysely_migration where name = '0003-access'`.execute(app.database)
    const response = await fetch(`${app.url}/readyz`)
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({
      status: 'not ready',
      reasons: ['The database lacks the migrations 0003-access.'],
    })
  })

  test('is not ready when the database is gone, and alive all the same', async () => {
    await using app = await startTestApp()
    await app.loseDatabase()
    expect((await fetch(`${app.url}/readyz`)).status).toBe(503)
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200)
  })
})

describe('an answer', () => {
  test('of an unknown path is JSON that can be found in the log', async () => {
    await using app = await startTestApp()
    const response = await fetch(`${app.url}/nowhere`)
    expect(response.status).toBe(404)
    const { error } = (await response.json()) as { error: { traceId: string } }
    expect(error).toMatchObject({ code: 'NOT_FOUND', message: 'There is nothing at /nowhere.' })
    expect(error.traceId).toMatch(traceIdPattern)
    expect(response.headers.get('x-request-id')).toBe(error.traceId)
  })

  test('to a wrong method names the right ones', async () => {
    await using app = await startTestApp()
    const response = await fetch(`${app.url}/healthz`, { method: 'DELETE' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET'])
  })

  test('to HEAD has no body', async () => {
    await using app = await startTestApp()
    const response = await fetch(`${app.url}/healthz`, { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })

  test('carries the request id that was given, unless that is malformed', async () => {
    await using app = await startTestApp()
    const idOf = async (given: string): Promise<string | null> =>
      (await fetch(`${app.url}/healthz`, { headers: { 'x-request-id': given } })).headers.get('x-request-id')
    expect(await idOf('chain-7.a')).toBe('chain-7.a')
    expect(await idOf('a b')).toMatch(traceIdPattern)
    expect(await idOf('x'.repeat(129))).toMatch(traceIdPattern)
  })

  test('forbids sniffing, framing and loading', async () => {
    await using app = await startTestApp()
    const { headers } = await fetch(`${app.url}/healthz`)
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  test('to what is not HTTP is 400', async () => {
    await using app = await startTestApp()
    expect(await exchangeRaw(app.url, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [^]*"BAD_REQUEST"/u)
  })

  test('to headers beyond all measure is 431', async () => {
    await using app = await startTestApp()
    const request = `GET / HTTP/1.1\r\nhost: x\r\nx-large: ${'x'.repeat(20_000)}\r\n\r\n`
    expect(await exchangeRaw(app.url, request)).toMatch(/^HTTP\/1\.1 431 [^]*"HEADERS_TOO_LARGE"/u)
  })
})

describe('a page of another origin', () => {
  test('is not let in by default', async () => {
    await using app = await startTestApp()
    const headers = { origin: 'https://console.example', 'access-control-request-method': 'POST' }
    const response = await fetch(`${app.url}/healthz`, { headers })
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
    expect((await fetch(`${app.url}/healthz`, { method: 'OPTIONS', headers })).status).toBe(405)
  })

  test('is let in when the operator names it, and no other is', async () => {
    await using app = await startTestApp({ TRIPLINE_CORS_ORIGINS: 'https://console.example' })
    const preflight = (origin: string): Promise<Response> =>
      fetch(`${app.url}/graphql`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      })
    const allowed = await preflight('https://console.example')
    expect(allowed.status).toBe(204)
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://console.example')
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('a GraphQL request of 100 MB', () => {
  const size = 100 * 1024 * 1024

  test('is refused before it is read', async () => {
    await using app = await startTestApp()
    const chunk = Buffer.alloc(1024 * 1024, ' ')
    const before = process.memoryUsage().arrayBuffers
    const body = Readable.toWeb(
      Readable.from(
        (function* () {
          for (let sent = 0; sent < size; sent += chunk.length) yield chunk
        })(),
      ),
    ) as ReadableStream
    const response = await app.post('/graphql', body, { 'content-length': String(size) })
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ error: { code: 'BODY_TOO_LARGE' } })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(size / 2)
  })

  test('is refused without being sent when the client asks first', async () => {
    await using app = await startTestApp()
    const request = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: ${size}\r\nexpect: 100-continue\r\n\r\n`
    expect(await exchangeRaw(app.url, request)).toMatch(/^HTTP\/1\.1 413 [^]*"BODY_TOO_LARGE"/u)
  })
})

test('a webhook that asks before it sends is told to go on, although it is larger than a GraphQL request', async () => {
  await using app = await startTestApp({ TRIPLINE_MAX_BODY_BYTES: '1024' })
  const head =
    'POST /hooks/unknown HTTP/1.1\r\nhost: x\r\ncontent-length: 2000\r\nexpect: 100-continue\r\nconnection: close'
  const answer = await exchangeRaw(app.url, `${head}\r\n\r\n${'x'.repeat(2_000)}`)
  expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 404 /u)
})

describe('metrics', () => {
  test('are for whoever may read', async () => {
    await using app = await startTestApp()
    expect((await fetch(`${app.url}/metrics`)).status).toBe(401)
    const authorization = await app.authorization('viewer')
    const response = await fetch(`${app.url}/metrics`, { headers: { authorization } })
    expect(response.status).toBe(200)
    const text = await response.text()
    expect(text).toContain('tripline_http_requests_total{route="/metrics",method="GET",status="401"} 1')
    expect(text).toContain('tripline_jobs{state="ready"} 0')
    expect(text).toContain('tripline_ledger_held_back_seconds 0')
  })

  test('are for everybody when the operator says so', async () => {
    await using app = await startTestApp({ TRIPLINE_METRICS_PUBLIC: 'true' })
    expect((await fetch(`${app.url}/metrics`)).status).toBe(200)
  })
})

test('a client that goes away while it is refused is not an error', async () => {
  await using app = await startTestApp()
  const { hostname, port } = new URL(app.url)
  const closed = new Promise<void>((resolve) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 100000000\r\n\r\nbegun'),
    )
    socket.once('data', () => socket.resetAndDestroy())
    socket.on('close', () => resolve())
    socket.on('error', () => undefined)
  })
  await closed
  expect((await fetch(`${app.url}/healthz`)).status).toBe(200)
  expect(app.logged).toEqual([])
})
