import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startRestApp, type RestApp, type RestResponse } from './rest-app.ts'

const TICKETING = '/api/v1/extrahop/ticketing'

let rest: RestApp
beforeAll(async () => {
  rest = await startRestApp({ TRIPLINE_EXTRAHOP_VERSION: '9.7.1' })
})
afterAll(() => rest[Symbol.asyncDispose]())

it('what is asked first is answered: the version to everybody, the rest to whoever has a key', async () => {
  const version = await rest.call('GET', '/api/v1/extrahop/version', { authorization: null })
  expect([version.status, version.json]).toEqual([200, { version: '9.7.1' }])
  const { hostname, host } = new URL(rest.app.url)
  expect((await rest.call('GET', '/api/v1/extrahop')).json).toEqual({
    version: '9.7.1',
    platform: 'tripline',
    hostname,
    mgmt_ipaddr: hostname,
    display_host: host,
    external_hostname: hostname,
  })
  expect((await rest.call('GET', '/api/v1/extrahop', { authorization: null })).status).toBe(401)
})

it('there is a network, without which connectors of SOAR platforms do not start', async () => {
  const networks = await rest.call('GET', '/api/v1/networks')
  expect([networks.status, networks.json]).toEqual([
    200,
    [{ id: 0, node_id: 0, name: 'Tripline', appliance_uuid: null }],
  ])
  expect((await rest.call('GET', '/api/v1/networks', { authorization: null })).status).toBe(401)
})

describe('the ticketing settings', () => {
  const patch = (body: unknown): Promise<RestResponse> => rest.call('PATCH', TICKETING, { body })
  const get = async (): Promise<object> => (await rest.call('GET', TICKETING)).json

  it('are read and changed', async () => {
    const url_template = 'https://jira.example.com/browse/$ticket_id'
    const both = { external_ticketing_enabled: true, internal_ticketing_enabled: true }
    expect(await get()).toEqual({ ...both, enabled: true, url_template: null })
    expect((await patch({ ...both, url_template })).status).toBe(204)
    expect(await get()).toMatchObject({ ...both, url_template })
    const internal = { external_ticketing_enabled: false, internal_ticketing_enabled: true }
    // A client that writes back what it read, but for one switch.
    expect((await patch({ ...internal, url_template })).status).toBe(204)
    expect(await get()).toEqual({ ...internal, enabled: false, url_template })
    expect((await patch({ enabled: true })).status).toBe(204)
    expect(await get()).toMatchObject(both)
    expect((await patch({ url_template: null })).status).toBe(204)
    expect((await patch({})).status).toBe(204)
    expect(await get()).toMatchObject({ ...both, url_template: null })
  })

  it.each([
    [{ external_ticketing_enabled: true }, 'internal_ticketing_enabled'],
    [{ internal_ticketing_enabled: true }, 'external_ticketing_enabled'],
    [{ url_template: 'https://jira.example.com/' }, '$ticket_id'],
    [{ url_template: 'ftp://jira.example.com/$ticket_id' }, 'http'],
    [{ external_ticketing_enabled: 'yes', internal_ticketing_enabled: true }, 'external_ticketing_enabled'],
    [
      {
        external_ticketing_enabled: false,
        internal_ticketing_enabled: true,
        url_template: 'https://x.example/$ticket_id',
      },
      'url_template',
    ],
  ])('that are %j are refused with 422 and a word about %s', async (body, word) => {
    const before = await get()
    const { status, json } = await patch(body)
    expect(status).toBe(422)
    expect(json.error_message).toContain(word)
    expect(await get()).toEqual(before)
  })

  it('are for administrators to change', async () => {
    const authorization = `Bearer ${await rest.key('integration')}`
    expect((await rest.call('PATCH', TICKETING, { body: {}, authorization })).status).toBe(403)
    expect((await rest.call('GET', TICKETING, { authorization })).status).toBe(200)
  })
})
