import { describe, expect, it } from 'vitest'
import {
  pauseDetectionSource,
  resumeDetectionSource,
  updateDetectionSource,
} from '../../src/sources/detection-sources.ts'
import { record } from '../extrahop/rest-app.ts'
import { sam, until } from '../tracking/gateway-world.ts'
import { startSensorWorld, type SensorWorld } from './sensor-world.ts'

const untouched = { status: null, resolution: null, assignee: null, ticket_id: null }

async function kinds({ gateway }: SensorWorld, id: number): Promise<readonly string[]> {
  return (await gateway.events(String(id))).map(({ kind }) => kind)
}

describe('a poll', () => {
  it('brings detections with the ids and the tracking that they have at the sensor, once', async () => {
    await using world = await startSensorWorld()
    const { sensor, gateway } = world
    await sensor.ingest(record(25_769_804_127), record(2, { status: 'closed', resolution: 'action_taken' }))
    await world.poll()
    expect(await gateway.detection('25769804127')).toMatchObject({
      source: 'sensor-berlin',
      external_id: '25769804127',
      title: 'Detection 25769804127',
    })
    expect((await world.both(2)).gateway).toMatchObject({ status: 'closed', resolution: 'action_taken' })
    expect(await world.link(2)).toMatchObject({ sync_state: 'in_sync', next_attempt_at: null })
    await world.poll()
    expect(await kinds(world, 2)).toEqual(['DETECTION_CREATED'])
    expect(world.writes()).toEqual([])
  })

  it('goes on where it was, a little before, after a restart', async () => {
    await using world = await startSensorWorld({ settings: { overlapSeconds: 10, lookBackDays: 1 } })
    await world.sensor.ingest(record(1))
    await world.poll()
    const { cursor, polled_up_to: upTo } = await world.source()
    expect(Number(cursor)).toBe(Number(upTo) - 10_000)
    await world.sensor.ingest(record(2))
    await world.poll()
    const searches = world.wire.requests.filter(({ path }) => path.endsWith('/search'))
    const { mod_time: since } = JSON.parse(searches.at(-1)?.body ?? '{}') as { mod_time: number }
    expect(since).toBe(Number(cursor))
    expect(await world.gateway.detection('2')).toMatchObject({ external_id: '2' })
  })

  it('takes news of the content, and asks the sensor nothing for it', async () => {
    await using world = await startSensorWorld()
    await world.sensor.ingest(record(1))
    await world.poll()
    await world.sensor.ingest(record(1, { title: 'Worse', update_time: 1_700_000_090_000 }))
    await world.poll()
    expect(await world.gateway.detection('1')).toMatchObject({ title: 'Worse' })
    expect(await world.link(1)).toMatchObject({ sync_state: 'in_sync', requested: 1 })
  })

  it('leaves out what is no detection, and says so', async () => {
    await using world = await startSensorWorld()
    const bad = { ...record(7), title: null, mod_time: 1_700_000_000_000 }
    const good = { ...record(8), mod_time: 1_700_000_000_001 }
    world.wire.fate = ({ path }) => (path.endsWith('/search') ? { status: 200, body: [bad, good] } : 'passes')
    await world.poll()
    expect(await world.gateway.detection('8')).toMatchObject({ external_id: '8' })
    expect(await world.source()).toMatchObject({
      refused_count: '1',
      last_refusal: { message: expect.stringContaining('Detection 7: title') as string },
    })
  })

  it('waits as long as the sensor asks for', async () => {
    await using world = await startSensorWorld()
    world.wire.fate = () => ({ status: 429, headers: { 'retry-after': '120' } })
    const next = await world.poll()
    expect(Number(next)).toBeGreaterThan(Date.now() + 110_000)
    const asked = world.wire.requests.length
    expect(await world.poll()).toEqual((await world.source()).not_before)
    expect(world.wire.requests).toHaveLength(asked)
  })

  it('makes no more requests a minute than it may', async () => {
    await using world = await startSensorWorld({ requestsPerMinute: 2, paused: true })
    await resumeDetectionSource(world.gateway.sources, world.sourceId, sam)
    await until(async () => {
      await world.poll()
      return (await world.source()).not_before !== null
    })
    expect(world.wire.requests.filter(({ path }) => path.endsWith('/search')).length).toBeLessThanOrEqual(2)
    expect((await world.source()).last_error).toMatchObject({ code: 'RATE_LIMITED' })
  })

  it('pauses a source whose key is refused, until it has another one', async () => {
    await using world = await startSensorWorld({ settings: { apiKey: 'wrong' } })
    await until(async () => (await world.source()).paused_reason !== null)
    expect(await world.source()).toMatchObject({ paused_reason: { code: 'UNAUTHORIZED' }, failures: 1 })
    await world.sensor.ingest(record(1))
    const apiKey = await world.sensor.key('integration')
    await updateDetectionSource(world.gateway.sources, world.sourceId, { settings: { apiKey } }, sam)
    await until(() => world.link(1).catch(() => null))
    expect(await world.source()).toMatchObject({ paused_reason: null, failures: 0, last_error: null })
  })
})

describe('tracking', () => {
  it('comes from the sensor', async () => {
    await using world = await startSensorWorld()
    await world.sensor.ingest(record(1))
    await world.poll()
    const body = { status: 'closed', resolution: 'no_action_taken', assignee: 'kim', ticket_id: 'EX-9' }
    await world.patch(1, body)
    await world.poll()
    await world.settled(1)
    expect((await world.both(1)).gateway).toEqual(body)
    expect(world.writes()).toEqual([])
    const events = await world.gateway.events('1')
    expect(events.map(({ kind }) => kind)).toEqual(['DETECTION_CREATED', 'TRACKING_CHANGED', 'SYNC_SETTLED'])
    expect(events[1]).toMatchObject({ actor: { kind: 'integration', name: 'sensor-berlin' } })
  })

  it('goes to the sensor, once, and what comes back of it is no change', async () => {
    await using world = await startSensorWorld()
    await world.sensor.ingest(record(1))
    await world.poll()
    await world.track(1, { status: 'closed', resolution: 'action_taken', assignee: 'kim' })
    await world.settled(1)
    expect((await world.both(1)).sensor).toEqual({
      status: 'closed',
      resolution: 'action_taken',
      assignee: 'kim',
      ticket_id: null,
    })
    await world.poll()
    await world.track(1, { status: 'open', assignee: null })
    await world.settled(1)
    expect((await world.both(1)).sensor).toEqual(untouched)
    await world.poll()
    expect(await world.link(1)).toMatchObject({ sync_state: 'in_sync', requested: 3 })
    expect(world.writes()).toEqual([
      { status: 'closed', resolution: 'action_taken', assignee: 'kim' },
      { status: null, resolution: null, assignee: null },
    ])
    expect(await kinds(world, 1)).toContain('SOURCE_WRITTEN')
  })

  it.each([
    ['prefer-tripline', 'gateway'],
    ['prefer-source', 'sensor'],
  ] as const)('that both changed is a conflict, decided by the policy: %s', async (conflicts, winner) => {
    await using world = await startSensorWorld({ conflicts })
    await world.sensor.ingest(record(1))
    await world.poll()
    await pauseDetectionSource(world.gateway.sources, world.sourceId, sam)
    await world.track(1, { status: 'acknowledged', assignee: 'gateway' })
    await world.patch(1, { assignee: 'sensor', ticket_id: 'EX-9' })
    await resumeDetectionSource(world.gateway.sources, world.sourceId, sam)
    await world.settled(1)
    const both = await world.both(1)
    expect(both.sensor).toEqual({
      status: 'acknowledged',
      resolution: null,
      assignee: winner,
      ticket_id: 'EX-9',
    })
    expect(both.gateway).toEqual(both.sensor)
    const conflict = (await world.gateway.events('1')).filter(({ kind }) => kind === 'SYNC_CONFLICT')
    expect(conflict.map(({ change }) => change)).toMatchObject([
      { source: 'sensor-berlin', conflict: { field: 'assignee', ours: 'gateway', theirs: 'sensor' } },
    ])
  })

  it('that the sensor refuses is blocked, says why, and does not keep back what it takes', async () => {
    await using world = await startSensorWorld()
    await world.sensor.ingest(record(1))
    await world.poll()
    world.wire.fate = ({ method, body }) =>
      method === 'PATCH' && body.includes('ticket_id')
        ? { status: 422, body: { error_message: 'Ticket tracking is disabled.' } }
        : 'passes'
    await world.gateway.track('1', { status: 'in_progress', ticketId: 'SEC-1' })
    const link = await world.settled(1, 'blocked')
    expect(link.reason).toMatchObject({ code: 'REJECTED', field: 'ticketId' })
    expect((await world.both(1)).sensor).toEqual({ ...untouched, status: 'in_progress' })
    world.wire.fate = () => 'passes'
    await resumeDetectionSource(world.gateway.sources, world.sourceId, sam)
    await world.settled(1)
    expect((await world.both(1)).sensor).toMatchObject({ ticket_id: 'SEC-1' })
  })

  it('that was written although no answer came is read before anything is written again', async () => {
    await using world = await startSensorWorld()
    await world.sensor.ingest(record(1))
    await world.poll()
    let isLost = false
    world.wire.fate = ({ method, body }) => {
      if (method !== 'PATCH' || isLost || body === '{}') return 'passes'
      isLost = true
      return 'lost'
    }
    await world.track(1, { status: 'in_progress', assignee: 'kim' })
    await world.settled(1)
    expect((await world.both(1)).sensor).toEqual({ ...untouched, status: 'in_progress', assignee: 'kim' })
    expect(world.writes()).toHaveLength(1)
    expect(await kinds(world, 1)).not.toContain('SYNC_CONFLICT')
  })

  it('that the sensor takes and does not do is told', async () => {
    await using world = await startSensorWorld()
    await world.sensor.ingest(record(1))
    await world.poll()
    world.wire.fate = ({ method }) => (method === 'PATCH' ? { status: 204 } : 'passes')
    await world.track(1, { assignee: 'kim' })
    const { reason } = await world.settled(1, 'blocked')
    expect(reason).toMatchObject({ code: 'NOT_APPLIED', field: 'assignee' })
  })

  it('of a detection that the sensor has no more is blocked', async () => {
    await using world = await startSensorWorld()
    await world.sensor.ingest(record(1))
    await world.poll()
    await world.sensor.app.database.deleteFrom('detections').execute()
    await world.track(1, { assignee: 'kim' })
    expect((await world.settled(1, 'blocked')).reason).toMatchObject({ code: 'DETECTION_MISSING' })
  })

  it('waits while external tracking is off here', async () => {
    await using world = await startSensorWorld()
    const { database } = world.gateway
    const { updateTrackingSettings } = await import('../../src/tracking/tracking-settings.ts')
    await world.sensor.ingest(record(1))
    await world.poll()
    await updateTrackingSettings(database, { externalTracking: false }, { reattach: false }, sam)
    await world.track(1, { assignee: 'kim' })
    await world.patch(1, { status: 'acknowledged' })
    await world.poll()
    const jobs = await until(async () => {
      const { rows } = await database.pool.query(
        `select from graphile_worker.jobs where task_identifier = 'reconcile-source'`,
      )
      return rows.length === 0
    })
    expect(jobs).toBe(true)
    expect((await world.both(1)).sensor).toEqual({ ...untouched, status: 'acknowledged' })
    expect((await world.both(1)).gateway).toEqual({ ...untouched, assignee: 'kim' })
  })

  it('of a ticket reaches the sensor: its id, and what becomes of it', async () => {
    await using world = await startSensorWorld({ gateway: { rules: [{ name: 'everything' }] } })
    await world.sensor.ingest(record(1))
    await world.poll()
    const { key } = await world.gateway.settledIssue('1')
    await world.settled(1)
    expect((await world.both(1)).sensor).toEqual({ ...untouched, status: 'new', ticket_id: key })
    await world.patch(1, { status: 'in_progress', assignee: null })
    await world.poll()
    await until(async () => (await world.gateway.settledIssue('1')).statusId === '3')
  })
})
