import { generateKeyPairSync } from 'node:crypto'
import { callOptions, failureOf, noNeeds, sampleDraft } from '@tripline/adapter-testkit'
import { type PluginHost, RateLimited, Rejected, Unauthorized, Unavailable } from '@tripline/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { salesforcePlugin } from '../src/index.ts'
import { salesforceSettings, type SalesforceWorld, startSalesforceWorld } from './salesforce-world.ts'

async function world(...options: Parameters<typeof startSalesforceWorld>): Promise<SalesforceWorld> {
  const started = await startSalesforceWorld(...options)
  onTestFinished(() => started.close())
  return started
}

const logins = ({ salesforce }: SalesforceWorld): number =>
  salesforce.requests().filter(({ path }) => path === '/services/oauth2/token').length

describe('a session', () => {
  test('is had by client credentials, and once for calls at the same time', async () => {
    const org = await world()
    await Promise.all([1, 2, 3, 4].map(() => org.adapter.create(sampleDraft(), callOptions())))
    expect(logins(org)).toBe(1)
    expect(org.salesforce.cases()).toHaveLength(4)
  })

  test('is had by a signed assertion', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    })
    const jwt = {
      auth: 'jwt-bearer',
      clientSecret: undefined,
      username: 'tripline@acme.example',
      // As environment variables often hold it.
      privateKey: privateKey.replaceAll('\n', String.raw`\n`),
    }
    const org = await world({ app: { publicKey } }, jwt)
    const { account } = await org.adapter.check(noNeeds, callOptions())
    expect(account?.name).toBe('tripline@acme.example')

    const stranger = salesforceSettings(org.salesforce.url, { ...jwt, username: 'nobody@acme.example' })
    const error = await failureOf(
      salesforcePlugin.connect(stranger, org.host).check(noNeeds, callOptions()),
      org.secrets,
    )
    expect(error).toBeInstanceOf(Unauthorized)
  })

  test('is not had by a key that is none, which no message repeats', async () => {
    const org = await world()
    const settings = salesforceSettings(org.salesforce.url, {
      auth: 'jwt-bearer',
      username: 'tripline@acme.example',
      privateKey: 'not a key at all',
    })
    const call = salesforcePlugin.connect(settings, org.host).check(noNeeds, callOptions())
    expect(await failureOf(call, ['not a key at all'])).toBeInstanceOf(Unauthorized)
  })

  test('is had by a refresh token', async () => {
    const org = await world(
      { app: { refreshToken: '5Aep-refresh' } },
      { auth: 'refresh-token', refreshToken: '5Aep-refresh' },
    )
    expect((await org.adapter.check(noNeeds, callOptions())).account?.name).toBe('tripline@acme.example')
    const settings = { ...org.settings, refreshToken: '5Aep-revoked' }
    const call = salesforcePlugin.connect(settings, org.host).check(noNeeds, callOptions())
    expect(await failureOf(call, [...org.secrets, '5Aep-revoked'])).toMatchObject({
      code: 'UNAUTHORIZED',
      message: expect.stringContaining('invalid_grant'),
    })
  })

  test('that ended is renewed in the middle of a call, and a write is made once', async () => {
    const org = await world()
    const ticket = await org.adapter.create(sampleDraft(), callOptions())
    org.salesforce.expireSessions()
    const update = await org.adapter.update(ticket, { summary: 'Written' }, callOptions())
    expect(update.ticket.content.summary).toBe('Written')
    expect(logins(org)).toBe(2)
    const patches = org.salesforce
      .requests()
      .filter(({ path, status }) => path.endsWith(ticket.id) && status === 204)
    expect(patches).toHaveLength(1)
  })

  test('that is refused although it is new is asked for once more, and not forever', async () => {
    const org = await world()
    const ticket = await org.adapter.create(sampleDraft(), callOptions())
    org.salesforce.refuseSessions()
    org.salesforce.clearRequests()
    expect(await failureOf(org.adapter.find(ticket, callOptions()), org.secrets)).toBeInstanceOf(Unauthorized)
    expect(org.salesforce.requests().map(({ status }) => status)).toEqual([401, 200, 401])
  })

  test('that is never given ends with whoever waits for it', async () => {
    const org = await world()
    org.faults.add({ kind: 'hang', path: '/services/oauth2/token' })
    const caller = new AbortController()
    const call = failureOf(org.adapter.check(noNeeds, callOptions(caller.signal)), org.secrets)
    caller.abort()
    expect(await call).toBeInstanceOf(Unavailable)
  })

  test.each([
    ['a server error', { kind: 'server-error', status: 503 }, Unavailable],
    ['too many requests', { kind: 'rate-limited' }, RateLimited],
    ["a gateway's page", { kind: 'html', status: 404 }, Unauthorized],
    ['no answer', { kind: 'cut-before-processing' }, Unavailable],
  ] as const)('fails by the class of %s', async (_, fault, expected) => {
    const org = await world()
    org.faults.add({ ...fault, path: '/services/oauth2/token' })
    const error = await failureOf(org.adapter.create(sampleDraft(), callOptions()), org.secrets)
    expect(error).toBeInstanceOf(expected)
    expect(error.outcome).toBe('not_done')
  })
})

describe('traffic', () => {
  test('leaves by the host only', async () => {
    const org = await world()
    const asked: string[] = []
    const host: PluginHost = {
      ...org.host,
      fetch: (input) => {
        asked.push(new URL(new Request(input).url).pathname)
        return Promise.reject(new Rejected('The network policy forbids it.'))
      },
    }
    const adapter = salesforcePlugin.connect(org.settings, host)
    const error = await failureOf(adapter.create(sampleDraft(), callOptions()), org.secrets)
    expect(error.message).toContain('The network policy forbids it.')
    expect(asked).toEqual(['/services/oauth2/token'])
    expect(org.salesforce.requests()).toEqual([])
  })

  test('names us, so that change events can be told from those of others', async () => {
    const org = await world()
    await org.adapter.create(sampleDraft(), callOptions())
    const [, ...calls] = org.salesforce.requests()
    expect(calls.map(({ headers }) => headers['sforce-call-options'])).toEqual(
      calls.map(() => 'client=tripline'),
    )
  })

  test('of an organisation that has used up its requests is rate limited', async () => {
    const org = await world({ requestLimit: 3 })
    const ticket = await org.adapter.create(sampleDraft(), callOptions())
    const error = await failureOf(org.adapter.find(ticket, callOptions()), org.secrets)
    expect(error).toMatchObject({
      code: 'RATE_LIMITED',
      retryAfterMs: null,
      message: expect.stringContaining('api-usage=4/3'),
    })
  })
})
