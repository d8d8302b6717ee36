import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { trackDetections } from '../../src/detections/track-detections.ts'
import { createHidingRule } from '../../src/hiding/hiding-rules.ts'
import { queueExternalData } from '../../src/triggers/trigger-inputs.ts'
import { keptRuns } from '../../src/triggers/trigger-runs.ts'
import { failuresBeforePause, workOnTrigger } from '../../src/triggers/trigger-work.ts'
import { resumeTrigger, updateTrigger } from '../../src/triggers/triggers.ts'
import { report, sam } from '../tracking/gateway-world.ts'
import { startTriggerWorld, until } from './trigger-world.ts'

const later = (hour: number) => ({ updateTime: new Date(Date.UTC(2026, 10, 21, hour)) })
const send = `Remote.HTTP('ticket-server').post({path: '/' + Detection.id, payload: Detection.title})`

test('runs on created and changed content, and not on tracking', async () => {
  await using world = await startTriggerWorld()
  await world.ingest(report('before'))
  const trigger = await world.create(`log(Detection.title, Detection.isEventCreate)`)
  await world.startProcess()
  const [id = ''] = await world.ingest(report('a', { title: 'First' }))
  await world.ran(trigger, 1)
  await trackDetections(
    world.database,
    [{ detectionId: id, change: { status: 'acknowledged' } }],
    'person',
    sam,
  )
  await world.ingest(report('a', { ...later(1), title: 'Second' }))
  const runs = await world.ran(trigger, 2)
  expect(runs.map(({ logs, detectionId, outcome }) => [logs[0], detectionId, outcome])).toEqual([
    ['First true', id, 'done'],
    ['Second false', id, 'done'],
  ])
})

test('has each effect once, however many processes share the work', async () => {
  await using world = await startTriggerWorld()
  const triggers = [await world.create(send), await world.create(send, { name: 'Other' })]
  await Promise.all([world.startProcess(), world.startProcess(), world.startProcess()])
  const names = Array.from({ length: 120 }, (_, index) => `d${index}`)
  for (let from = 0; from < names.length; from += 30)
    await world.ingest(...names.slice(from, from + 30).map((name) => report(name)))
  for (const trigger of triggers) await world.ran(trigger, names.length)
  const sent = await world.sent()
  for (const { triggerId } of triggers) {
    const own = sent.filter(({ source }) => source['triggerId'] === triggerId)
    expect(own).toHaveLength(names.length)
    expect(new Set(own.map(({ source }) => source['detectionId'])).size).toBe(names.length)
  }
})

test('does nothing of a batch whose lease another process has taken', async () => {
  await using world = await startTriggerWorld()
  const trigger = await world.create(send)
  await world.ingest(report('a'))
  const row = await world.database.selectFrom('triggers').selectAll().executeTakeFirstOrThrow()
  const { thread } = world.deps
  const usurped: typeof thread.run = async (script, input) => {
    await world.database.updateTable('triggers').set({ lease: crypto.randomUUID() }).execute()
    return await thread.run(script, input)
  }
  await workOnTrigger({ ...world.deps, thread: { ...thread, run: usurped } }, row)
  expect(await world.sent()).toEqual([])
  await world.database.updateTable('triggers').set({ leased_until: null }).execute()
  await world.startProcess()
  await world.ran(trigger, 1)
  expect(await world.sent()).toHaveLength(1)
})

test('refuses visibly what is sent to a target that does not exist', async () => {
  await using world = await startTriggerWorld()
  const trigger = await world.create(`log(Remote.HTTP('nowhere').get({path: '/'}))`)
  await world.startProcess()
  await world.ingest(report('a'))
  expect(await world.ran(trigger, 1)).toMatchObject([
    {
      outcome: 'done',
      logs: ['false'],
      messages: 0,
      refused: [{ target: 'nowhere', kind: 'http', reason: 'There is no http target named "nowhere".' }],
    },
  ])
})

test('does not run for hidden detections', async () => {
  await using world = await startTriggerWorld()
  await createHidingRule(world.database, { detectionTypes: ['noise'] }, sam)
  const trigger = await world.create(send)
  await world.startProcess()
  await world.ingest(report('hidden', { type: 'noise' }))
  const [shown] = await world.ingest(report('shown'))
  await world.ran(trigger, 1)
  expect((await world.sent()).map(({ source }) => source['detectionId'])).toEqual([shown])
})

test('runs once for inputs that two processes have seen', async () => {
  await using world = await startTriggerWorld()
  const trigger = await world.create(`log(ExternalData.type)`, { events: ['EXTERNAL_DATA'] })
  await queueExternalData(world.database, 'scan', {})
  const row = await world.database.selectFrom('triggers').selectAll().executeTakeFirstOrThrow()
  await Promise.all([workOnTrigger(world.deps, row), workOnTrigger(world.deps, row)])
  expect(await world.ran(trigger, 1)).toHaveLength(1)
  expect(await world.trigger(trigger)).toMatchObject({ runCount: 1 })
})

test('pauses a trigger that keeps failing, and goes on where it stopped when it is mended', async () => {
  await using world = await startTriggerWorld()
  const trigger = await world.create(`null.x`)
  await world.startProcess()
  const count = failuresBeforePause + 5
  await world.ingest(...Array.from({ length: count }, (_, index) => report(`d${index}`)))
  const paused = await until(async () => {
    const now = await world.trigger(trigger)
    return now.pausedReason === null ? null : now
  })
  expect(paused).toMatchObject({
    runCount: failuresBeforePause,
    failedCount: failuresBeforePause,
    pausedReason: { code: 'FAILING', message: expect.stringContaining('null') },
  })
  const events = await world.database.selectFrom('detection_events').select('kind').execute()
  expect(events.filter(({ kind }) => kind === 'TRIGGER_PAUSED')).toHaveLength(1)
  await updateTrigger(world.deps, trigger.triggerId, { script: send }, sam)
  await world.ran(trigger, count)
  expect(await world.sent()).toHaveLength(5)
})

test('skips what happened while it was disabled, and not while it was paused', async () => {
  await using world = await startTriggerWorld()
  const trigger = await world.create(send, { disabled: true })
  await world.startProcess()
  await world.ingest(report('missed'))
  await updateTrigger(world.deps, trigger.triggerId, { disabled: false }, sam)
  await world.database
    .updateTable('triggers')
    .set({ paused_reason: JSON.stringify({ code: 'FAILING', message: 'x' }) })
    .execute()
  const [waited] = await world.ingest(report('waited'))
  await resumeTrigger(world.database, trigger.triggerId, sam)
  await world.ran(trigger, 1)
  expect((await world.sent()).map(({ source }) => source['detectionId'])).toEqual([waited])
})

test('stays at work beside hostile triggers, each of which is shown for what it is', async () => {
  await using world = await startTriggerWorld()
  const hostile: Readonly<Record<string, readonly [string, string]>> = {
    loop: ['while (true);', 'timeout'],
    hung: ['[].includes.call({length: 1e15}, 1)', 'timeout'],
    memory: [`const all = []; for (;;) all.push(new Uint8Array(4e6))`, 'memory'],
    prototypes: [
      `Object.prototype.toJSON = () => 1; JSON.parse = null; throw new Error('\\0tampered')`,
      'failed',
    ],
    lines: [`for (let i = 0; i < 1e6; i++) log(i)`, 'timeout'],
    recursion: ['(function f() { f() })()', 'failed'],
    payload: [`Remote.HTTP('ticket-server').post({path: '/', payload: 'x'.repeat(4.3e6)})`, 'failed'],
  }
  const created = []
  for (const [name, [script]] of Object.entries(hostile)) created.push(await world.create(script, { name }))
  const good = await world.create(send, { name: 'good' })
  await world.startProcess()
  await world.ingest(report('a'))
  await world.ran(good, 1)
  for (const trigger of created) {
    const [run] = await world.ran(trigger, 1)
    expect([trigger.name, run?.outcome]).toEqual([trigger.name, hostile[trigger.name]?.[1]])
    expect(run?.error?.message).not.toBe('')
  }
  expect(await world.sent()).toHaveLength(1)
})

test('makes detections within the same transaction, at most so many on a day', async () => {
  await using world = await startTriggerWorld()
  const trigger = await world.create(
    `if (Detection.isCustom) return
     commitDetection('burst', {title: 'Burst', description: 'Many', riskScore: 50, identityKey: 'k', identityTtl: 'week'})
     commitDetection('single', {title: 'Single', description: 'One'})`,
  )
  await world.database
    .updateTable('triggers')
    .set({ commits_on: sql<Date>`current_date`, commits: 247 })
    .execute()
  await world.startProcess()
  await world.ingest(report('a'))
  await world.ran(trigger, 3)
  await world.ingest(report('b'))
  await until(async () => ((await world.trigger(trigger)).runCount >= 5 ? true : null))
  const made = await world.database
    .selectFrom('detections')
    .select(['type', 'title', 'is_user_created', 'source'])
    .where('source', '=', 'triggers')
    .orderBy('type')
    .execute()
  expect(made).toEqual([
    { type: 'custom.burst', title: 'Burst', is_user_created: true, source: 'triggers' },
    { type: 'custom.single', title: 'Single', is_user_created: true, source: 'triggers' },
  ])
  const runs = await world.ran(trigger, 5)
  expect(runs.flatMap(({ refused }) => refused)).toEqual([
    { target: 'single', kind: 'detection', reason: 'A trigger may make 250 detections on a day.' },
  ])
})

test('hands external data to the triggers that run on it', async () => {
  await using world = await startTriggerWorld()
  const trigger = await world.create(`log(ExternalData.type, ExternalData.body.host)`, {
    events: ['EXTERNAL_DATA'],
  })
  await world.create(send)
  await world.startProcess()
  expect(await queueExternalData(world.database, 'scan', { host: 'a\0' })).toBe(1)
  expect(await world.ran(trigger, 1)).toMatchObject([{ event: 'EXTERNAL_DATA', logs: ['scan a\0'] }])
})

test('keeps the last runs of a trigger', async () => {
  await using world = await startTriggerWorld()
  const trigger = await world.create(`log('ran')`)
  await world.startProcess()
  await world.ingest(report('a'))
  await world.ran(trigger, 1)
  await sql`
    insert into trigger_runs
      (trigger_id, event, outcome, logs, debug, ignored, refused, dropped_lines, messages, commits, duration_ms)
    select ${trigger.triggerId}, 'DETECTION_UPDATE', 'done', '[]', '[]', '[]', '[]', 0, 0, 0, 0
    from generate_series(1, ${keptRuns + 30})`.execute(world.database)
  await world.ingest(report('b'))
  const runs = await world.ran(trigger, 2)
  expect(runs).toHaveLength(keptRuns)
  // The line repeats the first run's, within 30 seconds.
  expect(runs.at(-1)).toMatchObject({ logs: [], droppedLines: 1 })
})
