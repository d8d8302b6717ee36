import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { record, startRestApp, type RestApp } from './rest-app.ts'

const HOUR = 3_600_000
const now = Date.now()

let rest: RestApp
beforeAll(async () => {
  rest = await startRestApp()
  await rest.ingest(
    record(1, {
      type: 'a',
      risk_score: 83,
      start_time: now - 5 * HOUR,
      update_time: now - HOUR,
      recommended: true,
      status: 'closed',
      resolution: 'action_taken',
      assignee: 'ada',
      ticket_id: 'T-1',
    }),
    record(2, {
      type: 'b',
      categories: ['perf.db'],
      risk_score: null,
      start_time: now - 5 * HOUR,
      end_time: now - 4 * HOUR,
      update_time: now - 4 * HOUR,
      status: 'acknowledged',
      assignee: 'bob',
      ticket_id: 'T-2',
    }),
    record(3, { risk_score: 20, start_time: now - 2 * HOUR, end_time: now - HOUR, update_time: now - HOUR }),
    record(4, { start_time: now - 30 * 24 * HOUR, update_time: now - 3 * HOUR, create_time: now - HOUR }),
  )
})
afterAll(() => rest[Symbol.asyncDispose]())

async function search(body: unknown, authorization?: string): Promise<readonly number[]> {
  const options = authorization === undefined ? { body } : { body, authorization }
  const { status, json } = await rest.call('POST', '/api/v1/detections/search', options)
  expect({ status, json }).toMatchObject({ status: 200 })
  return json.map(({ id }: { id: number }) => id)
}

describe('a search', () => {
  it('for nothing in particular gives those updated last first, then by id', async () => {
    expect(await search({})).toEqual([1, 3, 4, 2])
    expect(await search('')).toEqual([1, 3, 4, 2])
    expect(await search({ filter: null, from: null, until: null, limit: null, sort: null })).toEqual([
      1, 3, 4, 2,
    ])
    expect((await rest.call('GET', '/api/v1/detections')).json).toHaveLength(4)
    expect((await rest.call('GET', '/api/v1/detections?limit=1')).json).toMatchObject([{ id: 1 }])
  })

  it.each([
    [{ status: ['closed'] }, [1]],
    [{ status: ['.none'] }, [3, 4]],
    [{ status: ['.none', 'acknowledged'] }, [3, 4, 2]],
    [{ status: ['new'] }, []],
    [{ status: [] }, [1, 3, 4, 2]],
    [{ resolution: ['action_taken'] }, [1]],
    [{ resolution: ['.none'] }, [3, 4, 2]],
    [{ resolution: ['false_positive'] }, []],
    [{ resolution: ['false_positive', 'action_taken'] }, [1]],
    [{ assignee: ['bob'] }, [2]],
    [{ assignee: ['.me'] }, [1]],
    [{ assignee: ['.me', '.none'] }, [1, 3, 4]],
    [{ assignee: ['.none'] }, [3, 4]],
    [{ assignee: ['.me', 'bob'] }, [1, 2]],
    [{ ticket_id: ['T-1', 'T-2'] }, [1, 2]],
    [{ ticket_id: ['.none'] }, [3, 4]],
    [{ ticket_id: ['.me'] }, []],
    [{ categories: ['perf'] }, [2]],
    [{ categories: ['sec.lateral'] }, [1, 3, 4]],
    [{ categories: ['sec', 'perf'] }, [1, 3, 4, 2]],
    [{ category: 'perf.db' }, [2]],
    [{ category: 'sec', categories: ['perf'] }, []],
    [{ types: ['a', 'b'] }, [1, 2]],
    [{ risk_score_min: 61 }, [1, 4]],
    [{ recommended: true }, [1]],
    [{ recommended: false }, [3, 4, 2]],
    [{ status: ['closed'], assignee: ['bob'] }, []],
    [{ status: null, types: null }, [1, 3, 4, 2]],
    [{ operator: 'and', rules: [{ field: 'status', operator: '=', operand: 'open' }] }, [1, 3, 4, 2]],
  ])('with the filter %j finds %j', async (filter, expected) => {
    expect(await search({ filter })).toEqual(expected)
  })

  it('takes .me of an integration for nobody', async () => {
    const authorization = `Bearer ${await rest.key('integration')}`
    expect(await search({ filter: { assignee: ['.me'] } }, authorization)).toEqual([])
    expect(await search({ filter: { assignee: ['.me', '.none'] } }, authorization)).toEqual([3, 4])
  })

  it.each([
    ['since three hours ago, what goes on included', { from: -3 * HOUR, until: 0 }, [1, 3, 4]],
    ['the same as an instant', { from: now - 3 * HOUR, until: 0 }, [1, 3, 4]],
    ['since ever, until now', { from: 0, until: 0 }, [1, 3, 4, 2]],
    ['what had ended two hours ago', { until: -2 * HOUR }, [2]],
    ['a range', { from: -270 * 60_000, until: -2 * HOUR }, [2]],
    ['beyond all times', { from: Number.MAX_SAFE_INTEGER }, [1, 4]],
    [
      'beyond all times, backwards',
      { from: Number.MIN_SAFE_INTEGER, until: Number.MAX_SAFE_INTEGER },
      [1, 3, 4, 2],
    ],
    ['by update_time', { update_time: -2 * HOUR }, [1, 3]],
    ['by update_time, the instant included', { update_time: now - 3 * HOUR }, [1, 3, 4]],
    ['by create_time', { create_time: -2 * HOUR }, [4]],
    ['by mod_time', { mod_time: -60_000 }, [1, 3, 4, 2]],
    ['by mod_time of the future', { mod_time: now + HOUR }, []],
  ])('%s', async (_, body, expected) => {
    expect(await search(body)).toEqual(expected)
  })

  it('finds by mod_time what was modified at that very millisecond', async () => {
    const { json } = await rest.call('GET', '/api/v1/detections/2')
    expect(await search({ mod_time: json.mod_time })).toContain(2)
  })

  it.each([
    [{ field: 'id' }, [1, 2, 3, 4]],
    [[{ field: 'id', direction: 'desc' }], [4, 3, 2, 1]],
    [[{ field: 'risk_score', direction: 'desc' }], [1, 4, 3, 2]],
    [[{ field: 'risk_score', direction: 'asc' }], [3, 4, 1, 2]],
    [[{ field: 'end_time', direction: 'desc' }], [3, 2, 1, 4]],
    [
      [{ field: 'start_time' }, { field: 'id', direction: 'desc' }],
      [4, 2, 1, 3],
    ],
    [
      [
        { field: 'update_time', direction: 'desc' },
        { field: 'id', direction: 'desc' },
      ],
      [3, 1, 4, 2],
    ],
    [[{ field: 'create_time', direction: 'desc' }], [4, 1, 2, 3]],
    [[{ field: 'creation_time', direction: 'desc' }], [4, 1, 2, 3]],
    [[], [1, 3, 4, 2]],
  ])('is sorted by %j', async (sort, expected) => {
    expect(await search({ sort })).toEqual(expected)
  })

  it('is paged by limit and offset until a page is short, and gives ids alone when they are all that is asked for', async () => {
    const sort = { field: 'id' }
    expect(await search({ sort, limit: 3 })).toEqual([1, 2, 3])
    expect(await search({ sort, limit: 3, offset: 3 })).toEqual([4])
    expect(await search({ sort, limit: 3, offset: 6 })).toEqual([])
    expect(await search({ limit: 0 })).toEqual([])
    const { text } = await rest.call('POST', '/api/v1/detections/search', {
      body: { sort, id_only: true, limit: 1_000_000 },
    })
    expect(text).toBe('[{"id":1},{"id":2},{"id":3},{"id":4}]')
  })

  it.each([
    [{ limit: -1 }],
    [{ limit: 20_001 }],
    [{ limit: 1_000_001, id_only: true }],
    [{ limit: '10' }],
    [{ offset: 1.5 }],
    [{ from: 'yesterday' }],
    [{ from: 1e300 }],
    [{ filter: [] }],
    [{ filter: { status: 'closed' } }],
    [{ filter: { status: ['open'] } }],
    [{ filter: { risk_score_min: 'high' } }],
    [{ filter: { types: [''] } }],
    [{ sort: [{ field: 'nothing' }] }],
    [{ sort: [{ direction: 'asc' }] }],
    [{ sort: { field: 'id', direction: 'up' } }],
    [{ id_only: 'yes' }],
  ])('by %j is refused with 400, type and detail', async (body) => {
    const { status, json } = await rest.call('POST', '/api/v1/detections/search', { body })
    expect(status).toBe(400)
    expect(json).toEqual({ error_message: json.detail, type: 'invalid_search', detail: expect.any(String) })
  })

  it.each([
    [{ sort: [{ field: 'nothing' }] }, 'sort: takes {"field": ...'],
    [{ sort: { field: 'id', direction: 'up' } }, 'fields are id, start_time,'],
    [{ filter: { status: ['open'] } }, 'filter.status.0: '],
  ])('by %j is refused with words that help: %s', async (body, words) => {
    expect((await rest.call('POST', '/api/v1/detections/search', { body })).json.detail).toContain(words)
  })

  it.each(['limit=', 'limit=ten', 'limit=1.5', 'limit=1e2', 'limit=-1', 'limit=20001'])(
    'a list with the parameter %s is refused with 400',
    async (query) => {
      const { status, json } = await rest.call('GET', `/api/v1/detections?${query}`)
      expect([status, json.type]).toEqual([400, 'invalid_search'])
      expect(json.detail).toContain('limit')
    },
  )

  it('of more than is loaded at once comes whole and in order', async () => {
    await using many = await startRestApp()
    const ids = Array.from({ length: 1_203 }, (_, index) => index + 1)
    await many.ingest(...ids.map((id) => record(id)))
    const { json } = await many.call('POST', '/api/v1/detections/search', {
      body: { limit: 2_000, sort: { field: 'id' } },
    })
    expect(json.map(({ id }: { id: number }) => id)).toEqual(ids)
    expect((await many.call('POST', '/api/v1/detections/search', { body: {} })).json).toHaveLength(1_000)
  })
})
