import { expect, test } from 'vitest'
import { checkConnection, updateConnection } from '../../src/tracking/connections.ts'
import { dropHeldTickets, releaseHeldTickets, retryHaltedSyncs } from '../../src/tracking/link-batches.ts'
import { linkTicket } from '../../src/tracking/links.ts'
import { report, sam, startGateway, statusOf, until, type GatewayWorld } from './gateway-world.ts'

const soon = (): Date => new Date(Date.now() + 60_000)

async function closed(gateway: GatewayWorld, resolution?: 'no_action_taken'): Promise<string> {
  const detectionId = await gateway.ingest(report('a'))
  await gateway.settledIssue(detectionId)
  await gateway.track(detectionId, { status: 'closed', ...(resolution === undefined ? {} : { resolution }) })
  await gateway.settledIssue(detectionId)
  return detectionId
}

test('news of a closed detection leaves it closed, unless the connection says otherwise', async () => {
  await using gateway = await startGateway()
  const detectionId = await closed(gateway)
  await gateway.ingest(report('a', { title: 'Again', updateTime: soon() }))
  expect(statusOf(await gateway.settledIssue(detectionId))).toBe('Done')
  expect((await gateway.detection(detectionId)).status).toBe('closed')
})

test('a recurrence within the time opens the same ticket again', async () => {
  await using gateway = await startGateway({
    policies: { recurrence: { mode: 'reopen', reopenWithinHours: 1 } },
  })
  const detectionId = await closed(gateway)
  await gateway.ingest(report('a', { title: 'Again', updateTime: soon() }))
  const issue = await gateway.settledIssue(detectionId)
  expect(statusOf(issue)).toBe('To Do')
  expect(gateway.jira.issues()).toHaveLength(1)
  const reopened = (await gateway.events(detectionId)).findLast(({ kind }) => kind === 'TRACKING_CHANGED')
  expect(reopened?.actor).toEqual({ kind: 'system', name: 'recurrence' })
})

test('a recurrence after the time gets a new ticket that names the old one', async () => {
  await using gateway = await startGateway({
    policies: { recurrence: { mode: 'reopen', reopenWithinHours: 0 } },
  })
  const detectionId = await closed(gateway)
  const old = gateway.jira.issues()[0]?.key ?? ''
  await gateway.ingest(report('a', { title: 'Again', updateTime: soon() }))
  const issue = await gateway.settledIssue(detectionId)
  expect(issue.key).not.toBe(old)
  expect(JSON.stringify(issue.description)).toContain(old)
  expect(await gateway.detection(detectionId)).toMatchObject({ ticket_id: issue.key, status: 'new' })
  const first = gateway.jira.issue(old)
  expect(first && statusOf(first)).toBe('Done')
  expect(gateway.jira.issues()).toHaveLength(2)
})

test('outcomes that stay closed do, and so does news of what happened before', async () => {
  await using gateway = await startGateway({
    policies: { recurrence: { mode: 'reopen', staysClosed: ['no_action_taken'] } },
  })
  const detectionId = await closed(gateway, 'no_action_taken')
  await gateway.ingest(report('a', { title: 'Again', updateTime: soon() }))
  expect((await gateway.detection(detectionId)).status).toBe('closed')
  await gateway.track(detectionId, { resolution: null })
  await gateway.ingest(report('a', { title: 'Late news', updateTime: '2026-11-20T15:30:00Z' }))
  expect((await gateway.detection(detectionId)).status).toBe('closed')
})

test('a bound on reconciles is shared by all processes, and what exceeds it waits', async () => {
  await using gateway = await startGateway({ working: false, policies: { reconcilesPerMinute: 5 } })
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) await gateway.ingest(report(name))
  // A minute may end in the middle, and then there is a second budget.
  await until(async () => new Date().getSeconds() < 50, 15_000)
  await Promise.all([gateway.work(), gateway.work()])
  await until(async () => gateway.jira.issues().length === 5)
  const waiting = await until(async () => {
    const rows = await gateway.database
      .selectFrom('ticket_links')
      .select('next_attempt_at')
      .where('remote_id', 'is', null)
      .where('next_attempt_at', '>', new Date(Date.now() + 3_000))
      .execute()
    return rows.length === 3 ? rows : null
  })
  expect(waiting).toHaveLength(3)
  expect(gateway.jira.issues()).toHaveLength(5)
})

test('held tickets can be released, merged into an existing ticket, or dropped', async () => {
  await using gateway = await startGateway({ rules: [{ name: 'few', budgetPerHour: 1 }] })
  const ids: string[] = []
  for (const name of ['a', 'b', 'c', 'd']) ids.push(await gateway.ingest(report(name)))
  const [first = '', second = '', third = '', fourth = ''] = ids
  const { key } = await gateway.settledIssue(first)
  const selection = { connectionId: gateway.connectionId, rule: 'few', limit: 1 }
  expect(await releaseHeldTickets(gateway.database, selection, sam)).toBe(1)
  await gateway.settledIssue(second)
  await linkTicket(
    gateway.deps,
    { detectionId: third, connectionId: gateway.connectionId, reference: key },
    sam,
  )
  expect((await gateway.settledIssue(third)).key).toBe(key)
  expect(await dropHeldTickets(gateway.database, { ...selection, rule: null, limit: 10 }, sam)).toBe(1)
  expect(await gateway.link(fourth)).toMatchObject({ state: 'detached', reason: { code: 'DROPPED' } })
  expect(gateway.jira.issues()).toHaveLength(2)
})

test('everything that stopped for a reason since repaired is tried again at once', async () => {
  await using gateway = await startGateway({ jira: { resolutionOnDone: 'required' } })
  const detectionId = await gateway.ingest(report('a'))
  await gateway.settledIssue(detectionId)
  await gateway.track(detectionId, { status: 'closed' })
  const link = await until(async () => {
    const row = await gateway.link(detectionId)
    return row.sync_state === 'blocked' ? row : null
  })
  expect(link.reason).toMatchObject({ code: 'MISSING_FIELDS', field: 'status' })
  expect(link.reason?.message).toContain('Resolution')
  const mappings = { outcomes: { outbound: { none: { resolutionId: '10000' } } } }
  await updateConnection(gateway.deps, gateway.connectionId, { mappings }, sam)
  const selection = { connectionId: gateway.connectionId, code: 'MISSING_FIELDS', limit: 100 }
  expect(await retryHaltedSyncs(gateway.database, selection, sam)).toBe(1)
  expect(statusOf(await gateway.settledIssue(detectionId))).toBe('Done')
})

test('a connection is checked when it is saved, mappings included, and each finding says what to do', async () => {
  await using gateway = await startGateway({
    mappings: {
      status: { outbound: { closed: { id: '4711' } } },
      priorities: [{ minRiskScore: 80, priorityId: '99' }],
    },
  })
  const check = await until(async () => {
    const row = await gateway.database
      .selectFrom('ticketing_connections')
      .select('last_check')
      .executeTakeFirstOrThrow()
    return row.last_check
  })
  const errors = check.findings.filter(({ severity }) => severity === 'error')
  expect(errors.map(({ subject }) => subject)).toEqual([
    'mapping:status.outbound.closed',
    'mapping:priorities.99',
  ])
  expect(errors.every(({ remedy }) => remedy?.startsWith('Use one of: '))).toBe(true)
})

test('a secret that cannot be had pauses the connection, and all goes on once it can', async () => {
  await using gateway = await startGateway()
  const { connectionId } = gateway
  const settings = (apiToken: string): Promise<unknown> =>
    updateConnection(gateway.deps, connectionId, { settings: { apiToken } }, sam)
  const connection = (): Promise<{ paused_reason: { code: string; message: string } | null }> =>
    gateway.database.selectFrom('ticketing_connections').select('paused_reason').executeTakeFirstOrThrow()
  await gateway.database
    .updateTable('ticketing_connections')
    .set({ secrets: JSON.stringify({ apiToken: 'env:NOT_SET_ANYWHERE' }), version: 99 })
    .execute()
  const detectionId = await gateway.ingest(report('a'))
  const { paused_reason } = await until(async () => {
    const row = await connection()
    return row.paused_reason === null ? null : row
  })
  expect(paused_reason).toMatchObject({
    code: 'SECRET_UNAVAILABLE',
    message: expect.stringContaining('NOT_SET_ANYWHERE'),
  })
  const check = await checkConnection(gateway.deps, connectionId, sam)
  expect(check.findings).toMatchObject([{ severity: 'error', subject: 'connection' }])
  await settings('tok-5ecret-0f-tripline')
  await gateway.settledIssue(detectionId)
  expect(gateway.jira.issues()).toHaveLength(1)
})
