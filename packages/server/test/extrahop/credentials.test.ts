import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiKey, revokeApiKey } from '../../src/access/api-keys.ts'
import { createAuthenticate } from '../../src/access/authenticate.ts'
import { origin, record, startRestApp, type RestApp, type RestResponse } from './rest-app.ts'

let rest: RestApp
let id: string
let secret: string
beforeAll(async () => {
  rest = await startRestApp()
  const created = await createApiKey(rest.app.database, { name: 'soar', role: 'integration' }, origin)
  id = created.apiKey.keyId
  secret = created.key
})
afterAll(() => rest[Symbol.asyncDispose]())

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

function token(
  query: string,
  body: string | undefined,
  authorization: string | null = null,
): Promise<RestResponse> {
  const headers = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
  return rest.call('POST', `/oauth2/token${query}`, { body, authorization, headers })
}

describe('an access token', () => {
  const parameters = (): string => new URLSearchParams({ client_id: id, client_secret: secret }).toString()

  it.each([
    ['the header and the body', () => token('', 'grant_type=client_credentials', basic(id, secret))],
    ['the body', () => token('', `grant_type=client_credentials&${parameters()}`)],
    [
      'the header and the address',
      () => token('?grant_type=client_credentials', undefined, basic(id, secret)),
    ],
    ['the address', () => token(`?grant_type=client_credentials&${parameters()}`, undefined)],
    [
      'the header, encoded as the RFC has it',
      () =>
        token('', 'grant_type=client_credentials', basic(encodeURIComponent(id).replace('-', '%2D'), secret)),
    ],
    [
      'the header, with the name of the key',
      () => token('', 'grant_type=client_credentials', basic('soar', secret)),
    ],
  ])('is given to whoever sends a key in %s', async (_, ask) => {
    const { status, json, headers } = await ask()
    expect(status).toBe(200)
    expect(json).toEqual({ access_token: expect.any(String), expires_in: 1_800, token_type: 'Bearer' })
    expect(headers.get('cache-control')).toBe('no-store')
    const used = await rest.call('GET', '/api/v1/extrahop', { authorization: `Bearer ${json.access_token}` })
    expect(used.status).toBe(200)
  })

  it.each([
    ['a wrong secret', () => token('', 'grant_type=client_credentials', basic(id, 'wrong'))],
    ['the id of another', () => token('', 'grant_type=client_credentials', basic('other', secret))],
    ['no credentials', () => token('', 'grant_type=client_credentials')],
    ['half of them', () => token('', `grant_type=client_credentials&client_id=${id}`)],
    ['nonsense', () => token('', 'grant_type=client_credentials', 'Basic ====')],
  ])('is not given for %s', async (_, ask) => {
    const { status, text } = await ask()
    expect([status, text]).toEqual([400, '{"error":"invalid_client"}'])
  })

  it('is given for the grant that there is, and for no other', async () => {
    expect((await token('', undefined, basic(id, secret))).json).toEqual({ error: 'invalid_request' })
    expect((await token('', 'grant_type=password', basic(id, secret))).json).toEqual({
      error: 'unsupported_grant_type',
    })
    expect((await rest.call('GET', '/oauth2/token')).status).toBe(405)
  })

  it('acts as the key does, and ends with it', async () => {
    const created = await createApiKey(
      rest.app.database,
      { name: 'short', role: 'analyst', username: 'bob' },
      origin,
    )
    const { json } = await token('', 'grant_type=client_credentials', basic('short', created.key))
    await rest.ingest(record(1))
    const authorization = `Bearer ${json.access_token}`
    await rest.call('PATCH', '/api/v1/detections/1', { body: { status: 'acknowledged' }, authorization })
    expect(await rest.changes('1')).toMatchObject([{ actor: { kind: 'person', name: 'bob' } }])
    await revokeApiKey(rest.app.database, created.apiKey.keyId, origin)
    const authenticate = createAuthenticate(rest.app.database)
    await expect(authenticate({ authorization })).rejects.toThrow('revoked')
    expect((await token('', 'grant_type=client_credentials', basic('short', created.key))).status).toBe(400)
  })

  it('expires, at the latest with its key', async () => {
    const expiresAt = new Date(Date.now() + 60_000)
    const { key } = await createApiKey(
      rest.app.database,
      { name: 'brief', role: 'viewer', expiresAt },
      origin,
    )
    const { json } = await token('', 'grant_type=client_credentials', basic('brief', key))
    expect(json.expires_in).toBeLessThanOrEqual(60)
    const authenticate = createAuthenticate(rest.app.database, { now: () => new Date(Date.now() + 61_000) })
    await expect(authenticate({ authorization: `Bearer ${json.access_token}` })).rejects.toThrow('expired')
  })
})

describe('a request', () => {
  const get = (authorization: string | null): Promise<RestResponse> =>
    rest.call('GET', '/api/v1/detections', { authorization })

  it('is let in with either scheme', async () => {
    expect((await get(`ExtraHop apikey=${secret}`)).status).toBe(200)
    expect((await get(`Bearer ${secret}`)).status).toBe(200)
  })

  it('with a token that is not valid is told so in the very words that clients look for', async () => {
    for (const given of ['nonsense', 'tlt_nonsense']) {
      const { status, text } = await get(`Bearer ${given}`)
      expect([status, text]).toEqual([401, '{"error_message":"Invalid access token"}'])
    }
  })

  it.each([null, 'ExtraHop apikey=nonsense', 'ExtraHop', 'Basic YTpi', ''])(
    'with %j is refused with 401',
    async (authorization) => {
      const { status, json } = await get(authorization)
      expect([status, Object.keys(json)]).toEqual([401, ['error_message']])
    },
  )

  it('for which the role is too low is refused with 403', async () => {
    const authorization = `ExtraHop apikey=${await rest.key('viewer')}`
    const { status, json } = await rest.call('PATCH', '/api/v1/detections/1', { body: {}, authorization })
    expect([status, Object.keys(json)]).toEqual([403, ['error_message', 'type', 'detail']])
  })
})
