import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  AccessDenied,
  InvalidInput,
  PluginOutdated,
  RateLimited,
  Rejected,
  TicketingError,
  Unauthorized,
  Unavailable,
  UnexpectedResponse,
} from '@tripline/core'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { createHttpClient, type HttpClient, type HttpClientOptions, type HttpRequest } from '../src/index.ts'
import { type Handler, serve } from './served.ts'

const token = 'tok-5ecret-value'
const schema = z.object({ id: z.string() })

function client(options: Partial<HttpClientOptions> = {}): HttpClient {
  return createHttpClient({
    fetch: globalThis.fetch,
    now: () => new Date('2026-11-24T06:00:00Z'),
    headers: { authorization: `Bearer ${token}` },
    readIssues: (text) => (text.startsWith('{') ? [{ path: 'summary', message: 'is too long' }] : []),
    timeoutMs: 2_000,
    ...options,
  })
}

async function failure(
  request: HttpRequest,
  options: Partial<HttpClientOptions> = {},
  signal = new AbortController().signal,
): Promise<TicketingError> {
  const error: unknown = await client(options)
    .requestJson({ ...request, schema }, signal)
    .then(
      () => null,
      (reason: unknown) => reason,
    )
  if (!(error instanceof TicketingError)) throw new Error('expected a TicketingError', { cause: error })
  expect(`${error.message} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain(token)
  return error
}

const answers =
  (status: number, body = '', headers: Record<string, string> = {}): Handler =>
  (_, response) => {
    response.writeHead(status, headers).end(body)
  }

describe('requestJson', () => {
  test('sends headers and a JSON body, and parses the answer', async () => {
    let seen = ''
    const url = await serve((request, response) => {
      seen = `${request.method} ${request.headers.authorization} ${request.headers['content-type']} `
      request.on('data', (chunk: Buffer) => (seen += chunk.toString()))
      request.on('end', () => response.end('{"id":"7","more":true}'))
    })
    const result = await client().requestJson(
      { method: 'POST', url, body: { a: 'ü' }, schema },
      AbortSignal.timeout(5_000),
    )
    expect(result).toMatchObject({ found: true, value: { id: '7' } })
    expect(seen).toBe(`POST Bearer ${token} application/json {"a":"ü"}`)
  })

  test('sends a form when the body is URLSearchParams', async () => {
    let seen = ''
    const url = await serve((request, response) => {
      seen = `${request.headers['content-type']} `
      request.on('data', (chunk: Buffer) => (seen += chunk.toString()))
      request.on('end', () => response.end('{"id":"7"}'))
    })
    const body = new URLSearchParams({ grant_type: 'a b' })
    await client().requestJson({ method: 'POST', url, body, schema }, AbortSignal.timeout(5_000))
    expect(seen).toBe('application/x-www-form-urlencoded grant_type=a+b')
  })

  test('leaves it to the adapter what a 404 means', async () => {
    const url = await serve(answers(404, 'gone'))
    const result = await client().requestJson({ method: 'GET', url, schema }, AbortSignal.timeout(5_000))
    expect(result).toMatchObject({ found: false, answer: { status: 404, text: 'gone' } })
  })

  test.each([
    [400, Rejected, 'not_done'],
    [401, Unauthorized, 'not_done'],
    [403, AccessDenied, 'not_done'],
    [405, PluginOutdated, 'not_done'],
    [408, Unavailable, 'unknown'],
    [409, Unavailable, 'not_done'],
    [410, PluginOutdated, 'not_done'],
    [413, Rejected, 'not_done'],
    [422, Rejected, 'not_done'],
    [423, Unavailable, 'not_done'],
    [429, RateLimited, 'not_done'],
    [500, Unavailable, 'unknown'],
    [502, Unavailable, 'unknown'],
    [503, Unavailable, 'unknown'],
    [504, Unavailable, 'unknown'],
  ])('answers %i to a write as the error it stands for', async (status, expected, outcome) => {
    const url = await serve(answers(status, '<html>no</html>'))
    const error = await failure({ method: 'POST', url, body: {} })
    expect(error).toBeInstanceOf(expected)
    expect(error.outcome).toBe(outcome)
    const read = await failure({ method: 'POST', url, body: {}, writes: false })
    expect(read).toBeInstanceOf(expected)
    expect(read.outcome).toBe('not_done')
  })

  test('says what the system says is wrong', async () => {
    const url = await serve(answers(400, '{"errors":{}}'))
    const error = await failure({ method: 'POST', url, body: {} })
    expect(error).toMatchObject({ issues: [{ path: 'summary', message: 'is too long' }] })
    expect(error.message).toContain('summary: is too long')
  })

  test('lets the adapter decide about an answer first', async () => {
    const url = await serve(answers(403))
    const error = await failure(
      { method: 'GET', url },
      { classify: ({ status }) => (status === 403 ? new Unauthorized('captcha') : null) },
    )
    expect(error).toBeInstanceOf(Unauthorized)
  })

  test.each([
    [429, '12', 12_000],
    [429, undefined, null],
    [429, 'soon', null],
    [503, 'Tue, 24 Nov 2026 06:00:05 GMT', 5_000],
  ])('answers %i with Retry-After %j as RateLimited', async (status, retryAfter, retryAfterMs) => {
    const url = await serve(
      answers(status, '', retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
    )
    const error = await failure({ method: 'GET', url })
    expect(error).toBeInstanceOf(RateLimited)
    expect(error).toMatchObject({ retryAfterMs })
  })

  test.each([['<html>ok</html>'], ['{"id":'], [''], ['[]'], ['{"id":7}'], ['null']])(
    'finds the answer %j unexpected, and a write that got it of unknown outcome',
    async (body) => {
      const url = await serve(answers(200, body))
      const read = await failure({ method: 'GET', url })
      expect(read).toBeInstanceOf(UnexpectedResponse)
      expect(read.outcome).toBe('not_done')
      expect((await failure({ method: 'PUT', url, body: {} })).outcome).toBe('unknown')
    },
  )

  test('names where an answer differs from its schema and not what is there', async () => {
    const url = await serve(answers(200, `{"id":{"x":"${token}"}}`))
    expect((await failure({ method: 'GET', url })).message).toMatch(/shape.* at: id\.$/u)
  })

  test('gives up on a body that is too large without reading it to its end', async () => {
    let closed: () => void = () => {}
    const ended = new Promise<void>((resolve) => (closed = resolve))
    const url = await serve((_, response) => {
      response.on('close', closed)
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      }
      response.on('drain', more)
      more()
    })
    const error = await failure({ method: 'POST', url, body: {} }, { maxBytes: 100_000 })
    expect(error).toBeInstanceOf(UnexpectedResponse)
    expect(error.outcome).toBe('unknown')
    await ended
  })

  test('does not follow redirects and does not show where they lead', async () => {
    const url = await serve(answers(302, '', { location: 'http://elsewhere.example/x?token=abc' }))
    const error = await failure({ method: 'GET', url })
    expect(error).toBeInstanceOf(UnexpectedResponse)
    expect(error.message).toContain('elsewhere.example')
    expect(error.message).not.toContain('abc')
  })

  test('knows that nothing was done when no connection was made', async () => {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    server.close()
    await once(server, 'close')
    for (const url of [`http://127.0.0.1:${port}/`, 'http://does-not-exist.invalid/']) {
      const error = await failure({ method: 'POST', url, body: {} })
      expect(error).toBeInstanceOf(Unavailable)
      expect(error.outcome).toBe('not_done')
    }
  })

  test.each([
    ['before an answer', (_: IncomingMessage, response: ServerResponse) => response.destroy()],
    [
      'within the body',
      (_: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('{"id":')
        setImmediate(() => response.destroy())
      },
    ],
  ])('does not know what became of a write that was cut off %s', async (_, handler) => {
    const url = await serve((request, response) => {
      request.resume().on('end', () => handler(request, response))
    })
    const error = await failure({ method: 'POST', url, body: {} })
    expect(error).toBeInstanceOf(Unavailable)
    expect(error.outcome).toBe('unknown')
    expect((await failure({ method: 'GET', url })).outcome).toBe('not_done')
  })

  test('does not wait longer than its timeout, for headers or for the body', async () => {
    for (const handler of [
      () => {},
      (_: IncomingMessage, response: ServerResponse) => void response.write('{'),
    ]) {
      const url = await serve(handler)
      const error = await failure({ method: 'POST', url, body: {} }, { timeoutMs: 80 })
      expect(error).toBeInstanceOf(Unavailable)
      expect(error.message).toContain('80 ms')
      expect(error.outcome).toBe('unknown')
    }
  })

  test('ends with its caller, and sends nothing when the caller has ended before', async () => {
    let requests = 0
    const caller = new AbortController()
    const url = await serve(() => {
      requests += 1
      caller.abort()
    })
    expect((await failure({ method: 'POST', url, body: {} }, {}, caller.signal)).outcome).toBe('unknown')
    expect((await failure({ method: 'POST', url, body: {} }, {}, caller.signal)).outcome).toBe('not_done')
    expect(requests).toBe(1)
  })

  test('does not show the query of an address', async () => {
    const url = await serve(answers(500))
    const address = `${url}/path?access_token=${token}`
    expect((await failure({ method: 'GET', url: address })).message).toContain('/path answered 500')
  })

  test('does not quote a header that cannot be sent', async () => {
    const error = await failure({
      method: 'GET',
      url: 'http://127.0.0.1:1/',
      headers: { 'x-secret': `${token}\n` + 'x\u0000y' },
    })
    expect(error).toBeInstanceOf(Rejected)
    expect(error.message).toContain('x-secret')
  })

  test("keeps the words of the host's own refusals", async () => {
    const fetch = (): Promise<Response> => {
      throw new TypeError('fetch failed', { cause: new InvalidInput('private addresses are not allowed') })
    }
    const error = await failure({ method: 'GET', url: 'http://127.0.0.1:1/' }, { fetch })
    expect(error).toBeInstanceOf(Rejected)
    expect(error.message).toContain('private addresses')
  })
})
