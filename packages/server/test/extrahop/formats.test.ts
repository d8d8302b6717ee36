import { afterAll, beforeAll, expect, it } from 'vitest'
import { record, startRestApp, type RestApp, type RestResponse } from './rest-app.ts'

const FORMATS = '/api/v1/detections/formats'

let rest: RestApp
beforeAll(async () => {
  rest = await startRestApp()
})
afterAll(() => rest[Symbol.asyncDispose]())

const list = async (): Promise<RestResponse['json']> => (await rest.call('GET', FORMATS)).json

it('the catalogue begins empty, and has the kinds of the detections there are', async () => {
  expect(await list()).toEqual([])
  await rest.ingest(
    record(1, { type: 'rogue_dhcp', title: 'Rogue DHCP', mitre_techniques: [{ id: 'T1557' }] }),
    record(2, { type: 'rogue_dhcp', title: 'Rogue DHCP Server', update_time: 1_700_000_070_000 }),
    record(3, { type: 'a_kind', categories: ['perf.db'] }),
  )
  expect(await list()).toEqual([
    expect.objectContaining({ type: 'a_kind', categories: ['perf.db'] }),
    {
      type: 'rogue_dhcp',
      display_name: 'Rogue DHCP Server',
      categories: ['sec', 'sec.lateral'],
      mitre_categories: [],
      author: null,
      is_user_created: false,
      status: 'active',
      released: null,
      last_updated: null,
      properties: {},
    },
  ])
})

it('a kind is made, read, changed and removed', async () => {
  const body = {
    type: 'my_kind',
    display_name: 'My Kind',
    categories: ['sec.exfil'],
    author: 'Ada',
    is_user_created: 7,
  }
  const created = await rest.call('POST', FORMATS, { body })
  expect([created.status, created.text, created.headers.get('location')]).toEqual([
    201,
    '',
    `${FORMATS}/my_kind`,
  ])
  expect((await rest.call('GET', `${FORMATS}/my_kind`)).json).toMatchObject({
    display_name: 'My Kind',
    categories: ['sec', 'sec.exfil'],
    author: 'Ada',
    is_user_created: true,
  })
  const changed = await rest.call('PATCH', `${FORMATS}/my_kind`, { body: { display_name: 'Mine' } })
  expect(changed.status).toBe(204)
  expect((await rest.call('GET', `${FORMATS}/my_kind`)).json).toMatchObject({
    display_name: 'Mine',
    categories: ['sec', 'sec.exfil'],
    author: 'Ada',
  })
  expect((await rest.call('DELETE', `${FORMATS}/my_kind`)).status).toBe(204)
  expect((await rest.call('GET', `${FORMATS}/my_kind`)).status).toBe(404)
})

it('one that was made and one that detections have can share a type', async () => {
  await rest.ingest(record(4, { type: 'shared', title: 'Of the sensor' }))
  const name = async (query: string): Promise<string> =>
    (await rest.call('GET', `${FORMATS}/shared${query}`)).json.display_name
  await rest.call('POST', FORMATS, { body: { type: 'shared', display_name: 'Of ours' } })
  expect([await name(''), await name('?built_in_only=false'), await name('?built_in_only=true')]).toEqual([
    'Of ours',
    'Of ours',
    'Of the sensor',
  ])
})

it('what cannot be is refused', async () => {
  await rest.ingest(record(5, { type: 'built_in' }))
  const post = async (body: unknown): Promise<number> => (await rest.call('POST', FORMATS, { body })).status
  expect(await post({ type: 'once', display_name: 'x' })).toBe(201)
  expect(await post({ type: 'once', display_name: 'x' })).toBe(422)
  expect(await post({ type: 'no spaces', display_name: 'x' })).toBe(422)
  expect(await post({ type: 'x' })).toBe(422)
  expect(await post({ type: 'x', display_name: ' ' })).toBe(422)
  expect(await post({ type: 'x', display_name: 'x', categories: ['sec', 'perf'] })).toBe(422)
  expect(await post({ type: 'x', display_name: 'x', categories: ['other'] })).toBe(422)
  const body = { display_name: 'x' }
  expect((await rest.call('PATCH', `${FORMATS}/built_in`, { body })).status).toBe(422)
  expect((await rest.call('DELETE', `${FORMATS}/built_in`)).status).toBe(422)
  expect((await rest.call('PATCH', `${FORMATS}/nothing`, { body })).status).toBe(404)
  expect((await rest.call('DELETE', `${FORMATS}/nothing`)).status).toBe(404)
})
