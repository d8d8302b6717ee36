import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ingestReports, type IngestOutcome } from '../../src/detections/ingest-detections.ts'
import { createTestDatabase } from '../test-database.ts'
import { report, sam } from '../tracking/gateway-world.ts'

type Report = ReturnType<typeof report>

async function world() {
  const test = await createTestDatabase()
  const { database } = test
  return {
    database,
    ingest: (reports: readonly Report[], source = 'test'): Promise<readonly IngestOutcome[]> =>
      ingestReports(
        database,
        source,
        reports.map((item, index) => ({ index, report: item })),
        sam,
      ),
    rows: () => database.selectFrom('detections').selectAll().orderBy('external_id').execute(),
    events: () => database.selectFrom('detection_events').selectAll().orderBy('event_id').execute(),
    [Symbol.asyncDispose]: () => test[Symbol.asyncDispose](),
  }
}

const at = (hour: number): { updateTime: Date } => ({ updateTime: new Date(Date.UTC(2026, 10, 20, hour)) })

test('a report is stored once, however often it comes', async () => {
  await using gateway = await world()
  const first = await gateway.ingest([report('a'), report('a'), report('b')])
  expect(first.map(({ outcome }) => outcome)).toEqual(['created', 'unchanged', 'created'])
  const second = await gateway.ingest([report('a')])
  expect(second).toEqual([{ index: 0, detectionId: first[0]?.detectionId, outcome: 'unchanged' }])
  expect(await gateway.events()).toHaveLength(2)
})

test('older content never overwrites newer, and newer content names the fields that changed', async () => {
  await using gateway = await world()
  await gateway.ingest([report('a', at(15))])
  const [newer] = await gateway.ingest([report('a', { ...at(16), title: 'Worse', riskScore: 90 })])
  const [older] = await gateway.ingest([report('a', { ...at(14), title: 'Old news' })])
  expect([newer?.outcome, older?.outcome]).toEqual(['updated', 'stale'])
  expect(await gateway.rows()).toMatchObject([{ title: 'Worse', risk_score: 90, version: 1 }])
  const events = await gateway.events()
  expect(events.at(-1)).toMatchObject({
    kind: 'DETECTION_UPDATED',
    change: { fields: ['title', 'riskScore', 'updateTime'] },
  })
})

test('content updates leave the tracking state alone; what a sensor says of it counts at the first time only', async () => {
  await using gateway = await world()
  await gateway.ingest([
    report('a', { tracking: { status: 'closed', resolution: 'action_taken', assignee: 'kim' } }),
  ])
  await gateway.ingest([report('a', { ...at(20), title: 'More', tracking: { status: 'open' } })])
  expect(await gateway.rows()).toMatchObject([
    { title: 'More', status: 'closed', resolution: 'action_taken', assignee: 'kim' },
  ])
})

test('the status new of a sensor means open while external tracking is off', async () => {
  await using gateway = await world()
  await gateway.ingest([report('a', { tracking: { status: 'new' } })])
  expect(await gateway.rows()).toMatchObject([{ status: 'open' }])
})

test('detections keep the id their sensor gave them, unless another source has it', async () => {
  await using gateway = await world()
  const [mine] = await gateway.ingest([report('25769804127', { preferredId: '25769804127' })])
  const [theirs] = await gateway.ingest([report('25769804127', { preferredId: '25769804127' })], 'other')
  const [own] = await gateway.ingest([report('without')])
  expect(mine?.detectionId).toBe('25769804127')
  expect(theirs?.detectionId).not.toBe('25769804127')
  expect(BigInt(own?.detectionId ?? 0)).toBeGreaterThan(10n ** 15n)
})

test('two reports of one batch that want the same id both go in', async () => {
  await using gateway = await world()
  const outcomes = await gateway.ingest([
    report('x', { preferredId: '7' }),
    report('y', { preferredId: '7' }),
  ])
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['created', 'created'])
  expect(new Set(outcomes.map(({ detectionId }) => detectionId)).size).toBe(2)
})

test('writers that deliver the same batches at once, in any order, neither lose nor double anything', async () => {
  await using gateway = await world()
  const reports = Array.from({ length: 60 }, (_, index) => report(`d${index % 30}`, at(index < 30 ? 10 : 12)))
  await Promise.all(
    Array.from({ length: 8 }, (_, writer) =>
      gateway.ingest(writer % 2 === 0 ? reports : reports.toReversed()),
    ),
  )
  const rows = await gateway.rows()
  expect(rows).toHaveLength(30)
  expect(rows.every(({ update_time }) => update_time.getTime() === at(12).updateTime.getTime())).toBe(true)
  const created = (await gateway.events()).filter(({ kind }) => kind === 'DETECTION_CREATED')
  expect(created).toHaveLength(30)
})

test('whatever the order of delivery, the content with the latest time is what stays', async () => {
  await using gateway = await world()
  let run = 0
  const hours = fc.uniqueArray(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(hours, fc.boolean(), async (order, together) => {
      run += 1
      const reports = order.map((hour) => report(`p${run}`, { ...at(hour), title: `At ${hour}` }))
      if (together) await gateway.ingest(reports)
      else for (const item of reports) await gateway.ingest([item])
      const row = (await gateway.rows()).find(({ external_id }) => external_id === `p${run}`)
      expect(row?.title).toBe(`At ${Math.max(...order)}`)
    }),
    { numRuns: 40 },
  )
})

test('text that PostgreSQL cannot hold is cleaned, and does not fail the batch', async () => {
  await using gateway = await world()
  const outcomes = await gateway.ingest([
    report('nul', { title: 'a\u0000b', properties: { 'k\u0000': 'v\u0000', lone: '\ud800' } }),
    report('plain'),
  ])
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['created', 'created'])
  expect((await gateway.rows())[0]?.title).toBe('ab')
})
