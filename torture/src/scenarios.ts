import { setTimeout as sleep } from 'node:timers/promises'
import { addNote, deliver, expectSoon, firstSite, settledTicket, track } from './scenario-steps.ts'
import type { World } from './world.ts'

/** A few steps that one safeguard of the gateway is there for. */
export type Scenario = (world: World) => Promise<void>

const CREATE = { method: 'POST', path: '/rest/api/:version/issue' }
const READ = { method: 'GET', path: '/rest/api/:version/issue/:id' }
const TRANSITIONS = { method: 'POST', path: '/rest/api/:version/issue/:id/transitions' }
const COMMENT = { method: 'POST', path: '/rest/api/:version/issue/:id/comment' }

/** The ticket is created, and its answer lost. */
const lostCreate: Scenario = async (world) => {
  const { jira } = firstSite(world)
  jira.faults.add({ kind: 'cut-after-processing', ...CREATE })
  await settledTicket(world, await deliver(world, 'lost-create'))
}

/** A detection goes on from a status that its ticket had been brought to. */
const twoSteps: Scenario = async (world) => {
  const detectionId = await deliver(world, 'two-steps')
  await settledTicket(world, detectionId)
  for (const status of ['in_progress', 'closed'] as const) {
    await track(world, detectionId, status)
    await settledTicket(world, detectionId)
  }
}

/** A transition is made, its answer lost, and the detection changed again before anybody looks. */
const lostTransition: Scenario = async (world) => {
  const { jira } = firstSite(world)
  const detectionId = await deliver(world, 'lost-transition')
  const issue = await settledTicket(world, detectionId)
  jira.faults.add({ kind: 'hang', afterProcessing: true, ...TRANSITIONS })
  await track(world, detectionId, 'in_progress')
  await expectSoon('the ticket is in progress', () => issue.statusId === '3')
  await track(world, detectionId, 'closed')
  await settledTicket(world, detectionId)
}

/** Notes come while another one is being written. */
const manyNotes: Scenario = async (world) => {
  const { jira } = firstSite(world)
  const detectionId = await deliver(world, 'many-notes')
  await settledTicket(world, detectionId)
  for (let note = 1; note <= 6; note += 1) {
    jira.faults.add({ kind: 'delay', delayMs: 400, method: 'GET', path: `${COMMENT.path}` })
    await addNote(world, detectionId, `Note ${note}`)
  }
  await settledTicket(world, detectionId)
}

/** A person changes the detection while the ticket's change is on its way here. */
const changedMeanwhile: Scenario = async (world) => {
  const { jira } = firstSite(world)
  const detectionId = await deliver(world, 'changed-meanwhile')
  const { id } = await settledTicket(world, detectionId)
  jira.faults.add({ kind: 'delay', delayMs: 1_500, ...READ })
  jira.transitionAsPerson(id, 'In Progress')
  await expectSoon('the ticket is being read', () =>
    jira.faults.list().every(({ remaining }) => remaining === 0),
  )
  await track(world, detectionId, 'acknowledged')
  await sleep(1_500)
  await settledTicket(world, detectionId)
}

/** What a webhook tells is old when it comes. */
const lateWebhook: Scenario = async (world) => {
  const { jira } = firstSite(world)
  const detectionId = await deliver(world, 'late-webhook')
  await settledTicket(world, detectionId)
  await jira.webhooks.idle()
  jira.webhooks.faults.add({ kind: 'withhold', event: 'jira:issue_updated' })
  await track(world, detectionId, 'closed')
  await settledTicket(world, detectionId)
  // Reopened while the news of our own closing is on its way.
  await track(world, detectionId, 'open')
  await settledTicket(world, detectionId)
  jira.webhooks.release()
  await jira.webhooks.idle()
  await settledTicket(world, detectionId)
}

/** Which steps each mutant has to stumble over. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  'drop-intent': lostCreate,
  'create-again': lostCreate,
  'drop-base': twoSteps,
  'forget-sent': lostTransition,
  'no-lock': manyNotes,
  'blind-inbound': changedMeanwhile,
  'trust-webhook': lateWebhook,
}
