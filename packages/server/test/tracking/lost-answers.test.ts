import { expect, test } from 'vitest'
import { resolveSyncConflict } from '../../src/tracking/links.ts'
import { report, sam, startGateway, statusOf, until, type GatewayWorld } from './gateway-world.ts'

const TRANSITIONS = { method: 'POST', path: '/rest/api/:version/issue/:id/transitions' }

test('our own write whose answer was lost is no change of the ticket, whatever ours has become since', async () => {
  await using gateway = await startGateway({ settings: { timeoutMs: 1_000 } })
  const detectionId = await gateway.ingest(report('a'))
  const issue = await gateway.settledIssue(detectionId)
  gateway.jira.faults.add({ kind: 'hang', afterProcessing: true, ...TRANSITIONS })
  await gateway.track(detectionId, { status: 'in_progress' })
  await until(() => Promise.resolve(statusOf(issue) === 'In Progress'))
  await gateway.track(detectionId, { status: 'closed' })
  expect(statusOf(await gateway.settledIssue(detectionId))).toBe('Done')
  expect(await gateway.detection(detectionId)).toMatchObject({ status: 'closed' })
  const kinds = (await gateway.events(detectionId)).map(({ kind }) => kind)
  expect(kinds).not.toContain('SYNC_CONFLICT')
})

test('the same goes for an assignee', async () => {
  await using gateway = await startGateway({ settings: { timeoutMs: 1_000 } })
  const detectionId = await gateway.ingest(report('a'))
  const issue = await gateway.settledIssue(detectionId)
  gateway.jira.faults.add({
    kind: 'hang',
    afterProcessing: true,
    method: 'PUT',
    path: '/rest/api/:version/issue/:id/assignee',
  })
  await gateway.track(detectionId, { assignee: 'daydin@example.com' })
  await until(() => Promise.resolve(issue.assignee !== null))
  await gateway.track(detectionId, { assignee: null })
  expect((await gateway.settledIssue(detectionId)).assignee).toBeNull()
  expect(await gateway.detection(detectionId)).toMatchObject({ assignee: null })
})

test('a change that somebody made in the ticket after our lost answer is a conflict still', async () => {
  await using gateway = await startGateway({ settings: { timeoutMs: 1_000 } })
  const detectionId = await gateway.ingest(report('a'))
  const issue = await gateway.settledIssue(detectionId)
  gateway.jira.faults.add({ kind: 'hang', afterProcessing: true, ...TRANSITIONS })
  await gateway.track(detectionId, { status: 'in_progress' })
  await until(() => Promise.resolve(statusOf(issue) === 'In Progress'))
  await gateway.track(detectionId, { status: 'acknowledged' })
  gateway.jira.transitionAsPerson(issue.id, 'Done')
  await gateway.settledIssue(detectionId)
  const kinds = (await gateway.events(detectionId)).map(({ kind }) => kind)
  expect(kinds).toContain('SYNC_CONFLICT')
})

test('what somebody set right before our write whose answer was lost is on record', async () => {
  await using gateway = await startGateway()
  const { jira } = gateway
  const detectionId = await gateway.ingest(report('a'))
  const issue = await gateway.settledIssue(detectionId)
  jira.faults.add({
    kind: 'cut-after-processing',
    ...TRANSITIONS,
    matches() {
      jira.transitionAsPerson(issue.id, 'In Review')
      return true
    },
  })
  await gateway.track(detectionId, { status: 'closed' })
  expect(statusOf(await gateway.settledIssue(detectionId))).toBe('Done')
  expect(await conflicts(gateway, detectionId)).toEqual([
    { field: 'status', ours: 'closed', theirs: 'In Review', winner: 'ours', reason: 'both_changed' },
  ])
})

test('a status of the same category that somebody sets after our lost answer is a change of theirs', async () => {
  await using gateway = await startGateway({
    settings: { timeoutMs: 1_000 },
    mappings: { status: { inbound: { '10001': 'acknowledged' } } },
  })
  const { jira } = gateway
  const detectionId = await gateway.ingest(report('a'))
  const issue = await gateway.settledIssue(detectionId)
  jira.faults.add({ kind: 'hang', afterProcessing: true, ...TRANSITIONS })
  await gateway.track(detectionId, { status: 'in_progress' })
  await until(() => Promise.resolve(statusOf(issue) === 'In Progress'))
  jira.transitionAsPerson(issue.id, 'In Review')
  expect(statusOf(await gateway.settledIssue(detectionId))).toBe('In Review')
  expect(await gateway.detection(detectionId)).toMatchObject({ status: 'acknowledged' })
  expect(await conflicts(gateway, detectionId)).toEqual([])
})

test('what somebody brought back to what it was after our lost answer is a change of theirs', async () => {
  await using gateway = await startGateway({ settings: { timeoutMs: 1_000 } })
  const { jira } = gateway
  const detectionId = await gateway.ingest(report('a'))
  const issue = await gateway.settledIssue(detectionId)
  jira.faults.add({ kind: 'hang', afterProcessing: true, ...TRANSITIONS })
  await gateway.track(detectionId, { status: 'in_progress' })
  await until(() => Promise.resolve(statusOf(issue) === 'In Progress'))
  jira.transitionAsPerson(issue.id, 'To Do')
  expect(statusOf(await gateway.settledIssue(detectionId))).toBe('To Do')
  expect(await gateway.detection(detectionId)).toMatchObject({ status: 'new' })
})

test('the resolution with which Jira closes by itself is no change of the ticket after a lost answer', async () => {
  await using gateway = await startGateway({
    jira: { resolutionOnDone: 'absent' },
    mappings: { outcomes: { inbound: { '10000': 'action_taken' } } },
  })
  const detectionId = await gateway.ingest(report('a'))
  await gateway.settledIssue(detectionId)
  gateway.jira.faults.add({ kind: 'cut-after-processing', ...TRANSITIONS })
  await gateway.track(detectionId, { status: 'closed', resolution: 'no_action_taken' })
  expect((await gateway.settledIssue(detectionId)).resolutionId).toBe('10000')
  expect(await gateway.detection(detectionId)).toMatchObject({
    status: 'closed',
    resolution: 'no_action_taken',
  })
  expect(await conflicts(gateway, detectionId)).toEqual([])
})

async function conflicts(gateway: GatewayWorld, detectionId: string): Promise<readonly unknown[]> {
  const events = await gateway.events(detectionId)
  return events.flatMap(({ change }) => ('conflict' in change ? [change.conflict] : []))
}

test('a create that was not answered is looked for from the moment it was given up', async () => {
  await using gateway = await startGateway({ settings: { timeoutMs: 1_500, createSettlesWithinMs: 2_000 } })
  const begun = Date.now()
  gateway.jira.faults.add({ kind: 'hang', method: 'POST', path: '/rest/api/:version/issue' })
  const detectionId = await gateway.ingest(report('a'))
  await until(async () => (await gateway.link(detectionId)).reason !== null)
  const { create_begun_at: since } = await gateway.link(detectionId)
  expect((since?.getTime() ?? 0) - begun).toBeGreaterThanOrEqual(1_500)
  await gateway.settledIssue(detectionId)
  expect(gateway.jira.issues()).toHaveLength(1)
})

test('what a late answer says of the ticket is no change that came after ours', async () => {
  await using gateway = await startGateway({ webhooks: true })
  const { jira } = gateway
  const detectionId = await gateway.ingest(report('a'))
  const issue = await gateway.settledIssue(detectionId)
  const struck = Promise.withResolvers<void>()
  jira.faults.add({
    kind: 'delay',
    delayMs: 800,
    method: 'GET',
    path: '/rest/api/:version/issue/:id',
    matches() {
      struck.resolve()
      return true
    },
  })
  jira.transitionAsPerson(issue.id, 'In Progress')
  await struck.promise
  // The answer under way says In Progress. What is set here now comes after both of these.
  await new Promise((resolve) => setTimeout(resolve, 100))
  jira.transitionAsPerson(issue.id, 'To Do')
  await gateway.track(detectionId, { status: 'in_progress' })
  expect(statusOf(await gateway.settledIssue(detectionId))).toBe('In Progress')
  expect(await gateway.detection(detectionId)).toMatchObject({ status: 'in_progress' })
})

test('what a person decided about a conflict outlives a write that fails', async () => {
  await using gateway = await startGateway({ mappings: { conflicts: 'ask' }, working: false })
  const detectionId = await gateway.ingest(report('a'))
  await using stack = new AsyncDisposableStack()
  const engine = await gateway.work()
  stack.defer(() => engine.stop())
  const issue = await gateway.settledIssue(detectionId)
  gateway.jira.transitionAsPerson(issue.id, 'Done')
  await gateway.track(detectionId, { status: 'in_progress' })
  const link = await until(async () => {
    const row = await gateway.link(detectionId)
    return row.sync_state === 'conflict' ? row : null
  })
  gateway.jira.faults.add({ kind: 'server-error', ...TRANSITIONS })
  await resolveSyncConflict(gateway.deps, { linkId: link.link_id, field: 'status', winner: 'ours' }, sam)
  expect(statusOf(await gateway.settledIssue(detectionId))).toBe('In Progress')
})
