import { expect, test } from 'vitest'
import { addNote } from '../../src/detections/notes.ts'
import { ingestReports } from '../../src/detections/ingest-detections.ts'
import { trackDetections, type TrackingRequest } from '../../src/detections/track-detections.ts'
import { updateTrackingSettings } from '../../src/tracking/tracking-settings.ts'
import { createTestDatabase } from '../test-database.ts'
import { report, sam } from '../tracking/gateway-world.ts'

async function world(count = 1) {
  const test = await createTestDatabase()
  const { database } = test
  const reports = Array.from({ length: count }, (_, index) => ({ index, report: report(`d${index}`) }))
  const ids = (await ingestReports(database, 'test', reports, sam)).map(({ detectionId }) => detectionId)
  return {
    database,
    ids,
    id: ids[0] ?? '',
    track: (...requests: TrackingRequest[]) => trackDetections(database, requests, 'person', sam),
    row: (detectionId: string) =>
      database
        .selectFrom('detections')
        .selectAll()
        .where('detection_id', '=', detectionId)
        .executeTakeFirstOrThrow(),
    [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
  }
}

test('one request that is refused does not keep the others from being carried out', async () => {
  await using gateway = await world(2)
  const [first = '', second = ''] = gateway.ids
  const results = await gateway.track(
    { detectionId: first, change: { status: 'in_progress', assignee: 'kim' } },
    { detectionId: '4711', change: { status: 'closed' } },
    { detectionId: second, change: { resolution: 'action_taken' } },
  )
  expect(results.map(({ error }) => error?.code ?? null)).toEqual([
    null,
    'DETECTION_NOT_FOUND',
    'RESOLUTION_NOT_ALLOWED',
  ])
  expect(await gateway.row(first)).toMatchObject({ status: 'in_progress', assignee: 'kim', version: 2 })
  expect(await gateway.row(second)).toMatchObject({ status: 'open', version: 1 })
})

test('a change moves modTime and leaves updateTime alone', async () => {
  await using gateway = await world()
  const before = await gateway.row(gateway.id)
  await gateway.track({ detectionId: gateway.id, change: { status: 'acknowledged' } })
  const after = await gateway.row(gateway.id)
  expect(after.update_time).toEqual(before.update_time)
  expect(after.mod_time.getTime()).toBeGreaterThan(before.mod_time.getTime())
})

test('a change of nothing writes nothing', async () => {
  await using gateway = await world()
  const [result] = await gateway.track({ detectionId: gateway.id, change: { status: 'open' } })
  expect(result).toMatchObject({ error: null, changed: false })
  expect(await gateway.row(gateway.id)).toMatchObject({ version: 1 })
})

test('of two changes made from the same version at once, one wins and the other is told', async () => {
  await using gateway = await world()
  const results = await Promise.all(
    ['kim', 'alex'].map((assignee) =>
      gateway.track({ detectionId: gateway.id, change: { assignee }, expectedVersion: 1 }),
    ),
  )
  const codes = results.map(([result]) => result?.error?.code ?? 'done')
  expect(codes.toSorted()).toEqual(['VERSION_CONFLICT', 'done'])
})

test('every change is in the ledger with what was before and after', async () => {
  await using gateway = await world()
  await gateway.track({ detectionId: gateway.id, change: { status: 'closed', resolution: 'action_taken' } })
  await gateway.track({ detectionId: gateway.id, change: { status: 'in_progress' } })
  const events = await gateway.database
    .selectFrom('detection_events')
    .selectAll()
    .where('kind', '=', 'TRACKING_CHANGED')
    .orderBy('event_id')
    .execute()
  expect(events.map(({ change }) => change)).toMatchObject([
    { before: { status: 'open' }, after: { status: 'closed', resolution: 'action_taken' } },
    {
      before: { status: 'closed', resolution: 'action_taken' },
      after: { status: 'in_progress', resolution: null },
    },
  ])
})

test('the tracking mode says who may track', async () => {
  await using gateway = await world()
  const settings = (patch: object): Promise<unknown> =>
    updateTrackingSettings(gateway.database, patch, { reattach: false }, sam)
  const attempt = async (actor: 'person' | 'integration'): Promise<string> => {
    const request = { detectionId: gateway.id, change: { assignee: `by-${actor}-${Math.random()}` } }
    const [result] = await trackDetections(gateway.database, [request], actor, sam)
    return result?.error?.code ?? 'done'
  }
  expect([await attempt('person'), await attempt('integration')]).toEqual(['done', 'TRACKING_DISABLED'])
  await settings({ internalTracking: false, externalTracking: true })
  expect([await attempt('person'), await attempt('integration')]).toEqual(['TRACKING_DISABLED', 'done'])
  await settings({ internalTracking: false, externalTracking: false })
  expect([await attempt('person'), await attempt('integration')]).toEqual([
    'TRACKING_DISABLED',
    'TRACKING_DISABLED',
  ])
})

test('a note needs text and a detection', async () => {
  await using gateway = await world()
  const add = (detectionId: string, text: string): Promise<string> =>
    addNote(gateway.database, { detectionId, text, visibility: 'internal' }, 'person', sam)
  await expect(add(gateway.id, '  ')).rejects.toMatchObject({ code: 'INVALID_INPUT' })
  await expect(add('4711', 'hello')).rejects.toMatchObject({ code: 'DETECTION_NOT_FOUND' })
  await add(gateway.id, 'Looked at the laptop.')
  const notes = await gateway.database.selectFrom('detection_notes').selectAll().execute()
  expect(notes).toMatchObject([{ author: 'sam', text: 'Looked at the laptop.' }])
})
