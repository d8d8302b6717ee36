import { expect, test } from 'vitest'
import { createHidingRule } from '../../src/hiding/hiding-rules.ts'
import { notifyOfChanges } from '../../src/notifications/notify.ts'
import {
  createNotificationRule,
  listNotificationRules,
  updateNotificationRule,
} from '../../src/notifications/notification-rules.ts'
import { report, sam } from '../tracking/gateway-world.ts'
import { startTriggerWorld, until } from '../triggers/trigger-world.ts'

const later = { updateTime: new Date(Date.UTC(2026, 10, 21)) }

async function startWorld() {
  const world = await startTriggerWorld()
  const { database } = world
  const deps = { database, publicUrl: 'https://tripline.example' }
  return Object.assign(world, {
    rule: (given: object = {}) =>
      createNotificationRule(
        database,
        { name: 'Rule', target: 'ticket-server', delivery: { kind: 'http', path: '/hook' }, ...given },
        sam,
      ),
    /** Until everything that is committed was told. */
    notify: async () => {
      while (await notifyOfChanges(deps)) continue
    },
    deps,
    payloads: async () =>
      (await world.sent()).map(({ message }) =>
        message.kind === 'http' ? JSON.parse(Buffer.from(message.payload ?? '', 'base64').toString()) : null,
      ),
  })
}

test('tells of new detections that its filter holds for, in the words of its template', async () => {
  await using world = await startWorld()
  await world.ingest(report('before'))
  await world.rule({
    filter: { riskScoreMin: 80 },
    template: { text: '${title} (${risk_score})', link: '${url}', tags: '${categories}' },
  })
  const [id] = await world.ingest(report('high', { riskScore: 90 }))
  await world.ingest(report('low', { riskScore: 20 }), report('high', { ...later, title: 'Changed' }))
  await until(async () => {
    await world.notify()
    return (await world.sent()).length > 0 ? true : null
  })
  await world.notify()
  expect(await world.payloads()).toEqual([
    // As it is when it is told of.
    { text: 'Changed (83)', link: `https://tripline.example/detections/${id}`, tags: ['sec.lateral'] },
  ])
  expect(await listNotificationRules(world.database)).toMatchObject([{ sentCount: 1, refusedCount: 0 }])
})

test('tells each change once, however many processes work', async () => {
  await using world = await startWorld()
  await world.rule({ onUpdate: true, template: '${external_id}' })
  await world.ingest(...Array.from({ length: 30 }, (_, index) => report(`d${index}`)))
  await world.ingest(report('d0', { ...later, title: 'Changed' }))
  await until(async () => {
    await Promise.all([world.notify(), world.notify(), world.notify()])
    return (await world.sent()).length >= 31 ? true : null
  })
  await world.notify()
  const told = await world.payloads()
  expect(told).toHaveLength(31)
  expect(told.filter((externalId) => externalId === 'd0')).toHaveLength(2)
})

test('says nothing of hidden detections, nor of what happened while it was off', async () => {
  await using world = await startWorld()
  await createHidingRule(world.database, { detectionTypes: ['noise'] }, sam)
  const { ruleId } = await world.rule({ enabled: false, template: '${external_id}' })
  await world.ingest(report('missed'))
  await updateNotificationRule(world.database, ruleId, { enabled: true }, sam)
  await world.ingest(report('hidden', { type: 'noise' }), report('shown'))
  await until(async () => {
    await world.notify()
    return (await world.sent()).length > 0 ? true : null
  })
  await world.notify()
  expect(await world.payloads()).toEqual(['shown'])
})

test('counts what its target does not take, and says why', async () => {
  await using world = await startWorld()
  await world.rule({ target: 'nowhere' })
  await world.ingest(report('a'))
  const rule = await until(async () => {
    await world.notify()
    const [first] = await listNotificationRules(world.database)
    return first?.refusedCount === 1 ? first : null
  })
  expect(rule.lastRefusal?.reason).toContain('nowhere')
})

test.each([
  [{ template: '${nothing}' }, 'template'],
  [{ delivery: { kind: 'http', path: 'x y' } }, 'delivery.path'],
  [{ delivery: { kind: 'pager' } }, 'delivery.kind'],
  [{ name: '' }, 'name'],
])('refuses %j', async (given, path) => {
  await using world = await startWorld()
  await expect(world.rule(given)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    issues: [expect.objectContaining({ path })],
  })
})
