import { describe, expect, test } from 'vitest'
import { ingestReports } from '../../src/detections/ingest-detections.ts'
import { addNote } from '../../src/detections/notes.ts'
import { checkConnection, updateConnection } from '../../src/tracking/connections.ts'
import {
  createTicket,
  linkTicket,
  resolveSyncConflict,
  retryTicketSync,
  unlinkTicket,
} from '../../src/tracking/links.ts'
import { report, sam, startGateway, statusOf, until, writes } from './gateway-world.ts'

describe('a new detection', () => {
  test('gets one ticket, and the ticket gives it its id and the status new', async () => {
    await using gateway = await startGateway()
    const detectionId = await gateway.ingest(report('a'))
    const issue = await gateway.settledIssue(detectionId)
    expect(issue.summary).toBe('Suspicious share access a')
    expect(issue.remoteLinks).toHaveLength(1)
    const detection = await gateway.detection(detectionId)
    expect(detection).toMatchObject({ ticket_id: issue.key, status: 'new', assignee: null })
    const kinds = (await gateway.events(detectionId)).map(({ kind }) => kind)
    expect(kinds).toContain('TICKET_CREATED')
    expect(kinds.indexOf('DETECTION_CREATED')).toBeLessThan(kinds.indexOf('TICKET_REQUESTED'))
  })

  test('that is already in progress and assigned brings its ticket there', async () => {
    await using gateway = await startGateway()
    const detectionId = await gateway.ingest(
      report('a', { tracking: { status: 'in_progress', assignee: 'mlindqvist@example.com' } }),
    )
    const issue = await gateway.settledIssue(detectionId)
    expect(statusOf(issue)).toBe('In Progress')
    expect(issue.assignee).toBe(gateway.jira.user('mlindqvist').accountId)
    expect(await gateway.detection(detectionId)).toMatchObject({
      status: 'in_progress',
      assignee: 'mlindqvist@example.com',
    })
  })

  test('delivered fifty times by eight writers at once is one row, one link and one ticket', async () => {
    await using gateway = await startGateway()
    const deliver = (): Promise<unknown> =>
      ingestReports(gateway.database, 'test', [{ index: 0, report: report('a') }], sam)
    await Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        for (let time = writer; time < 50; time += 8) await deliver()
      }),
    )
    const { detection_id: detectionId } = await gateway.database
      .selectFrom('detections')
      .select('detection_id')
      .executeTakeFirstOrThrow()
    await gateway.settledIssue(detectionId)
    expect(await gateway.database.selectFrom('detections').selectAll().execute()).toHaveLength(1)
    expect(await gateway.database.selectFrom('ticket_links').selectAll().execute()).toHaveLength(1)
    expect(gateway.jira.issues()).toHaveLength(1)
  })

  test('that no rule matches gets no ticket, and the ledger says why', async () => {
    await using gateway = await startGateway({ rules: [{ name: 'worst', filter: { riskScoreMin: 90 } }] })
    const detectionId = await gateway.ingest(report('a'))
    const [created] = await gateway.events(detectionId)
    expect(created?.change).toMatchObject({
      ticketing: [{ connection: 'Jira', rule: null, decision: 'none' }],
    })
    expect(gateway.jira.issues()).toHaveLength(0)
  })

  test('gets its ticket when its risk grows until a rule matches', async () => {
    await using gateway = await startGateway({ rules: [{ name: 'worst', filter: { riskScoreMin: 90 } }] })
    const detectionId = await gateway.ingest(report('a'))
    await gateway.ingest(report('a', { riskScore: 95, updateTime: '2026-11-20T16:00:00Z' }))
    await gateway.settledIssue(detectionId)
    expect(gateway.jira.issues()).toHaveLength(1)
  })

  test('beyond the budget of its rule is held, not dropped', async () => {
    await using gateway = await startGateway({ rules: [{ name: 'few', budgetPerHour: 2 }] })
    const ids = []
    for (const name of ['a', 'b', 'c']) ids.push(await gateway.ingest(report(name)))
    for (const id of ids.slice(0, 2)) await gateway.settledIssue(id)
    expect(await gateway.link(ids[2] ?? '')).toMatchObject({ state: 'held', sync_state: 'pending' })
    expect(gateway.jira.issues()).toHaveLength(2)
  })
})

describe('a change here', () => {
  test('brings the ticket along: status with resolution, and assignee', async () => {
    await using gateway = await startGateway({
      mappings: {
        outcomes: {
          outbound: { action_taken: { resolutionId: '10000' } },
          inbound: { '10000': 'action_taken' },
        },
      },
    })
    const detectionId = await gateway.ingest(report('a'))
    await gateway.settledIssue(detectionId)
    await gateway.track(detectionId, {
      status: 'closed',
      resolution: 'action_taken',
      assignee: 'daydin@example.com',
    })
    const issue = await gateway.settledIssue(detectionId)
    expect(statusOf(issue)).toBe('Done')
    expect(issue.resolutionId).toBe('10000')
    expect(issue.assignee).toBe(gateway.jira.user('daydin').accountId)
  })

  test('of a person nobody knows there blocks only the assignee and says what to do', async () => {
    await using gateway = await startGateway()
    const detectionId = await gateway.ingest(report('a'))
    await gateway.settledIssue(detectionId)
    await gateway.track(detectionId, { status: 'in_progress', assignee: 'nobody-there' })
    const link = await until(async () => {
      const row = await gateway.link(detectionId)
      return row.sync_state === 'blocked' ? row : null
    })
    expect(link.reason).toMatchObject({ code: 'UNMAPPED_USER', field: 'assignee' })
    const issue = gateway.jira.issues()[0]
    expect(issue && statusOf(issue)).toBe('In Progress')
  })

  test('is not sent back and forth: once settled, nothing more is written', async () => {
    await using gateway = await startGateway({ webhooks: true })
    const detectionId = await gateway.ingest(report('a'))
    await gateway.settledIssue(detectionId)
    await gateway.track(detectionId, { status: 'in_progress' })
    await gateway.settledIssue(detectionId)
    const before = writes(gateway.jira)
    for (let time = 0; time < 3; time += 1) {
      const link = await gateway.link(detectionId)
      await retryTicketSync({ ...gateway.deps }, link.link_id, sam)
      await gateway.settledIssue(detectionId)
    }
    expect(writes(gateway.jira)).toBe(before)
  })

  test('of the content updates the ticket, unless a person reworded it there', async () => {
    await using gateway = await startGateway()
    const detectionId = await gateway.ingest(report('a'))
    await gateway.settledIssue(detectionId)
    await gateway.ingest(report('a', { title: 'Worse than thought', updateTime: '2026-11-20T16:00:00Z' }))
    expect((await gateway.settledIssue(detectionId)).summary).toBe('Worse than thought')
    const key = gateway.jira.issues()[0]?.key ?? ''
    gateway.jira.editIssueAsPerson(key, { summary: 'Handled by the night shift' })
    await gateway.ingest(report('a', { title: 'Worse still', updateTime: '2026-11-20T17:00:00Z' }))
    expect((await gateway.settledIssue(detectionId)).summary).toBe('Handled by the night shift')
    const conflict = (await gateway.events(detectionId)).find(({ kind }) => kind === 'SYNC_CONFLICT')
    expect(conflict?.change).toMatchObject({
      conflict: { field: 'summary', ours: 'Worse still', winner: 'theirs' },
    })
  })
})

describe('a change of the ticket', () => {
  test('arrives by webhook: status, resolution and assignee', async () => {
    await using gateway = await startGateway({
      webhooks: true,
      mappings: { outcomes: { inbound: { '10004': 'no_action_taken' } } },
    })
    const detectionId = await gateway.ingest(report('a'))
    const { key } = await gateway.settledIssue(detectionId)
    gateway.jira.transitionAsPerson(key, 'Done', 'mlindqvist', { resolution: { name: 'False Positive' } })
    gateway.jira.assignAsPerson(key, 'daydin')
    const detection = await until(async () => {
      const row = await gateway.detection(detectionId)
      return row.status === 'closed' && row.assignee !== null ? row : null
    })
    expect(detection).toMatchObject({ resolution: 'no_action_taken', assignee: 'Deniz Aydın' })
    const changed = (await gateway.events(detectionId)).findLast(({ kind }) => kind === 'TRACKING_CHANGED')
    expect(changed).toMatchObject({
      actor: { kind: 'connection', name: 'Jira' },
      connection_id: gateway.connectionId,
    })
  })

  test('arrives by polling when webhooks are lost', async () => {
    await using gateway = await startGateway({ pollIntervalMs: 200 })
    const detectionId = await gateway.ingest(report('a'))
    const { key } = await gateway.settledIssue(detectionId)
    gateway.jira.transitionAsPerson(key, 'In Progress')
    const detection = await until(async () => {
      const row = await gateway.detection(detectionId)
      return row.status === 'new' ? null : row
    })
    expect(detection.status).toBe('in_progress')
  })

  test('of its project gives it a new key, and the detection follows', async () => {
    await using gateway = await startGateway()
    const detectionId = await gateway.ingest(report('a'))
    const { key } = await gateway.settledIssue(detectionId)
    const moved = gateway.jira.moveIssue(key, 'NET')
    await retryTicketSync(gateway.deps, (await gateway.link(detectionId)).link_id, sam)
    await gateway.settledIssue(detectionId)
    expect((await gateway.detection(detectionId)).ticket_id).toBe(moved.key)
    expect((await gateway.events(detectionId)).map(({ kind }) => kind)).toContain('TICKET_MOVED')
  })

  test('that deletes it makes the link missing, and nothing is created anew', async () => {
    await using gateway = await startGateway()
    const detectionId = await gateway.ingest(report('a'))
    const { key } = await gateway.settledIssue(detectionId)
    gateway.jira.deleteIssue(key)
    await gateway.track(detectionId, { status: 'in_progress' })
    const link = await until(async () => {
      const row = await gateway.link(detectionId)
      return row.state === 'missing' ? row : null
    })
    expect(link.reason?.code).toBe('TICKET_MISSING')
    expect(gateway.jira.issues()).toHaveLength(0)
  })
})

describe('changes on both sides', () => {
  test('the ticket wins by default, and the losing change is in the ledger', async () => {
    await using gateway = await startGateway()
    const detectionId = await gateway.ingest(report('a'))
    const { key } = await gateway.settledIssue(detectionId)
    gateway.jira.transitionAsPerson(key, 'Done')
    await gateway.track(detectionId, { status: 'in_progress' })
    await gateway.settledIssue(detectionId)
    expect((await gateway.detection(detectionId)).status).toBe('closed')
    const conflict = (await gateway.events(detectionId)).find(({ kind }) => kind === 'SYNC_CONFLICT')
    expect(conflict?.change).toMatchObject({
      conflict: { field: 'status', ours: 'in_progress', winner: 'theirs', reason: 'both_changed' },
    })
  })

  test('under the policy to ask, both stay as they are until a person chooses', async () => {
    await using gateway = await startGateway({ mappings: { conflicts: 'ask' } })
    const detectionId = await gateway.ingest(report('a'))
    const { key } = await gateway.settledIssue(detectionId)
    gateway.jira.transitionAsPerson(key, 'Done')
    await gateway.track(detectionId, { status: 'in_progress' })
    const link = await until(async () => {
      const row = await gateway.link(detectionId)
      return row.sync_state === 'conflict' ? row : null
    })
    expect((await gateway.detection(detectionId)).status).toBe('in_progress')
    const done = gateway.jira.issue(key)
    expect(done && statusOf(done)).toBe('Done')
    await resolveSyncConflict(gateway.deps, { linkId: link.link_id, field: 'status', winner: 'ours' }, sam)
    expect(statusOf(await gateway.settledIssue(detectionId))).toBe('In Progress')
    expect((await gateway.link(detectionId)).conflicts).toEqual([])
  })
})

describe('faults', () => {
  test('a create whose answer is lost is looked for, and there is one ticket', async () => {
    await using gateway = await startGateway()
    gateway.jira.faults.add({
      kind: 'cut-after-processing',
      method: 'POST',
      path: '/rest/api/:version/issue',
    })
    const detectionId = await gateway.ingest(report('a'))
    await gateway.settledIssue(detectionId)
    expect(gateway.jira.issues()).toHaveLength(1)
  })

  test('a create whose answer is lost is found in a search that lags behind', async () => {
    await using gateway = await startGateway({ jira: { searchLagMs: 700 } })
    gateway.jira.faults.add({
      kind: 'cut-after-processing',
      method: 'POST',
      path: '/rest/api/:version/issue',
    })
    const detectionId = await gateway.ingest(report('a'))
    await gateway.settledIssue(detectionId)
    expect(gateway.jira.issues()).toHaveLength(1)
  })

  test('a create that never arrived is repeated once it could have been found', async () => {
    await using gateway = await startGateway()
    gateway.jira.faults.add({
      kind: 'cut-before-processing',
      method: 'POST',
      path: '/rest/api/:version/issue',
    })
    const detectionId = await gateway.ingest(report('a'))
    await gateway.settledIssue(detectionId)
    expect(gateway.jira.issues()).toHaveLength(1)
  })

  test('a rate limit is waited for by the whole connection', async () => {
    await using gateway = await startGateway()
    const detectionId = await gateway.ingest(report('a'))
    await gateway.settledIssue(detectionId)
    gateway.jira.faults.add({ kind: 'rate-limited', path: '/rest/api/3/issue/:id', retryAfterSeconds: 1 })
    const begun = Date.now()
    await gateway.track(detectionId, { status: 'in_progress' })
    const link = await until(async () => {
      const row = await gateway.link(detectionId)
      return row.reason === null ? null : row
    })
    expect(link).toMatchObject({ sync_state: 'pending', reason: { code: 'RATE_LIMITED' } })
    await gateway.settledIssue(detectionId)
    expect(Date.now() - begun).toBeGreaterThanOrEqual(1_000)
  })

  test('refused credentials pause the connection; its queue is worked off once they are mended', async () => {
    await using gateway = await startGateway()
    const first = await gateway.ingest(report('a'))
    await gateway.settledIssue(first)
    await updateConnection(gateway.deps, gateway.connectionId, { settings: { apiToken: 'wrong-token' } }, sam)
    const second = await gateway.ingest(report('b'))
    await gateway.track(first, { status: 'in_progress' })
    await until(async () => {
      const { paused_reason } = await gateway.database
        .selectFrom('ticketing_connections')
        .select('paused_reason')
        .executeTakeFirstOrThrow()
      return paused_reason?.code === 'UNAUTHORIZED'
    })
    const failed = await checkConnection(gateway.deps, gateway.connectionId, sam)
    expect(failed.findings.some(({ severity }) => severity === 'error')).toBe(true)
    await updateConnection(
      gateway.deps,
      gateway.connectionId,
      { settings: { apiToken: 'tok-5ecret-0f-tripline' } },
      sam,
    )
    expect(statusOf(await gateway.settledIssue(first))).toBe('In Progress')
    await gateway.settledIssue(second)
    expect(gateway.jira.issues()).toHaveLength(2)
  })

  test('two workers of different processes on the same links make one ticket each', async () => {
    await using gateway = await startGateway({ working: false })
    const ids = []
    for (let index = 0; index < 20; index += 1) ids.push(await gateway.ingest(report(`d${index}`)))
    await Promise.all([gateway.work(), gateway.work(), gateway.work()])
    for (const detectionId of ids) await gateway.settledIssue(detectionId)
    expect(gateway.jira.issues()).toHaveLength(20)
  })

  test('a 503 is tried again by itself', async () => {
    await using gateway = await startGateway()
    const detectionId = await gateway.ingest(report('a'))
    await gateway.settledIssue(detectionId)
    gateway.jira.faults.add({ kind: 'server-error', times: 1 })
    await gateway.track(detectionId, { status: 'in_progress' })
    expect(statusOf(await gateway.settledIssue(detectionId))).toBe('In Progress')
  })
})

describe('the record of a detection', () => {
  test('says what was sent to its ticket and what came back, under the trace of whoever asked for it', async () => {
    await using gateway = await startGateway()
    const detectionId = await gateway.ingest(report('a', { title: 'To be told' }))
    await gateway.settledIssue(detectionId)
    await gateway.track(detectionId, { status: 'closed', resolution: 'action_taken', assignee: null })
    await gateway.settledIssue(detectionId)
    const events = await gateway.events(detectionId)
    expect(events.find(({ kind }) => kind === 'TICKET_CREATED')).toMatchObject({
      trace_id: 'test',
      change: {
        sent: { summary: 'To be told' },
        seen: { status: 'To Do', resolution: null, assignee: null },
      },
    })
    expect(events.findLast(({ kind }) => kind === 'TICKET_WRITTEN')).toMatchObject({
      trace_id: 'test',
      change: { fields: ['status'], sent: { status: 'closed/action_taken' }, seen: { status: 'Done' } },
    })
  })
})

describe('notes', () => {
  test('for the ticket become one comment each, internal ones stay here', async () => {
    await using gateway = await startGateway()
    const detectionId = await gateway.ingest(report('a'))
    await gateway.settledIssue(detectionId)
    await addNote(
      gateway.database,
      { detectionId, text: 'secret thought', visibility: 'internal' },
      'person',
      sam,
    )
    gateway.jira.faults.add({
      kind: 'cut-after-processing',
      method: 'POST',
      path: '/rest/api/:version/issue/:issue/comment',
    })
    await addNote(gateway.database, { detectionId, text: 'please look', visibility: 'ticket' }, 'person', sam)
    const issue = await gateway.settledIssue(detectionId)
    expect(issue.comments).toHaveLength(1)
    expect(JSON.stringify(issue.comments[0]?.body)).toContain('please look')
  })

  test('that may not be written are recorded with the reason, and the ticket is still followed', async () => {
    await using gateway = await startGateway()
    const detectionId = await gateway.ingest(report('a'))
    const { id } = await gateway.settledIssue(detectionId)
    gateway.jira.faults.add({
      kind: 'server-error',
      status: 403,
      method: 'POST',
      path: '/rest/api/:version/issue/:issue/comment',
    })
    await addNote(gateway.database, { detectionId, text: 'please look', visibility: 'ticket' }, 'person', sam)
    await until(async () => (await gateway.link(detectionId)).sync_state === 'blocked')
    const link = await gateway.link(detectionId)
    expect(link).toMatchObject({ state: 'active', reason: { code: 'ACCESS_DENIED', field: 'comment' } })
    await retryTicketSync(gateway.deps, link.link_id, sam)
    const issue = await gateway.settledIssue(detectionId)
    expect(issue.id).toBe(id)
    expect(issue.comments).toHaveLength(1)
  })

  test('that were written before there was a ticket follow it, oldest first', async () => {
    await using gateway = await startGateway({ rules: [] })
    const detectionId = await gateway.ingest(report('a'))
    for (const text of ['first thought', 'second thought'])
      await addNote(gateway.database, { detectionId, text, visibility: 'ticket' }, 'person', sam)
    await createTicket(gateway.deps, { detectionId, connectionId: gateway.connectionId }, sam)
    const issue = await gateway.settledIssue(detectionId)
    expect(issue.comments.map(({ body }) => /\w+ thought/u.exec(JSON.stringify(body))?.[0])).toEqual([
      'first thought',
      'second thought',
    ])
  })
})

describe('linking by hand', () => {
  test('takes a key, puts the link back on the ticket and leaves its words alone', async () => {
    await using gateway = await startGateway({ rules: [] })
    const detectionId = await gateway.ingest(report('a'))
    const { key } = gateway.jira.createIssueAsPerson({ summary: 'Already ours' })
    gateway.jira.transitionAsPerson(key, 'In Progress')
    await linkTicket(gateway.deps, { detectionId, connectionId: gateway.connectionId, reference: key }, sam)
    const issue = await gateway.settledIssue(detectionId)
    expect(issue.summary).toBe('Already ours')
    expect(issue.remoteLinks).toHaveLength(1)
    expect(await gateway.detection(detectionId)).toMatchObject({ ticket_id: key, status: 'in_progress' })
  })

  test('refuses a foreign address and a second ticket, with nothing half-done', async () => {
    await using gateway = await startGateway({ rules: [] })
    const detectionId = await gateway.ingest(report('a'))
    const place = { detectionId, connectionId: gateway.connectionId }
    await expect(
      linkTicket(gateway.deps, { ...place, reference: 'https://elsewhere.example/browse/SEC-1' }, sam),
    ).rejects.toMatchObject({ code: 'REJECTED' })
    await expect(linkTicket(gateway.deps, { ...place, reference: 'SEC-404' }, sam)).rejects.toMatchObject({
      code: 'TICKET_NOT_FOUND',
    })
    expect(await gateway.database.selectFrom('ticket_links').selectAll().execute()).toHaveLength(0)
    const { key } = gateway.jira.createIssueAsPerson({ summary: 'Already ours' })
    await linkTicket(gateway.deps, { ...place, reference: key }, sam)
    await expect(linkTicket(gateway.deps, { ...place, reference: key }, sam)).rejects.toMatchObject({
      code: 'TICKET_LINK_EXISTS',
    })
  })

  test('after unlinking follows the new ticket only', async () => {
    await using gateway = await startGateway()
    const detectionId = await gateway.ingest(report('a'))
    const old = await gateway.settledIssue(detectionId)
    await unlinkTicket(gateway.deps, (await gateway.link(detectionId)).link_id, sam)
    expect((await gateway.detection(detectionId)).ticket_id).toBe(null)
    const { key } = gateway.jira.createIssueAsPerson({ summary: 'The other one' })
    await linkTicket(gateway.deps, { detectionId, connectionId: gateway.connectionId, reference: key }, sam)
    await gateway.settledIssue(detectionId)
    await gateway.track(detectionId, { status: 'in_progress' })
    expect(statusOf(await gateway.settledIssue(detectionId))).toBe('In Progress')
    expect(statusOf(gateway.jira.issue(old.key) ?? old)).toBe('To Do')
  })
})
