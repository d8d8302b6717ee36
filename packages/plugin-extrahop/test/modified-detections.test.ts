import { describe, expect, it } from 'vitest'
import { call, connect, detection, now, startAppliance, type Got } from './appliance.ts'

const T = 1_751_347_635_000

/** Searches as the REST API does. */
function search(detections: readonly Record<string, unknown>[]) {
  return ({ body }: Got) => {
    const { mod_time: since, limit, offset } = body as { mod_time: number; limit: number; offset: number }
    const found = detections
      .filter((each) => Number(each['mod_time']) >= since)
      .toSorted((left, right) => Number(left['mod_time']) - Number(right['mod_time']))
    return { status: 200, body: found.slice(offset, offset + limit) }
  }
}

describe('a poll', () => {
  it('begins as far back as the settings say, and asks for what the settings name', async () => {
    await using appliance = await startAppliance(() => ({ status: 200, body: [] }))
    const settings = { apiKey: 'k3y', lookBackDays: 2, categories: ['sec.attack'], riskScoreMin: 31 }
    const page = await connect(appliance.url, settings).poll(null, 50, call)
    expect(appliance.requests).toEqual([
      {
        method: 'POST',
        path: '/api/v1/detections/search',
        authorization: 'ExtraHop apikey=k3y',
        contentType: 'application/json',
        body: {
          filter: { categories: ['sec.attack'], risk_score_min: 31 },
          mod_time: now.getTime() - 2 * 86_400_000,
          limit: 50,
          offset: 0,
          sort: [{ field: 'mod_time', direction: 'asc' }],
        },
      },
    ])
    expect(page).toEqual({ records: [], states: [], nextCursor: null, upTo: null, isLast: true })
  })

  it('sees every detection, through pages and equal times, and rests a little before the last', async () => {
    const all = [0, 1, 1, 1, 1, 1, 2, 5].map((second, index) => detection(index + 1, T + second * 1000))
    await using appliance = await startAppliance(search(all))
    const adapter = connect(appliance.url, { apiKey: 'k3y', overlapSeconds: 4 })
    const seen = new Set<unknown>()
    let cursor: string | null = String(T)
    for (let pages = 0, isLast = false; !isLast; pages += 1) {
      expect(pages).toBeLessThan(10)
      const page = await adapter.poll(cursor, 2, call)
      for (const record of page.records) seen.add((record as { id: number }).id)
      ;({ nextCursor: cursor, isLast } = page)
      if (isLast) expect(page.upTo).toEqual(new Date(T + 5000))
    }
    expect(seen.size).toBe(all.length)
    expect(cursor).toBe(String(T + 1000))
    const again = await adapter.poll(cursor, 50, call)
    expect(again.records).toHaveLength(7)
    expect(again.nextCursor).toBe(cursor)
  })

  it('does not go back when there is nothing', async () => {
    await using appliance = await startAppliance(search([]))
    const adapter = connect(appliance.url)
    expect((await adapter.poll(String(T), 50, call)).nextCursor).toBe(String(T))
    const { nextCursor } = await adapter.poll(`${T}+3`, 50, call)
    expect(nextCursor).toBe(String(T - 120_000))
    expect((await adapter.poll(nextCursor, 50, call)).nextCursor).toBe(nextCursor)
  })

  it('tells how detections are tracked, whatever else is wrong with a record', async () => {
    const tracked = { status: 'closed', resolution: 'false_positive', assignee: 'kim', ticket_id: ' ' }
    const records = [
      detection(34_359_738_432, T, tracked),
      { ...detection(2, T), id: 'not an id' },
      { mod_time: T },
    ]
    await using appliance = await startAppliance(() => ({ status: 200, body: records }))
    const page = await connect(appliance.url).poll(String(T), 50, call)
    expect(page.records).toEqual(records)
    expect(page.states).toEqual([
      {
        externalId: '34359738432',
        tracking: { status: 'closed', resolution: 'false_positive', assignee: 'kim', ticketId: null },
      },
    ])
  })

  it.each([
    ['a rate limit', { status: 429, headers: { 'retry-after': '7' } }, 'RATE_LIMITED'],
    ['a refused key', { status: 401, body: { error_message: 'Invalid API key' } }, 'UNAUTHORIZED'],
    [
      'an ended token',
      { status: 400, body: { error_message: 'The specified access token is invalid' } },
      'UNAUTHORIZED',
    ],
    ['a licence agreement', { status: 402, body: { error_message: 'EULA' } }, 'ACCESS_DENIED'],
    [
      'a lack of privileges',
      { status: 403, body: { error_message: 'Insufficient privilege' } },
      'ACCESS_DENIED',
    ],
    [
      'criteria that are refused',
      { status: 400, body: { type: 'invalid_search', detail: 'bad limit' } },
      'REJECTED',
    ],
    ['a fault', { status: 500, body: { error_message: 'oops' } }, 'UNAVAILABLE'],
    [
      'another server',
      { status: 404, body: '<html>', headers: { 'content-type': 'text/html' } },
      'PLUGIN_OUTDATED',
    ],
    ['something garbled', { status: 200, body: '[{"id": 1, "mod_' }, 'UNEXPECTED_RESPONSE'],
    ['another shape', { status: 200, body: { detections: [] } }, 'UNEXPECTED_RESPONSE'],
    ['old firmware', { status: 200, body: [{ id: 1 }] }, 'UNEXPECTED_RESPONSE'],
  ])('tells %s', async (_, answer, code) => {
    await using appliance = await startAppliance(() => answer)
    const error: unknown = await connect(appliance.url)
      .poll(String(T), 50, call)
      .catch((each: unknown) => each)
    expect(error).toMatchObject({ code, outcome: 'not_done' })
    if (code === 'RATE_LIMITED') expect(error).toMatchObject({ retryAfterMs: 7_000 })
    expect(String(error)).not.toContain('k3y')
  })
})
