import { expect, test } from 'vitest'
import { createTicket, unlinkTicket } from '../../src/tracking/links.ts'
import { report, sam, startGateway, until } from './gateway-world.ts'

const CREATE = { method: 'POST', path: '/rest/api/:version/issue' }

test('a link that is unlinked while its ticket is being created stays unlinked, and names the ticket', async () => {
  await using gateway = await startGateway()
  gateway.jira.faults.add({ kind: 'delay', delayMs: 1_000, ...CREATE })
  const detectionId = await gateway.ingest(report('a'))
  await until(() => Promise.resolve(gateway.jira.issues().length === 1))
  const { link_id: linkId } = await gateway.link(detectionId)
  await unlinkTicket(gateway.deps, linkId, sam)
  const [issue] = gateway.jira.issues()
  await until(async () => (await gateway.link(detectionId)).ticket_key === issue?.key)
  expect(await gateway.link(detectionId)).toMatchObject({ state: 'detached', remote_id: issue?.id })
  expect(await gateway.detection(detectionId)).toMatchObject({ ticket_id: null })
})

test('a ticket that comes too late for a link is not taken for the one it asks for now', async () => {
  await using gateway = await startGateway()
  gateway.jira.faults.add({ kind: 'delay', delayMs: 1_000, ...CREATE })
  const detectionId = await gateway.ingest(report('a'))
  await until(() => Promise.resolve(gateway.jira.issues().length === 1))
  const { link_id: linkId } = await gateway.link(detectionId)
  await unlinkTicket(gateway.deps, linkId, sam)
  await createTicket(gateway.deps, { detectionId, connectionId: gateway.connectionId }, sam)
  const issue = await gateway.settledIssue(detectionId)
  const [first, second] = gateway.jira.issues()
  expect(gateway.jira.issues()).toHaveLength(2)
  expect(issue.key).toBe(second?.key)
  expect((await gateway.link(detectionId)).previous_tickets).toMatchObject([{ key: first?.key }])
})

test('a link that is unlinked while it is reconciled is not followed again', async () => {
  await using gateway = await startGateway()
  const detectionId = await gateway.ingest(report('a'))
  const issue = await gateway.settledIssue(detectionId)
  gateway.jira.faults.add({
    kind: 'delay',
    delayMs: 800,
    method: 'POST',
    path: '/rest/api/:version/issue/:id/transitions',
  })
  await gateway.track(detectionId, { status: 'in_progress' })
  await until(() => Promise.resolve(issue.statusId !== '10000'))
  const { link_id: linkId } = await gateway.link(detectionId)
  await unlinkTicket(gateway.deps, linkId, sam)
  await until(async () => {
    const { rows } = await gateway.database.pool.query(
      'select 1 from graphile_worker.jobs where locked_at is not null',
    )
    return rows.length === 0
  })
  expect(await gateway.link(detectionId)).toMatchObject({ state: 'detached', reason: { code: 'UNLINKED' } })
})
