import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createMetrics } from '../../src/http/metrics.ts'
import { updateTrackingSettings } from '../../src/tracking/tracking-settings.ts'
import { record } from '../extrahop/rest-app.ts'
import { sam, until } from '../tracking/gateway-world.ts'
import { startSensorWorld, type SensorWorld } from './sensor-world.ts'

let world: SensorWorld
let nextId = 100

beforeAll(async () => {
  const rules = [{ name: 'high', filter: { riskScoreMin: 90 } }]
  world = await startSensorWorld({ gateway: { rules } })
})
afterEach(() => {
  world.wire.fate = () => 'passes'
})
afterAll(() => world[Symbol.asyncDispose]())

/** A detection at the sensor that the gateway has fetched. */
async function fetched(changes: object = {}): Promise<number> {
  const id = (nextId += 1)
  await world.sensor.ingest(record(id, changes))
  await world.poll()
  return id
}

/** What was written to a detection of the sensor, or was to be; a check writes nothing. */
function writesTo(id: number): readonly unknown[] {
  return world.wire.requests
    .filter(({ method, path, body }) => method === 'PATCH' && path.endsWith(`/${id}`) && body !== '{}')
    .map(({ body }): unknown => JSON.parse(body))
}

const untouched = { status: null, resolution: null, assignee: null, ticket_id: null }

async function kinds(id: number): Promise<readonly string[]> {
  return (await world.gateway.events(String(id))).map(({ kind }) => kind)
}

describe('a poll', () => {
  it('brings detections with the ids and the tracking that they have at the sensor, once', async () => {
    await world.sensor.ingest(record(25_769_804_127))
    const id = await fetched({ status: 'closed', resolution: 'action_taken' })
    expect(await world.gateway.detection('25769804127')).toMatchObject({
      source: 'sensor-berlin',
      external_id: '25769804127',
      title: 'Detection 25769804127',
    })
    expect((await world.both(id)).gateway).toMatchObject({ status: 'closed', resolution: 'action_taken' })
    expect(await world.link(id)).toMatchObject({ sync_state: 'in_sync', next_attempt_at: null })
    await world.poll()
    expect(await kinds(id)).toEqual(['DETECTION_CREATED'])
    expect(writesTo(id)).toEqual([])
    const { database } = world.gateway
    const metrics = createMetrics({ database, subscriptionCount: () => ({ subscriptions: 0, groups: 0 }) })
    const told = await metrics.text()
    expect(told).toContain('tripline_source_links{source="sensor-berlin",sync_state="in_sync"} 2')
    expect(told).toMatch(/tripline_source_cursor_age_seconds\{source="sensor-berlin"\} [0-9.]+/u)
  })

  it('goes on where it was, a little before, after a restart', async () => {
    await fetched()
    const { cursor, polled_up_to: upTo } = await world.source()
    expect(Number(cursor)).toBe(Number(upTo) - 120_000)
    const id = await fetched()
    const searches = world.wire.requests.filter(({ path }) => path.endsWith('/search'))
    const { mod_time: since } = JSON.parse(searches.at(-1)?.body ?? '{}') as { mod_time: number }
    expect(since).toBe(Number(cursor))
    expect(await world.gateway.detection(String(id))).toMatchObject({ external_id: String(id) })
  })

  it('takes news of the content, and asks the sensor nothing for it', async () => {
    const id = await fetched()
    await world.sensor.ingest(record(id, { title: 'Worse', update_time: 1_700_000_090_000 }))
    await world.poll()
    expect(await world.gateway.detection(String(id))).toMatchObject({ title: 'Worse' })
    expect(await world.link(id)).toMatchObject({ sync_state: 'in_sync', requested: 1 })
  })

  it('leaves out what is no detection, and says so', async () => {
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
    world.wire.fate = () => ({ status: 429, headers: { 'retry-after': '120' } })
    const next = await world.poll()
    expect(Number(next)).toBeGreaterThan(Date.now() + 110_000)
    const asked = world.wire.requests.length
    expect(await world.poll()).toEqual((await world.source()).not_before)
    expect(world.wire.requests).toHaveLength(asked)
    await world.again()
  })

  it('makes no more requests a minute than it may', async () => {
    await world.change({ requestsPerMinute: 2 })
    await until(async () => {
      await world.poll()
      return (await world.source()).not_before !== null
    })
    expect(await world.source()).toMatchObject({ last_error: { code: 'RATE_LIMITED' }, failures: 0 })
    await world.change({ requestsPerMinute: null })
    await world.again()
  })

  it('pauses a source whose key is refused, until it has another one', async () => {
    await world.change({ settings: { apiKey: 'wrong' } })
    await until(async () => (await world.source()).paused_reason !== null)
    expect(await world.source()).toMatchObject({ paused_reason: { code: 'UNAUTHORIZED' }, failures: 1 })
    const id = (nextId += 1)
    await world.sensor.ingest(record(id))
    await world.change({ settings: { apiKey: await world.sensor.key('integration') } })
    await until(() => world.link(id).catch(() => null))
    expect(await world.source()).toMatchObject({ paused_reason: null, failures: 0, last_error: null })
  })
})

describe('tracking', () => {
  it('comes from the sensor', async () => {
    const id = await fetched()
    const body = { status: 'closed', resolution: 'no_action_taken', assignee: 'kim', ticket_id: 'EX-9' }
    await world.patch(id, body)
    await world.poll()
    await world.settled(id)
    expect((await world.both(id)).gateway).toEqual(body)
    expect(writesTo(id)).toEqual([])
    const events = await world.gateway.events(String(id))
    expect(events.map(({ kind }) => kind)).toEqual(['DETECTION_CREATED', 'TRACKING_CHANGED', 'SYNC_SETTLED'])
    expect(events[1]).toMatchObject({ actor: { kind: 'integration', name: 'sensor-berlin' } })
  })

  it('goes to the sensor, once, and what comes back of it is no change', async () => {
    const id = await fetched()
    await world.track(id, { status: 'closed', resolution: 'action_taken', assignee: 'kim' })
    await world.settled(id)
    expect((await world.both(id)).sensor).toEqual({
      status: 'closed',
      resolution: 'action_taken',
      assignee: 'kim',
      ticket_id: null,
    })
    await world.poll()
    await world.track(id, { status: 'open', assignee: null })
    await world.settled(id)
    expect((await world.both(id)).sensor).toEqual(untouched)
    await world.poll()
    expect(await world.link(id)).toMatchObject({ sync_state: 'in_sync', requested: 3 })
    expect(writesTo(id)).toEqual([
      { status: 'closed', resolution: 'action_taken', assignee: 'kim' },
      { status: null, resolution: null, assignee: null },
    ])
    expect(await kinds(id)).toContain('SOURCE_WRITTEN')
  })

  it.each([
    ['prefer-tripline', 'gateway'],
    ['prefer-source', 'sensor'],
  ] as const)('that both changed is a conflict, decided by the policy: %s', async (conflicts, winner) => {
    await world.change({ conflicts })
    const id = await fetched()
    await world.pause()
    await world.track(id, { status: 'acknowledged', assignee: 'gateway' })
    await world.patch(id, { assignee: 'sensor', ticket_id: 'EX-9' })
    await world.resume()
    await world.settled(id)
    const both = await world.both(id)
    expect(both.sensor).toEqual({
      status: 'acknowledged',
      resolution: null,
      assignee: winner,
      ticket_id: 'EX-9',
    })
    expect(both.gateway).toEqual(both.sensor)
    const conflict = (await world.gateway.events(String(id))).filter(({ kind }) => kind === 'SYNC_CONFLICT')
    expect(conflict.map(({ change }) => change)).toMatchObject([
      { source: 'sensor-berlin', conflict: { field: 'assignee', ours: 'gateway', theirs: 'sensor' } },
    ])
  })

  it('that the sensor refuses is blocked, says why, and does not keep back what it takes', async () => {
    const id = await fetched()
    world.wire.fate = ({ method, body }) =>
      method === 'PATCH' && body.includes('ticket_id')
        ? { status: 422, body: { error_message: 'Ticket tracking is disabled.' } }
        : 'passes'
    await world.gateway.track(String(id), { status: 'in_progress', ticketId: 'SEC-1' })
    const link = await world.settled(id, 'blocked')
    expect(link.reason).toMatchObject({ code: 'REJECTED', field: 'ticketId' })
    expect((await world.both(id)).sensor).toEqual({ ...untouched, status: 'in_progress' })
    world.wire.fate = () => 'passes'
    await world.resume()
    await world.settled(id)
    expect((await world.both(id)).sensor).toMatchObject({ ticket_id: 'SEC-1' })
  })

  it('that was written although no answer came is read before anything is written again', async () => {
    const id = await fetched()
    let isLost = false
    world.wire.fate = ({ method, body }) => {
      if (method !== 'PATCH' || isLost || body === '{}') return 'passes'
      isLost = true
      return 'lost'
    }
    await world.track(id, { status: 'in_progress', assignee: 'kim' })
    await world.settled(id)
    expect((await world.both(id)).sensor).toEqual({ ...untouched, status: 'in_progress', assignee: 'kim' })
    expect(writesTo(id)).toHaveLength(1)
    expect(await kinds(id)).not.toContain('SYNC_CONFLICT')
  })

  it('that the sensor takes and does not do is told', async () => {
    const id = await fetched()
    world.wire.fate = ({ method }) => (method === 'PATCH' ? { status: 204 } : 'passes')
    await world.track(id, { assignee: 'kim' })
    const { reason } = await world.settled(id, 'blocked')
    expect(reason).toMatchObject({ code: 'NOT_APPLIED', field: 'assignee' })
  })

  it('of a detection that the sensor has no more is blocked', async () => {
    const id = await fetched()
    await world.sensor.app.database.deleteFrom('detections').where('detection_id', '=', String(id)).execute()
    await world.track(id, { assignee: 'kim' })
    expect((await world.settled(id, 'blocked')).reason).toMatchObject({ code: 'DETECTION_MISSING' })
  })

  it('waits while external tracking is off here', async () => {
    const { database } = world.gateway
    const id = await fetched()
    await updateTrackingSettings(database, { externalTracking: false }, { reattach: false }, sam)
    await world.track(id, { assignee: 'kim' })
    await world.patch(id, { status: 'acknowledged' })
    await world.poll()
    const jobs = await until(async () => {
      const { rows } = await database.pool.query(
        `select from graphile_worker.jobs where task_identifier = 'reconcile-source'`,
      )
      return rows.length === 0
    })
    expect(jobs).toBe(true)
    expect((await world.both(id)).sensor).toEqual({ ...untouched, status: 'acknowledged' })
    expect((await world.both(id)).gateway).toEqual({ ...untouched, assignee: 'kim' })
    await updateTrackingSettings(database, { externalTracking: true }, { reattach: true }, sam)
    await world.again()
    await world.settled(id)
    const both = await world.both(id)
    expect(both.sensor).toEqual({ ...untouched, status: 'acknowledged', assignee: 'kim' })
    expect(both.gateway).toEqual(both.sensor)
  })

  it('of a ticket reaches the sensor: its id, and what becomes of it', async () => {
    const id = await fetched({ risk_score: 95 })
    const { key } = await world.gateway.settledIssue(String(id))
    await world.settled(id)
    expect((await world.both(id)).sensor).toEqual({ ...untouched, status: 'new', ticket_id: key })
    await world.patch(id, { status: 'in_progress', assignee: null })
    await world.poll()
    await until(async () => (await world.gateway.settledIssue(String(id))).statusId === '3')
  })
})
