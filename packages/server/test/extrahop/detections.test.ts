import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { record, startRestApp, type RestApp } from './rest-app.ts'

let rest: RestApp
beforeAll(async () => {
  rest = await startRestApp({ TRIPLINE_PUBLIC_URL: 'https://tripline.example.com' })
})
afterAll(() => rest[Symbol.asyncDispose]())

async function detection(id: number | string): Promise<Record<string, unknown>> {
  const { status, json } = await rest.call('GET', `/api/v1/detections/${id}`)
  expect(status).toBe(200)
  return json
}

async function patch(id: number, body: unknown): Promise<number> {
  const { status, text } = await rest.call('PATCH', `/api/v1/detections/${id}`, { body })
  if (status === 204) expect(text).toBe('')
  return status
}

describe('one detection', () => {
  it('is answered with the ids that it has, beyond 2^53 too, and times in milliseconds', async () => {
    const participants = [{ id: 7, role: 'offender', object_type: 'device', object_id: '9007199254740995' }]
    await rest.ingest(record('9007199254740993', { participants }))
    const { text, json } = await rest.call('GET', '/api/v1/detections/9007199254740993')
    expect(text).toContain('"id":9007199254740993,')
    expect(text).toContain('"object_id":9007199254740995,')
    expect(json).toMatchObject({
      start_time: 1_700_000_000_000,
      create_time: 1_700_000_001_000,
      update_time: 1_700_000_060_000,
      end_time: null,
      status: null,
      appliance_id: 0,
      url: 'https://tripline.example.com/detections/9007199254740993',
    })
    expect(Math.abs((json.mod_time as number) - Date.now())).toBeLessThan(60_000)
  })

  it('carries the address of its ticket', async () => {
    await rest.track({ ticketUrlTemplate: 'https://jira.example.com/browse/$ticket_id' })
    await rest.ingest(record(110))
    await patch(110, { ticket_id: 'EX 4437' })
    expect(await detection(110)).toMatchObject({
      ticket_id: 'EX 4437',
      ticket_url: 'https://jira.example.com/browse/EX%204437',
    })
  })

  it.each(['404040', '0', '-1', 'abc', '9223372036854775808', '1e3', '%00', 'tickets'])(
    'with the id %s is not there: 404',
    async (id) => {
      const { status, json } = await rest.call('GET', `/api/v1/detections/${id}`)
      expect(status).toBe(404)
      expect(Object.keys(json)).toEqual(['error_message', 'type', 'detail'])
    },
  )
})

describe('tracking a detection', () => {
  it.each([
    [{ ticket_id: 'TK-16982', status: 'new', assignee: 'sally', resolution: null }],
    [{ ticket_id: 'TK-2078', status: null, assignee: 'jim', resolution: null }],
    [{ ticket_id: '4711', status: 'closed', assignee: 'bob', resolution: 'no_action_taken' }],
    [{ ticket_id: '4711', status: 'in_progress', assignee: null, resolution: null }],
  ])('sets what is given: %j', async (body) => {
    await rest.ingest(record(120))
    expect(await patch(120, body)).toBe(204)
    expect(await detection(120)).toMatchObject(body)
  })

  it('leaves what is absent alone, removes what is null, and takes no notice of unknown members', async () => {
    await rest.ingest(record(121))
    await patch(121, { ticket_id: 'T', status: 'acknowledged', assignee: 'ann' })
    expect(await patch(121, { detection_id: 3, ticket_url: 'x', note: 'y', ai_disposition: 'z' })).toBe(204)
    expect(await patch(121, {})).toBe(204)
    expect(await detection(121)).toMatchObject({ ticket_id: 'T', status: 'acknowledged', assignee: 'ann' })
    expect(await patch(121, { assignee: null })).toBe(204)
    expect(await detection(121)).toMatchObject({ ticket_id: 'T', status: 'acknowledged', assignee: null })
  })

  it('clears the resolution when the status leaves closed, and takes one for closed only', async () => {
    await rest.ingest(record(122))
    expect(await patch(122, { resolution: 'action_taken' })).toBe(422)
    expect(await patch(122, { status: 'closed', resolution: 'action_taken' })).toBe(204)
    expect(await patch(122, { resolution: 'no_action_taken' })).toBe(204)
    expect(await detection(122)).toMatchObject({ status: 'closed', resolution: 'no_action_taken' })
    expect(await patch(122, { status: 'in_progress' })).toBe(204)
    expect(await detection(122)).toMatchObject({ status: 'in_progress', resolution: null })
    expect(await patch(122, { status: 'new', resolution: 'action_taken' })).toBe(422)
  })

  it('moves mod_time and leaves update_time alone; a change of nothing moves neither', async () => {
    await rest.ingest(record(123))
    const before = await detection(123)
    await patch(123, { status: 'acknowledged' })
    const after = await detection(123)
    expect(after['mod_time']).toBeGreaterThan(before['mod_time'] as number)
    expect(after['update_time']).toBe(before['update_time'])
    await patch(123, { status: 'acknowledged' })
    expect((await detection(123))['mod_time']).toBe(after['mod_time'])
  })

  it.each([
    [{ status: 'open' }, 'status'],
    [{ status: 1 }, 'status'],
    [{ resolution: 'false_positive', status: 'closed' }, 'resolution'],
    [{ assignee: '' }, 'assignee'],
    [{ assignee: ['x'] }, 'assignee'],
    [{ ticket_id: '' }, 'ticket_id'],
    [{ ticket_id: 4711 }, 'ticket_id'],
    [{ participants: [{ usernames: ['x'] }] }, 'participants'],
  ])('to %j is refused with 422 and says where', async (body, where) => {
    await rest.ingest(record(124))
    const { status, json } = await rest.call('PATCH', '/api/v1/detections/124', { body })
    expect(status).toBe(422)
    expect(json).toEqual({
      error_message: expect.stringContaining(where),
      type: 'invalid_input',
      detail: json.error_message,
    })
  })

  it.each([
    ['without a content type', {}],
    ['as a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['as text', { 'content-type': 'text/plain; charset=latin1' }],
  ])('takes JSON that is sent %s', async (_, headers) => {
    await rest.ingest(record(125))
    const body = new TextEncoder().encode(JSON.stringify({ status: 'acknowledged', assignee: 'Zoë' }))
    const { status } = await rest.call('PATCH', '/api/v1/detections/125', { body, headers })
    expect(status).toBe(204)
    expect(await detection(125)).toMatchObject({ status: 'acknowledged', assignee: 'Zoë' })
  })

  it('sets user names and origins of participants, and finds them', async () => {
    const participants = [
      { id: 11, role: 'offender', object_type: 'ipaddr', object_value: '192.0.2.7' },
      { id: 12, role: 'victim', object_type: 'ipaddr', object_value: '192.0.2.8' },
    ]
    await rest.ingest(record(126, { participants }))
    const body = {
      status: 'acknowledged',
      participants: [{ id: 12, usernames: ['petra'], origins: ['198.51.100.4'] }],
    }
    expect(await patch(126, body)).toBe(204)
    expect(await detection(126)).toMatchObject({
      status: 'acknowledged',
      participants: [
        { id: 11, usernames: [] },
        { id: 12, usernames: ['petra'], origins: ['198.51.100.4'] },
      ],
    })
    expect((await rest.changes('126')).map(({ kind }) => kind)).toEqual([
      'TRACKING_CHANGED',
      'PARTICIPANTS_CHANGED',
    ])
    // Nothing of a change that is refused is made.
    expect(await patch(126, { status: 'closed', participants: [{ id: 13, usernames: ['x'] }] })).toBe(422)
    expect(await detection(126)).toMatchObject({ status: 'acknowledged' })
    const row = await rest.app.database
      .selectFrom('detections')
      .select('search_text')
      .where('detection_id', '=', '126')
      .executeTakeFirstOrThrow()
    expect(row.search_text).toContain('petra')
  })

  it('numbers participants that their sensor did not number', async () => {
    const participants = [
      { id: 1, object_value: '192.0.2.1' },
      { object_value: '192.0.2.2' },
      { hostname: 'x' },
    ]
    await rest.ingest(record(127, { participants }))
    expect(await detection(127)).toMatchObject({
      participants: [
        { id: 1, object_type: 'ipaddr' },
        { id: 2, object_type: 'ipaddr' },
        { id: 3, object_type: 'device' },
      ],
    })
    expect(await patch(127, { participants: [{ id: 3, usernames: ['x'] }] })).toBe(204)
  })

  it('is in the ledger as done by whoever has the key, as over GraphQL', async () => {
    await rest.ingest(record(128))
    const analyst = await rest.key('analyst', 'ann')
    const integration = await rest.key('integration')
    for (const [authorization, status] of [
      [`Bearer ${analyst}`, 'acknowledged'],
      [`ExtraHop apikey=${integration}`, 'new'],
    ]) {
      const answer = await rest.call('PATCH', '/api/v1/detections/128', {
        body: { status },
        authorization: authorization ?? null,
        headers: { 'x-request-id': 'chain-1' },
      })
      expect(answer.status).toBe(204)
    }
    expect(await rest.changes('128')).toMatchObject([
      { kind: 'TRACKING_CHANGED', actor: { kind: 'person', name: 'ann' } },
      { kind: 'TRACKING_CHANGED', actor: { kind: 'integration', name: 'integration' } },
    ])
  })
})

describe('the tracking mode', () => {
  it('keeps the API from tracking while external tracking is off', async () => {
    await rest.ingest(record(130))
    await rest.track({ internalTracking: true, externalTracking: false })
    const body = { status: 'acknowledged' }
    const answer = await rest.call('PATCH', '/api/v1/detections/130', { body })
    expect(answer.status).toBe(422)
    expect(answer.json).toMatchObject({ type: 'tracking_disabled', detail: answer.json.error_message })
    const tickets = { ticket_id: 'X', status: 'closed' }
    expect((await rest.call('PATCH', '/api/v1/detections/tickets', { body: tickets })).status).toBe(422)
    await rest.track({ internalTracking: false, externalTracking: true })
    expect(await patch(130, body)).toBe(204)
    expect(await patch(130, { status: 'new' })).toBe(204)
    await rest.track({ internalTracking: true })
    expect(await patch(130, body)).toBe(204)
  })
})

describe('a ticket', () => {
  it('is tracked in every detection that carries it, hidden ones too', async () => {
    await rest.ingest(record(140), record(141), record(142))
    await patch(140, { ticket_id: 'SAME' })
    await patch(141, { ticket_id: 'SAME' })
    await patch(142, { ticket_id: 'OTHER' })
    const body = { ticket_id: 'SAME', status: 'closed', resolution: 'action_taken', assignee: 'bob' }
    expect(await rest.call('PATCH', '/api/v1/detections/tickets', { body })).toMatchObject({
      status: 204,
      text: '',
    })
    for (const id of [140, 141]) expect(await detection(id)).toMatchObject(body)
    expect(await detection(142)).toMatchObject({ status: null, assignee: null })
  })

  it('that no detection carries is 404, and one that is not named 422', async () => {
    const answer = (body: object): Promise<{ status: number }> =>
      rest.call('PATCH', '/api/v1/detections/tickets', { body })
    expect((await answer({ ticket_id: 'NONE', status: 'closed' })).status).toBe(404)
    expect((await answer({ status: 'closed' })).status).toBe(422)
    expect((await answer({ ticket_id: '', status: 'closed' })).status).toBe(422)
  })
})

describe('related detections', () => {
  it('share an address or a host, within a time range that has to be given', async () => {
    const at = (...addresses: readonly string[]): object => ({
      participants: addresses.map((object_value) => ({ object_type: 'ipaddr', object_value })),
    })
    await rest.ingest(
      record(150, at('203.0.113.5')),
      record(151, at('203.0.113.5', '203.0.113.6')),
      record(152, at('203.0.113.6')),
      record(153, { ...at('203.0.113.5'), end_time: 1_500_000_000_000 }),
    )
    const related = await rest.call('GET', '/api/v1/detections/150/related?from=1600000000000&until=0')
    expect(related.json.map(({ id }: { id: number }) => id)).toEqual([151])
    expect((await rest.call('GET', '/api/v1/detections/150/related?until=0')).status).toBe(400)
    expect((await rest.call('GET', '/api/v1/detections/150/related?from=&until=0')).status).toBe(400)
    expect((await rest.call('GET', '/api/v1/detections/404040/related?from=1&until=0')).status).toBe(404)
  })
})

it('a detection is in no investigation, because there are none', async () => {
  await rest.ingest(record(160))
  expect((await rest.call('GET', '/api/v1/detections/160/investigations')).json).toEqual([])
  expect((await rest.call('GET', '/api/v1/detections/404040/investigations')).status).toBe(404)
})
