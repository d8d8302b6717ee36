import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { StreamHttpRequest } from '@tripline/core'
import { describe, expect, test } from 'vitest'
import { parseDestination } from '../../src/plugin-host/allowed-destination.ts'
import { createOutboundGuard } from '../../src/plugin-host/outbound-guard.ts'
import { openOutboundHttp } from '../../src/plugin-host/outbound-http.ts'

const MEBIBYTE = 1_048_576
const loopback = [parseDestination('127.0.0.0/8')].filter((each) => each !== undefined)

async function startClient(listener: RequestListener) {
  const server = createServer(listener)
  let connections = 0
  server.on('connection', () => (connections += 1))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const tls = { ca: null, cert: null, key: null, verify: true }
  const client = openOutboundHttp(createOutboundGuard({ allow: loopback }), { tls, connections: 1 })
  return {
    get connections() {
      return connections
    },
    request: (change: Partial<StreamHttpRequest> = {}) =>
      client.request({
        origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        path: '/',
        method: 'GET',
        headers: {},
        body: null,
        wantsBody: true,
        timeoutMs: 5_000,
        signal: new AbortController().signal,
        ...change,
      }),
    async [Symbol.asyncDispose]() {
      await client.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

describe.concurrent('An answer', () => {
  test('comes whole, with repeated headers as a list, and leaves the connection to the next request', async () => {
    await using running = await startClient((_request, response) => {
      response.writeHead(201, { 'X-Key': 'SEC-7', 'set-cookie': ['a=1', 'b=2'] })
      response.write('one, ')
      response.end('two')
    })
    const answer = await running.request()
    expect(answer).toMatchObject({
      statusCode: 201,
      headers: { 'x-key': 'SEC-7', 'set-cookie': ['a=1', 'b=2'] },
    })
    expect(Buffer.from(answer.body).toString()).toBe('one, two')
    expect((await running.request({ wantsBody: false })).body).toHaveLength(0)
    expect(running.connections).toBe(1)
  })

  test.each([true, false])('is not read beyond a mebibyte (its body is wanted: %s)', async (wantsBody) => {
    const cut = Promise.withResolvers<void>()
    await using running = await startClient((_request, response) => {
      const write = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(65_536, 'x'), () => setImmediate(write))
      }
      response.once('close', () => cut.resolve())
      write()
    })
    const { statusCode, body } = await running.request({ wantsBody })
    expect(statusCode).toBe(200)
    expect(body).toHaveLength(wantsBody ? MEBIBYTE : 0)
    await cut.promise
  })

  test.each([true, false])('that breaks off is none (its body is wanted: %s)', async (wantsBody) => {
    await using running = await startClient((_request, response) => {
      response.writeHead(200, { 'content-length': '10' })
      response.write('half', () => response.destroy())
    })
    await expect(running.request({ wantsBody })).rejects.toThrow(/other side closed|terminated/u)
  })

  test('that trickles is not waited for longer than one that does not come', async () => {
    await using running = await startClient((_request, response) => {
      const timer = setInterval(() => response.write('x'), 20)
      response.once('close', () => clearInterval(timer))
    })
    await expect(running.request({ timeoutMs: 200 })).rejects.toMatchObject({ code: 'TIMEOUT' })
  })
})

test('a request that is interrupted before or while its answer comes fails with the reason', async () => {
  const interrupting = new AbortController()
  await using running = await startClient((_request, response) => {
    response.write('x', () => interrupting.abort(new Error('The process is stopping.')))
  })
  const { signal } = interrupting
  await expect(running.request({ signal })).rejects.toThrow('The process is stopping.')
  await expect(running.request({ signal })).rejects.toThrow('The process is stopping.')
})

test('a tunnel cannot be asked for', async () => {
  await using running = await startClient((_request, response) => response.end())
  await expect(running.request({ method: 'CONNECT' })).rejects.toThrow('A tunnel cannot be asked for.')
})
