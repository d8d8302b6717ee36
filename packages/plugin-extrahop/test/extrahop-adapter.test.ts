import { describe, expect, it } from 'vitest'
import { extrahopPlugin } from '../src/index.ts'
import { call, connect, detection, startAppliance, type Given } from './appliance.ts'

describe('reading a detection', () => {
  it('tells how it is tracked', async () => {
    const tracked = { status: 'in_progress', assignee: 'kim', ticket_id: 'SEC-1' }
    await using appliance = await startAppliance(() => ({ status: 200, body: detection(7, 9, tracked) }))
    expect(await connect(appliance.url).read('7', call)).toEqual({
      status: 'in_progress',
      resolution: null,
      assignee: 'kim',
      ticketId: 'SEC-1',
    })
    expect(appliance.requests).toMatchObject([{ method: 'GET', path: '/api/v1/detections/7' }])
  })

  it.each([{ error_message: 'no such detection' }, { type: 'not_found', detail: 'no such detection' }])(
    'answers nothing for one that is not there: %j',
    async (body) => {
      await using appliance = await startAppliance(() => ({ status: 404, body }))
      expect(await connect(appliance.url).read('7', call)).toBeNull()
    },
  )

  it.each([{}, { error_message: 'no such detection' }, detection(8, 9)])(
    'does not take another answer for how it is tracked: %j',
    async (body) => {
      await using appliance = await startAppliance(() => ({ status: 200, body }))
      const reading = connect(appliance.url).read('7', call)
      await expect(reading).rejects.toMatchObject({ code: 'UNEXPECTED_RESPONSE' })
    },
  )

  it('does not take a missing route for a missing detection', async () => {
    await using appliance = await startAppliance(() => ({ status: 404, body: {} }))
    await expect(connect(appliance.url).read('7', call)).rejects.toMatchObject({ code: 'PLUGIN_OUTDATED' })
  })
})

describe('writing to a detection', () => {
  it.each([
    [{ status: { status: 'open', resolution: null } }, { status: null, resolution: null }],
    [{ status: { status: 'new', resolution: null } }, { status: 'new', resolution: null }],
    [
      { status: { status: 'closed', resolution: 'action_taken' } },
      { status: 'closed', resolution: 'action_taken' },
    ],
    [{ assignee: null }, { assignee: null }],
    [{ ticketId: 'SEC-1' }, { ticket_id: 'SEC-1' }],
  ] as const)('names what changes and nothing else: %j', async (change, body) => {
    await using appliance = await startAppliance(() => ({ status: 204 }))
    await connect(appliance.url).write('7', change, call)
    expect(appliance.requests).toMatchObject([{ method: 'PATCH', path: '/api/v1/detections/7' }])
    expect(appliance.requests[0]?.body).toEqual(body)
  })

  it.each([
    [{ status: 422, body: { error_message: 'resolution' } }, 'REJECTED', 'not_done'],
    [{ status: 404, body: { error_message: 'no such detection' } }, 'TICKET_NOT_FOUND', 'not_done'],
    [{ status: 429, headers: { 'retry-after': '1' } }, 'RATE_LIMITED', 'not_done'],
    [{ status: 502, body: 'bad gateway' }, 'UNAVAILABLE', 'unknown'],
  ])('tells whether it may have been done: %j', async (answer, code, outcome) => {
    await using appliance = await startAppliance(() => answer)
    const writing = connect(appliance.url).write('7', { ticketId: 'SEC-1' }, call)
    await expect(writing).rejects.toMatchObject({ code, outcome })
  })

  it('may have been done when no answer comes', async () => {
    await using appliance = await startAppliance(() => new Promise<Given>(() => undefined))
    const settings = { apiKey: 'k3y', timeoutMs: 100 }
    const writing = connect(appliance.url, settings).write('7', { ticketId: 'SEC-1' }, call)
    await expect(writing).rejects.toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' })
  })
})

describe('credentials of RevealX 360', () => {
  const settings = { auth: 'oauth-client-credentials', clientId: 'id', clientSecret: 's3cret' }

  it('become a token, which is kept, and another one when it is refused', async () => {
    let issued = 0
    await using appliance = await startAppliance(({ path, authorization }) => {
      if (path === '/oauth2/token') {
        issued += 1
        return { status: 200, body: { access_token: `t${issued}`, expires_in: 600, token_type: 'Bearer' } }
      }
      if (issued === 1 && appliance.requests.length > 3)
        return { status: 401, body: { error_message: 'Invalid access token' } }
      return { status: authorization === `Bearer t${issued}` ? 200 : 401, body: detection(7, 9) }
    })
    const adapter = connect(appliance.url, settings)
    for (let count = 0; count < 3; count += 1) await adapter.read('7', call)
    expect(issued).toBe(2)
    expect(appliance.requests[0]).toEqual({
      method: 'POST',
      path: '/oauth2/token',
      authorization: `Basic ${Buffer.from('id:s3cret').toString('base64')}`,
      contentType: 'application/x-www-form-urlencoded',
      body: 'grant_type=client_credentials',
    })
    expect(appliance.requests.at(-1)?.authorization).toBe('Bearer t2')
  })

  it('are refused by their own name', async () => {
    await using appliance = await startAppliance(() => ({ status: 400, body: { error: 'invalid_client' } }))
    const reading = connect(appliance.url, settings).read('7', call)
    await expect(reading).rejects.toMatchObject({ code: 'UNAUTHORIZED', message: /invalid_client/u })
  })
})

describe('settings', () => {
  it.each([
    [{ baseUrl: 'https://eda.example.org' }, 'apiKey'],
    [
      { baseUrl: 'https://eda.example.org', auth: 'oauth-client-credentials', clientId: 'id' },
      'clientSecret',
    ],
    [{ baseUrl: 'https://eda.example.org/api/v1', apiKey: 'k3y' }, 'baseUrl'],
    [{ baseUrl: 'https://eda.example.org', apiKey: 'two words' }, 'apiKey'],
  ])('are refused with where: %j', (settings, path) => {
    const { error } = extrahopPlugin.settings.safeParse(settings)
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path])
  })
})
