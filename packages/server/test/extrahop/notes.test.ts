import { afterAll, beforeAll, expect, it } from 'vitest'
import { addNote } from '../../src/detections/notes.ts'
import { origin, record, startRestApp, type RestApp, type RestResponse } from './rest-app.ts'

let rest: RestApp
beforeAll(async () => {
  rest = await startRestApp()
})
afterAll(() => rest[Symbol.asyncDispose]())

async function put(id: number, note: string): Promise<void> {
  const body = { note, update_time: 1 }
  expect((await rest.call('PUT', `/api/v1/detections/${id}/notes`, { body })).status).toBe(204)
}

async function get(id: number): Promise<RestResponse['json']> {
  const { status, json } = await rest.call('GET', `/api/v1/detections/${id}/notes`)
  expect(status).toBe(200)
  return json
}

async function stored(id: number): Promise<readonly { text: string; replaced: boolean }[]> {
  const rows = await rest.app.database
    .selectFrom('detection_notes')
    .select(['text', 'replaced_at'])
    .where('detection_id', '=', String(id))
    .orderBy('created_at')
    .execute()
  return rows.map(({ text, replaced_at: at }) => ({ text, replaced: at !== null }))
}

it('a note is put, replaced and deleted; what was there is kept for people', async () => {
  await rest.ingest(record(1))
  expect(await get(1)).toEqual({ author: null, note: '', update_time: null })
  const before = Date.now()
  await put(1, 'First.')
  const first = await get(1)
  expect(first).toEqual({ author: 'ada', note: 'First.', update_time: expect.any(Number) })
  expect(Math.abs(first.update_time - before)).toBeLessThan(60_000)
  await put(1, 'Second.\nOf two lines.')
  expect(await get(1)).toMatchObject({ note: 'Second.\nOf two lines.' })
  expect(await rest.call('DELETE', '/api/v1/detections/1/notes')).toMatchObject({ status: 204, text: '' })
  expect(await get(1)).toEqual({ author: null, note: '', update_time: null })
  expect(await stored(1)).toEqual([
    { text: 'First.', replaced: true },
    { text: 'Second.\nOf two lines.', replaced: true },
  ])
  expect((await rest.changes('1')).map(({ kind }) => kind)).toEqual([
    'NOTE_ADDED',
    'NOTES_REPLACED',
    'NOTE_ADDED',
    'NOTES_REPLACED',
  ])
})

it('what is read, added to and put back adds a note; those of people are part of the text', async () => {
  await rest.ingest(record(2))
  await addNote(
    rest.app.database,
    { detectionId: '2', text: 'Called the owner.', visibility: 'internal' },
    'person',
    {
      ...origin,
      actor: { kind: 'person', name: 'ann' },
    },
  )
  expect(await get(2)).toMatchObject({ author: 'ann', note: 'Called the owner.' })
  await put(2, 'Called the owner.\n\nTicket closed.')
  expect(await get(2)).toMatchObject({ author: 'ada', note: 'Called the owner.\n\nTicket closed.' })
  await put(2, 'Called the owner.\n\nTicket closed.')
  expect(await stored(2)).toEqual([
    { text: 'Called the owner.', replaced: false },
    { text: 'Ticket closed.', replaced: false },
  ])
})

it('a note moves mod_time, so that pollers see it', async () => {
  await rest.ingest(record(3))
  const modTime = async (): Promise<number> => (await rest.call('GET', '/api/v1/detections/3')).json.mod_time
  const before = await modTime()
  await put(3, 'x')
  expect(await modTime()).toBeGreaterThan(before)
})

it('notes put at once are all kept', async () => {
  await rest.ingest(record(4))
  await Promise.all(Array.from({ length: 8 }, (_, index) => put(4, `Note ${index}`)))
  const notes = await stored(4)
  expect(notes).toHaveLength(8)
  expect(notes.filter(({ replaced }) => !replaced)).toHaveLength(1)
})

it('notes need external tracking, a detection, and a text', async () => {
  await rest.ingest(record(5))
  const statuses = async (id: number): Promise<readonly number[]> =>
    await Promise.all(
      ['GET', 'PUT', 'DELETE'].map(async (method) => {
        const options = method === 'PUT' ? { body: { note: 'x' } } : {}
        return (await rest.call(method, `/api/v1/detections/${id}/notes`, options)).status
      }),
    )
  expect(await statuses(404_040)).toEqual([404, 404, 404])
  await rest.track({ internalTracking: true, externalTracking: false })
  expect(await statuses(5)).toEqual([422, 422, 422])
  const refused = await rest.call('GET', '/api/v1/detections/5/notes')
  expect(refused.json).toMatchObject({
    type: 'tracking_disabled',
    detail: expect.stringContaining('xternal'),
  })
  await rest.track({ externalTracking: true })
  const put5 = (body: unknown): Promise<RestResponse> =>
    rest.call('PUT', '/api/v1/detections/5/notes', { body })
  expect((await put5({})).status).toBe(422)
  expect((await put5({ note: 5 })).status).toBe(422)
  expect((await put5({ note: 'x'.repeat(50_001) })).status).toBe(422)
  expect((await put5({ note: 'a\u0000b' })).status).toBe(204)
  expect(await get(5)).toMatchObject({ note: 'ab' })
})
