import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { record, startRestApp, type RestApp, type RestResponse } from './rest-app.ts'

const RULES = '/api/v1/detections/rules/hiding'

let rest: RestApp
beforeAll(async () => {
  rest = await startRestApp()
})
afterAll(() => rest[Symbol.asyncDispose]())

async function create(body: object): Promise<string> {
  const { status, headers, text } = await rest.call('POST', RULES, { body })
  expect([status, text]).toEqual([201, ''])
  return headers.get('location') ?? ''
}

async function shown(type: string): Promise<readonly number[]> {
  const body = { filter: { types: [type] }, id_only: true, sort: { field: 'id' } }
  const { json } = await rest.call('POST', '/api/v1/detections/search', { body })
  return json.map(({ id }: { id: number }) => id)
}

describe('a tuning rule', () => {
  it('hides from searches what it matches, counts it, and shows it again when it is removed', async () => {
    await rest.ingest(record(1, { type: 'a' }), record(2, { type: 'b' }))
    const location = await create({
      detection_type: 'a',
      offender: 'Any',
      victim: 'Any',
      expiration: null,
      description: 'Known.',
    })
    await rest.ingest(record(3, { type: 'a' }))
    expect([await shown('a'), await shown('b')]).toEqual([[], [2]])
    expect((await rest.call('GET', '/api/v1/detections/1')).status).toBe(200)
    const rule = {
      id: Number(location.split('/').at(-1)),
      author: 'ada',
      create_time: expect.any(Number),
      description: 'Known.',
      detection_type: 'a',
      detection_types: ['a'],
      enabled: true,
      expiration: null,
      offender: 'Any',
      victim: 'Any',
      properties: [],
      detections_hidden: 2,
      participants_hidden: 0,
      hide_past_detections: true,
    }
    expect((await rest.call('GET', location)).json).toEqual(rule)
    expect((await rest.call('GET', RULES)).json).toEqual([rule])
    expect((await rest.call('PATCH', location, { body: { enabled: false } })).status).toBe(204)
    expect(await shown('a')).toEqual([1, 3])
    expect((await rest.call('PATCH', location, { body: { enabled: true } })).status).toBe(204)
    expect(await shown('a')).toEqual([])
    expect((await rest.call('DELETE', location)).status).toBe(204)
    expect(await shown('a')).toEqual([1, 3])
    for (const method of ['GET', 'DELETE']) expect((await rest.call(method, location)).status).toBe(404)
    expect((await rest.call('PATCH', location, { body: {} })).status).toBe(404)
  })

  it('of a category, of a participant or of a property hides those', async () => {
    const offender = (object_value: string, external = false): object => ({
      participants: [{ id: 1, role: 'offender', object_type: 'ipaddr', object_value, external }],
    })
    await rest.ingest(
      record(10, { type: 'c', ...offender('10.1.1.1') }),
      record(11, { type: 'c', ...offender('192.0.2.1', true) }),
      record(12, { type: 'c', properties: { sni: 'scan.example.com' } }),
      record(13, { type: 'c', categories: ['perf.db'] }),
    )
    const hides = async (body: object): Promise<readonly number[]> => {
      const location = await create({
        offender: 'Any',
        victim: 'Any',
        expiration: 0,
        detection_type: 'c',
        ...body,
      })
      const left = await shown('c')
      expect((await rest.call('DELETE', location)).status).toBe(204)
      return [10, 11, 12, 13].filter((id) => !left.includes(id))
    }
    expect(await hides({ offender: { object_type: 'ipaddr', object_value: '10.0.0.0/8' } })).toEqual([10])
    expect(
      await hides({ offender: { object_type: 'ipaddr', object_value: ['10.1.1.1', '192.0.2.1'] } }),
    ).toEqual([10, 11])
    expect(await hides({ offender: { object_type: 'locality_type', object_locality: 'external' } })).toEqual([
      11,
    ])
    expect(await hides({ properties: [{ property: 'sni', operator: '~', operand: '^scan\\.' }] })).toEqual([
      12,
    ])
    expect(await hides({ properties: [{ property: 'sni', operator: 'in', operand: ['a', 'b'] }] })).toEqual(
      [],
    )
    expect(await hides({ detection_type: 'all_performance' })).toEqual([13])
    expect(await hides({ detection_types: ['x', 'c'], detection_type: null })).toEqual([10, 11, 12, 13])
  })

  it.each([
    [{ object_type: 'device', object_id: 25_769_803_777 }],
    [{ object_type: 'ipaddr', object_value: ['192.0.2.1', '10.0.0.0/8'] }],
    [{ object_type: 'hostname', object_hostname: 'scanner.example.com' }],
    [{ object_type: 'locality_type', object_locality: 'internal' }],
    [{ object_type: 'scanner_service', object_scanner: 'Any' }],
    [{ object_type: 'scanner_service', object_scanner: ['Qualys', 'Rapid7'] }],
  ])('gives back whom it is about as it was given: %j', async (victim) => {
    const location = await create({ detection_type: 'none', offender: 'Any', victim, expiration: null })
    expect((await rest.call('GET', location)).json.victim).toEqual(victim)
  })

  it('that expires says when, and is changed in part', async () => {
    const expiration = Date.now() + 3_600_000
    const location = await create({ detection_type: 'none', offender: 'Any', victim: 'Any', expiration })
    expect((await rest.call('GET', location)).json.expiration).toBe(expiration)
    const offender = { object_type: 'ipaddr', object_value: '192.0.2.1' }
    await rest.call('PATCH', location, { body: { offender, id: 7, author: 'x' } })
    expect((await rest.call('GET', location)).json).toMatchObject({ expiration, offender, author: 'ada' })
    await rest.call('PATCH', location, { body: { expiration: 0, description: null } })
    expect((await rest.call('GET', location)).json).toMatchObject({
      expiration: null,
      offender,
      description: '',
    })
  })

  it.each([
    [{}, 'offender'],
    [{ offender: 'Any', victim: 'Any' }, 'detection_type'],
    [{ offender: 'Somebody' }, 'offender: takes "Any", or an object'],
    [{ offender: { object_type: 'device' } }, 'offender'],
    [{ offender: { object_type: 'device_group', object_id: 5 } }, 'offender'],
    [{ offender: { object_type: 'ipaddr', object_value: '10.0.0.300' } }, 'offender'],
    [{ offender: { object_type: 'scanner_service' } }, 'offender'],
    [{ expiration: 'never' }, 'expiration'],
    [{ properties: [{ property: 'p', operator: '~', operand: '(' }] }, 'properties'],
    [{ properties: [{ property: 'p', operator: '=', operand: { a: 1 } }] }, 'properties'],
    [{ properties: [{ property: 'p', operator: '=' }] }, 'properties'],
  ])('that is %j is refused with 422 because of %s', async (given, where) => {
    const isWhole = Object.keys(given).length === 0 || 'victim' in given
    const body = isWhole
      ? given
      : { detection_type: 'x', offender: 'Any', victim: 'Any', expiration: null, ...given }
    const { status, json } = await rest.call('POST', RULES, { body })
    expect(status).toBe(422)
    expect(json.error_message).toContain(where)
  })

  it('is for administrators to make, and for everybody to see', async () => {
    const authorization = `Bearer ${await rest.key('analyst', 'ann')}`
    const body = { detection_type: 'x', offender: 'Any', victim: 'Any', expiration: null }
    const refused: RestResponse = await rest.call('POST', RULES, { body, authorization })
    expect([refused.status, Object.keys(refused.json)]).toEqual([403, ['error_message', 'type', 'detail']])
    expect((await rest.call('GET', RULES, { authorization })).status).toBe(200)
  })

  it.each(['0', 'x', '9223372036854775808', '99999999999999999999', '77'])(
    '%s is not there: 404',
    async (id) => {
      expect((await rest.call('GET', `${RULES}/${id}`)).status).toBe(404)
    },
  )
})
