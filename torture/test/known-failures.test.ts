import { afterAll, beforeAll, expect, test } from 'vitest'
import { dedupeKeyOf } from '../src/jira-site.ts'
import { deliver, expectSoon, firstSite, settledTicket, statusOf, track } from '../src/scenario-steps.ts'
import { fullTorture } from '../src/torture-options.ts'
import { startWorld, type World } from '../src/world.ts'

// What systems of this kind are known to fail at, on real server processes.

let world: World
beforeAll(async () => {
  world = await startWorld(
    fullTorture({ seed: 1, servers: 2, sites: 1, conflicts: 'prefer-ticket', pollIntervalMs: 600_000 }),
  )
}, 180_000)
afterAll(() => world[Symbol.asyncDispose]())

function ticketsOf(detectionId: string): number {
  return firstSite(world)
    .jira.issues()
    .filter((issue) => dedupeKeyOf(issue)?.startsWith(`tripline-${detectionId}-`) === true).length
}

test('a server that is killed between the creation of a ticket and our knowing of it leaves one ticket', async () => {
  const { jira } = firstSite(world)
  jira.faults.add({ kind: 'hang', afterProcessing: true, method: 'POST', path: '/rest/api/:version/issue' })
  const before = jira.issues().length
  const detectionId = await deliver(world, 'killed-in-between')
  await expectSoon('the ticket is created', () => jira.issues().length > before)
  // Whichever of them waits for the answer.
  await Promise.all(world.fleet.servers.map((server) => server.kill()))
  await world.fleet.reviveAll()
  await settledTicket(world, detectionId)
  expect(ticketsOf(detectionId)).toBe(1)
}, 180_000)

test('two processes that work on one detection at once make one ticket', async () => {
  const names = Array.from({ length: 8 }, (_, index) => `two-processes-${index}`)
  const [ids = []] = await Promise.all(
    Array.from({ length: 4 }, () => Promise.all(names.map((name) => deliver(world, name)))),
  )
  await Promise.all(ids.map((id) => track(world, id, 'in_progress')))
  for (const detectionId of ids) {
    await settledTicket(world, detectionId)
    expect(ticketsOf(detectionId)).toBe(1)
  }
}, 180_000)

test('a detection that is opened again while the webhook of our own closing is on its way stays open', async () => {
  const { jira } = firstSite(world)
  const detectionId = await deliver(world, 'reopened')
  await settledTicket(world, detectionId)
  await jira.webhooks.idle()
  jira.webhooks.faults.add({ kind: 'withhold', event: 'jira:issue_updated' })
  await track(world, detectionId, 'closed')
  expect((await settledTicket(world, detectionId)).statusId).toBe('10002')
  await track(world, detectionId, 'open')
  expect((await settledTicket(world, detectionId)).statusId).toBe('10000')
  jira.webhooks.release()
  await jira.webhooks.idle()
  expect((await settledTicket(world, detectionId)).statusId).toBe('10000')
  expect(await statusOf(world, detectionId)).toBe('open')
}, 180_000)
