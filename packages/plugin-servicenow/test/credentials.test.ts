import { callOptions, failureOf, noNeeds, sampleDraft } from '@tripline/adapter-testkit'
import { Unauthorized, Unavailable } from '@tripline/core'
import { expect, onTestFinished, test } from 'vitest'
import { servicenowPlugin } from '../src/index.ts'
import { type ServiceNowWorld, startServiceNowWorld } from './servicenow-world.ts'

const app = { clientId: 'be3aeb583ace210011c15b24a43e25d8', clientSecret: 'tripline-client-secret' }
const oauth = { auth: 'oauth-client-credentials', ...app }

async function world(...options: Parameters<typeof startServiceNowWorld>): Promise<ServiceNowWorld> {
  const started = await startServiceNowWorld(...options)
  onTestFinished(() => started.close())
  return started
}

const logins = ({ servicenow }: ServiceNowWorld): number =>
  servicenow.requests().filter(({ path }) => path === '/oauth_token.do').length

test.each([
  ['a password', {}],
  ['an API key', { auth: 'api-key', apiKey: 'now_tripline-api-key' }],
  ['client credentials', oauth],
  ['a password for a token', { auth: 'oauth-password', ...app }],
  ['a refresh token', { auth: 'oauth-refresh-token', ...app, refreshToken: 'tripline-refresh-token' }],
])('%s opens the instance', async (_, change) => {
  const { adapter } = await world({}, change)
  const { account } = await adapter.check(noNeeds, callOptions())
  expect(account?.name).toBe('tripline.integration')
})

test('calls at the same time share a token', async () => {
  const start = await world({}, oauth)
  await Promise.all([1, 2, 3, 4].map(() => start.adapter.create(sampleDraft(), callOptions())))
  expect(logins(start)).toBe(1)
  expect(start.servicenow.incidents()).toHaveLength(4)
})

test('a token that ended is renewed once, and the request is carried out once', async () => {
  const start = await world({}, oauth)
  const ticket = await start.adapter.create(sampleDraft(), callOptions())
  start.servicenow.expireTokens()
  await start.adapter.create(sampleDraft(), callOptions())
  expect(start.servicenow.incidents()).toHaveLength(2)
  start.servicenow.expireTokens()
  await Promise.all([1, 2, 3].map(() => start.adapter.find(ticket, callOptions())))
  expect(logins(start)).toBe(3)
})

test('an instance that gives tokens and refuses them is asked no more than twice', async () => {
  const start = await world({}, oauth)
  start.servicenow.refuseLogins()
  const call = start.adapter.create(sampleDraft(), callOptions())
  expect(await failureOf(call, start.secrets)).toBeInstanceOf(Unauthorized)
  expect(logins(start)).toBe(2)
})

test('a token that is not given pauses the connection, and no message holds a secret', async () => {
  const start = await world({}, { ...oauth, clientSecret: 'wr0ng-secret' })
  const error = await failureOf(start.adapter.check(noNeeds, callOptions()), start.secrets)
  expect(error).toBeInstanceOf(Unauthorized)
  expect(error.message).toContain('access_denied')
})

test('a sleeping instance gives no token, and that is no refusal', async () => {
  const start = await world({}, oauth)
  start.servicenow.hibernate(true)
  const call = start.adapter.create(sampleDraft(), callOptions())
  expect(await failureOf(call, start.secrets)).toBeInstanceOf(Unavailable)
})

test('a call that ends does not end the login of others', async () => {
  const start = await world({}, oauth)
  const adapter = servicenowPlugin.connect(start.settings, start.host)
  start.faults.add({ kind: 'delay', delayMs: 100, path: '/oauth_token.do' })
  const caller = new AbortController()
  const first = failureOf(adapter.create(sampleDraft(), callOptions(caller.signal)), start.secrets)
  const second = adapter.create(sampleDraft(), callOptions())
  caller.abort()
  expect(await first).toBeInstanceOf(Unavailable)
  expect((await second).key).toBe('INC0010001')
  expect(logins(start)).toBe(1)
})
