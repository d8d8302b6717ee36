import { createHmac } from 'node:crypto'
import { gunzipSync, inflateSync } from 'node:zlib'
import { sign } from 'aws4'
import type { JsonObject } from '@tripline/core'
import { describe, expect, test } from 'vitest'
import { enqueueMessages } from '../../src/streams/enqueue-messages.ts'
import { checkStreamTarget } from '../../src/streams/stream-targets.ts'
import { makeCertificate } from './certificates.ts'
import { startHttpReceiver, type Answering, type ReceivedRequest } from './http-receiver.ts'
import { post, startStreamWorld, until, type StreamWorld } from './stream-world.ts'

async function startTarget(
  authentication: JsonObject | undefined,
  answering?: Answering,
  more: JsonObject = {},
  tls?: { readonly key: string; readonly cert: string },
) {
  const stack = new AsyncDisposableStack()
  const receiver = stack.use(await startHttpReceiver(answering, tls))
  const world: StreamWorld = stack.use(await startStreamWorld())
  const target = await world.target({
    settings: {
      host: '127.0.0.1',
      port: receiver.port,
      protocol: tls === undefined ? 'http' : 'https',
      ...(authentication === undefined ? {} : { authentication }),
      ...more,
    },
  })
  await world.work()
  return { receiver, world, target, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

describe.concurrent('An HTTP target', () => {
  test('sends method, path, headers and bytes as they are', async () => {
    await using running = await startTarget(undefined)
    const { world, receiver, target } = running
    const payload = Buffer.from([0, 255, 10, 13])
    const headers = { 'Content-Type': 'application/octet-stream', 'X-Own': 'yes' }
    await world.send(
      target,
      post('', { method: 'PUT', path: '/a%20b?c=d', headers, payload: payload.toString('base64') }),
    )
    await world.send(target, post('', { method: 'GET', path: '/', headers: {}, payload: null }))
    await world.drained(target)
    const [first, second] = receiver.requests
    expect(first).toMatchObject({ method: 'PUT', url: '/a%20b?c=d', body: payload })
    expect(first?.headers).toMatchObject({ 'content-type': 'application/octet-stream', 'x-own': 'yes' })
    expect(second).toMatchObject({ method: 'GET', url: '/' })
    expect(second?.body).toHaveLength(0)
  })

  test.each([
    ['gzip', gunzipSync],
    ['deflate', inflateSync],
  ] as const)('compresses what is to be encoded with %s', async (encoding, open) => {
    await using running = await startTarget(undefined)
    const { world, receiver, target } = running
    const body = 'the same again and again '.repeat(50)
    await world.send(target, post(body, { headers: { 'content-encoding': encoding } }))
    await world.drained(target)
    const sent = receiver.requests[0]?.body ?? Buffer.alloc(0)
    expect(sent.length).toBeLessThan(200)
    expect(open(sent).toString()).toBe(body)
  })

  test('adds its header where the message does not have the same one', async () => {
    await using running = await startTarget(undefined, undefined, {
      additional_header: 'Content-Type: text/html',
    })
    const { world, receiver, target } = running
    await world.send(target, post('one'), post('two', { headers: {} }))
    await world.drained(target)
    expect(receiver.requests.map(({ headers }) => headers['content-type'])).toEqual([
      'text/plain',
      'text/html',
    ])
  })

  test('puts messages aside that set headers of the connection, and those that ask for a tunnel', async () => {
    await using running = await startTarget(undefined)
    const { world, receiver, target } = running
    const names = [
      'Connection',
      'authorization',
      'Proxy-Connection',
      'Content-Length',
      'X-Forwarded-For',
      'Transfer-Encoding',
    ]
    await world.send(target, ...names.map((name) => post('x', { headers: { [name]: '1' } })))
    await world.send(target, post('x', { method: 'CONNECT' }), post('good'))
    await world.drained(target)
    expect(receiver.texts()).toEqual(['good'])
    expect(await world.messages(target)).toHaveLength(names.length + 1)
  })

  test('makes several requests at once when it may', async () => {
    let [running, most] = [0, 0]
    const answering: Answering = async (_request, response) => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setTimeout(resolve, 50))
      running -= 1
      response.writeHead(200).end()
    }
    await using started = await startTarget(undefined, answering, { pipeline: true })
    const { world, receiver, target } = started
    await world.database.transaction().execute(async (transaction) => {
      const messages = Array.from({ length: 60 }, (_, index) => ({
        target,
        message: post(String(index)),
        source: {},
      }))
      await enqueueMessages(transaction, messages)
    })
    await world.drained(target)
    expect(most).toBeGreaterThan(4)
    expect(new Set(receiver.texts()).size).toBe(60)
  })

  test('trusts a certificate when it is told to, or told not to look', async () => {
    const tls = await makeCertificate()
    await using trusting = await startTarget(undefined, undefined, { ca_certs: tls.cert }, tls)
    await trusting.world.send(trusting.target, post('one'))
    await trusting.world.drained(trusting.target)
    expect(trusting.receiver.texts()).toEqual(['one'])

    await using careless = await startTarget(undefined, undefined, { skip_cert_verification: true }, tls)
    await careless.world.send(careless.target, post('two'))
    await careless.world.drained(careless.target)
    expect(careless.receiver.texts()).toEqual(['two'])

    await using strict = await startTarget(undefined, undefined, {}, tls)
    await strict.world.send(strict.target, post('three'))
    await until(async () => (await strict.world.row(strict.target)).failures > 0)
    expect((await strict.world.row(strict.target)).last_fault?.reason).toContain(
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    )
    expect(strict.receiver.requests).toEqual([])
  })

  test('goes nowhere that the network policy does not allow, by address or by name', async () => {
    await using receiver = await startHttpReceiver()
    await using world = await startStreamWorld(undefined, [])
    await world.work()
    for (const host of ['127.0.0.1', 'localhost']) {
      const target = await world.target({
        name: host,
        settings: { host, port: receiver.port, protocol: 'http' },
      })
      await world.send(target, post('one'))
      await until(async () => (await world.row(target)).failures > 0)
      expect((await world.row(target)).last_fault?.reason).toContain('TRIPLINE_OUTBOUND_ALLOW')
    }
    expect(receiver.requests).toEqual([])
  })

  test('is checked without sending a message', async () => {
    await using running = await startTarget(
      { auth_type: 'basic', username: 'sam', password: 'wrong' },
      (_, response) => {
        response.writeHead(401).end()
      },
    )
    const { world, receiver, target } = running
    const refused = await checkStreamTarget(world.deps, target.targetId)
    expect(refused).toMatchObject([{ severity: 'warning', remedy: 'Look at the credentials.' }])
    await receiver.stop()
    const [down] = await checkStreamTarget(world.deps, target.targetId)
    expect(down?.severity).toBe('error')
    expect(down?.message).toContain('ECONNREFUSED')
    expect(receiver.requests.map(({ method }) => method)).toEqual(['HEAD'])
  })
})

describe.concurrent('An HTTP target says who it is', () => {
  test('by user name and password', async () => {
    await using running = await startTarget({ auth_type: 'basic', username: 'sam', password: 'pa:ß' })
    await running.world.send(running.target, post('one'))
    await running.world.drained(running.target)
    const expected = `Basic ${Buffer.from('sam:pa:ß').toString('base64')}`
    expect(running.receiver.requests[0]?.headers.authorization).toBe(expected)
  })

  test('by a signature of AWS that another implementation makes likewise', async () => {
    const authentication = {
      auth_type: 'aws',
      access_key: 'AKIDEXAMPLE',
      secret_key: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
      service: 'es',
      region: 'eu-central-1',
    }
    await using running = await startTarget(authentication)
    const { world, receiver, target } = running
    await world.send(
      target,
      post('{"a":1}', { path: '/index/_doc?b=2&a=1 2'.replace(' ', '%20') }),
      post('', { method: 'GET', payload: null }),
    )
    await world.drained(target)
    expect(receiver.requests.map(awsSignature)).toEqual(
      receiver.requests.map(({ headers }) => headers.authorization),
    )
    expect(receiver.requests).toHaveLength(2)

    function awsSignature(request: ReceivedRequest): string {
      const signed = /SignedHeaders=([^,]+)/u.exec(request.headers.authorization ?? '')?.[1]?.split(';') ?? []
      const headers = Object.fromEntries(signed.map((name) => [name, String(request.headers[name])]))
      const again = {
        extraHeadersToIgnore: { 'content-length': true },
        method: request.method,
        path: request.url,
        headers,
        body: request.body,
        service: 'es',
        region: 'eu-central-1',
      }
      const result = sign(again, {
        accessKeyId: authentication.access_key,
        secretAccessKey: authentication.secret_key,
      })
      return String(result.headers?.['Authorization'])
    }
  })

  test('by a signature of Azure Storage', async () => {
    const key = Buffer.from('a key of an account').toString('base64')
    const authentication = { auth_type: 'azure_storage', access_key: 'account', secret_key: key }
    await using running = await startTarget(authentication)
    const { world, receiver, target } = running
    const headers = { 'x-ms-blob-type': 'BlockBlob', 'Content-Type': 'text/plain' }
    await world.send(target, post('hello', { method: 'PUT', path: '/box/blob?timeout=20&comp=x', headers }))
    await world.drained(target)
    const sent = receiver.requests[0]?.headers ?? {}
    // Line by line as the documentation of Shared Key has it.
    const text = [
      ['PUT', '', '', '5', '', 'text/plain', '', '', '', '', '', ''].join('\n'),
      'x-ms-blob-type:BlockBlob',
      `x-ms-date:${String(sent['x-ms-date'])}`,
      'x-ms-version:2021-08-06',
      '/account/box/blob',
      'comp:x',
      'timeout:20',
    ].join('\n')
    const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64')
    expect(sent.authorization).toBe(`SharedKey account:${signature}`)
  })

  test.each([
    ['client', { client_secret: 'shh' }, 'client_credentials'],
    ['resource_owner', { username: 'sam', password: 'shh' }, 'password'],
  ])(
    'by a token of Azure AD with the grant type %s, which it asks for once',
    async (grant, credentials, sent) => {
      const forms: string[] = []
      await using login = await startHttpReceiver(({ text }, response) => {
        forms.push(text)
        response.end(JSON.stringify({ access_token: 'token-1', expires_in: '3600' }))
      })
      await using running = await startTarget({
        auth_type: 'azure_ad',
        grant_type: grant,
        client_id: 'app',
        resource: 'https://monitor.azure.com',
        token_endpoint: `http://127.0.0.1:${login.port}/tenant/oauth2/token`,
        ...credentials,
      })
      await running.world.send(running.target, post('one'), post('two'))
      await running.world.drained(running.target)
      expect(running.receiver.requests.map(({ headers }) => headers.authorization)).toEqual(
        Array.from({ length: 2 }, () => 'Bearer token-1'),
      )
      expect(forms.map((form) => Object.fromEntries(new URLSearchParams(form)))).toEqual([
        { grant_type: sent, client_id: 'app', resource: 'https://monitor.azure.com', ...credentials },
      ])
    },
  )

  test('by a token of CrowdStrike, and by another one when the first is taken back', async () => {
    let issued = 0
    const answering: Answering = ({ url, headers }, response) => {
      if (url === '/oauth2/token') {
        issued += 1
        response.writeHead(201).end(JSON.stringify({ access_token: `token-${issued}`, expires_in: 1_799 }))
      } else response.writeHead(headers.authorization === 'Bearer token-1' && taken ? 401 : 200).end()
    }
    let taken = false
    await using running = await startTarget(
      { auth_type: 'crowdstrike', client_id: 'id', client_secret: 'shh' },
      answering,
    )
    const { world, receiver, target } = running
    await world.send(target, post('one'))
    await world.drained(target)
    taken = true
    await world.send(target, post('two'))
    await world.drained(target)
    expect(receiver.requests.map(({ url, headers }) => [url.split('?')[0], headers.authorization])).toEqual([
      ['/oauth2/token', undefined],
      ['/events', 'Bearer token-1'],
      ['/events', 'Bearer token-1'],
      ['/oauth2/token', undefined],
      ['/events', 'Bearer token-2'],
    ])
    expect(await world.messages(target)).toEqual([])
  })

  test('by no token while none is given, and keeps everything', async () => {
    const answering: Answering = (_request, response) => void response.writeHead(403).end()
    await using running = await startTarget(
      { auth_type: 'crowdstrike', client_id: 'id', client_secret: 'shh' },
      answering,
      {},
    )
    const { world, target } = running
    await world.send(target, post('one'))
    await until(async () => (await world.row(target)).failures > 0)
    expect((await world.row(target)).last_fault?.reason).toMatch(/gave no token: it answered 403/u)
    expect(await world.messages(target)).toMatchObject([{ state: 'waiting', attempts: 0 }])
  })
})
