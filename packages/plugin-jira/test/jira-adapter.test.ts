import {
  callOptions,
  failureOf,
  newDedupeKey,
  noNeeds,
  sampleDraft,
  statusChange,
} from '@tripline/adapter-testkit'
import { manualClock } from '@tripline/adapter-testkit/simulator'
import {
  type ChangedTickets,
  type PluginHost,
  PluginOutdated,
  RateLimited,
  Rejected,
  type Ticket,
  TicketNotFound,
  Unauthorized,
} from '@tripline/core'
import { describe, expect, test } from 'vitest'
import { jiraPlugin } from '../src/index.ts'
import { type Deployment, jiraSettings, type JiraWorld, startedWorld, through } from './jira-world.ts'

const deployments: readonly Deployment[] = ['cloud', 'data-center']

async function created({ adapter }: JiraWorld): Promise<Ticket> {
  return adapter.create(sampleDraft(), callOptions())
}

describe.each(deployments)('create on %s', (deployment) => {
  test('sends fields by their own names, and lets none replace what the adapter needs', async () => {
    const site = await startedWorld(deployment, {
      customFields: [{ id: 'customfield_10050', name: 'Detection ID', type: 'text', required: true }],
    })
    const fields = { customfield_10050: '4711', project: { key: 'NET' }, labels: ['mine'], summary: 'mine' }
    const draft = sampleDraft({ fields })
    const ticket = await site.adapter.create(draft, callOptions())
    const issue = site.jira.issue(ticket.id)
    expect(issue?.custom).toEqual({ customfield_10050: '4711' })
    expect(issue).toMatchObject({ projectId: '10000', summary: draft.summary })
    expect(issue?.labels).toContain(draft.dedupeKey)
  })

  test('names the required field that is missing', async () => {
    const site = await startedWorld(deployment, {
      customFields: [{ id: 'customfield_10050', name: 'Detection ID', type: 'text', required: true }],
    })
    const error = await failureOf(site.adapter.create(sampleDraft(), callOptions()), site.secrets)
    expect(error).toBeInstanceOf(Rejected)
    expect(error).toMatchObject({ outcome: 'not_done', issues: [{ path: 'customfield_10050' }] })
  })

  test('writes a proof of origin in the same request', async () => {
    const site = await startedWorld(deployment)
    const draft = sampleDraft()
    const { id } = await site.adapter.create(draft, callOptions())
    expect(site.jira.issue(id)?.properties).toEqual({ tripline: { dedupeKey: draft.dedupeKey } })
  })

  test('answers with the id when the issue can be created and not be read', async () => {
    const site = await startedWorld(deployment)
    site.faults.add({ ...site.readRequest, kind: 'server-error', times: 9 })
    const draft = sampleDraft()
    const ticket = await site.adapter.create(draft, callOptions())
    site.faults.clear()
    expect(ticket).toMatchObject({ key: 'SEC-1', status: { id: '' } })
    const found = await site.adapter.find(ticket, callOptions())
    expect(found?.content).toMatchObject(ticket.content)
    expect(ticket.content).not.toHaveProperty('priority')
    const update = await site.adapter.update(ticket, { status: statusChange('3') }, callOptions())
    expect(update).toMatchObject({ refused: [], statusId: '3' })
  })

  test('reads again when only the first read fails', async () => {
    const site = await startedWorld(deployment)
    site.faults.add({ ...site.readRequest, kind: 'cut-before-processing' })
    expect((await created(site)).status.id).toBe('10000')
  })

  test('does not fail, and says so in the log, when only the link back is refused', async () => {
    const site = await startedWorld(deployment)
    const path = '/rest/api/:version/issue/:id/remotelink'
    site.faults.add({ kind: 'server-error', status: 403, method: 'POST', path })
    const ticket = await created(site)
    expect(site.probes.backlinks(ticket.id)).toEqual([])
    expect(site.logged).toEqual([expect.stringMatching(/^warn: The link back .*"code":"ACCESS_DENIED"/u)])
  })
})

describe.each(deployments)('findCreated on %s', (deployment) => {
  test('finds an issue once the search knows of it, also when it was moved meanwhile', async () => {
    const clock = manualClock(new Date())
    const site = await startedWorld(deployment, { now: clock.now, searchLagMs: 5_000 })
    const draft = sampleDraft()
    const ticket = await site.adapter.create(draft, callOptions())
    expect(await site.adapter.findCreated?.(draft.dedupeKey, callOptions())).toBeNull()
    site.jira.moveIssue(ticket.id, 'NET')
    clock.advance(5_001)
    const found = await site.adapter.findCreated?.(draft.dedupeKey, callOptions())
    expect(found).toMatchObject({ id: ticket.id, key: 'NET-1', container: 'NET' })
    expect(site.adapter.createSettlesWithinMs).toBeGreaterThan(5_000)
  })

  test('believes the issue and not the search', async () => {
    const site = await startedWorld(deployment)
    const draft = sampleDraft()
    const ticket = await site.adapter.create(draft, callOptions())
    site.jira.setSearchLagMs(60_000)
    site.jira.deleteIssue(ticket.id)
    expect(await site.adapter.findCreated?.(draft.dedupeKey, callOptions())).toBeNull()
  })

  test('tells the issue it created from a clone, which has its label', async () => {
    const site = await startedWorld(deployment)
    const dedupeKey = newDedupeKey()
    site.jira.createIssueAsPerson({ labels: [dedupeKey] })
    const ticket = await site.adapter.create(sampleDraft({ dedupeKey }), callOptions())
    site.jira.createIssueAsPerson({ labels: [dedupeKey] })
    expect(await site.adapter.findCreated?.(dedupeKey, callOptions())).toMatchObject({ id: ticket.id })
  })

  test('takes the oldest where nothing else tells issues apart', async () => {
    const site = await startedWorld(deployment)
    const dedupeKey = newDedupeKey()
    const [first] = [1, 2, 3].map(() => site.jira.createIssueAsPerson({ labels: [dedupeKey] }))
    expect(await site.adapter.findCreated?.(dedupeKey, callOptions())).toMatchObject({ id: first?.id })
  })
})

describe.each(deployments)('update on %s', (deployment) => {
  const close = (resolutionId: string | null) => ({
    status: statusChange('10002', { resolution: 'no_action_taken' as const, resolutionId }),
  })

  test('says which field the transition needs, and that a mapping gives it', async () => {
    const site = await startedWorld(deployment, { resolutionOnDone: 'required' })
    const ticket = await created(site)
    const refused = await site.adapter.update(ticket, close(null), callOptions())
    expect(refused.refused).toEqual([
      {
        field: 'status',
        code: 'missing_fields',
        message: expect.stringMatching(/resolution.*Map a value/iu),
      },
    ])
    expect(refused.ticket.status.id).toBe('10000')
    const closed = await site.adapter.update(ticket, close('10004'), callOptions())
    expect(closed).toMatchObject({ refused: [], ticket: { resolution: { id: '10004' } } })
  })

  test('closes without a resolution where the screen has none, and says that it is missing', async () => {
    const site = await startedWorld(deployment, { resolutionOnDone: 'absent' })
    const ticket = await created(site)
    const closed = await site.adapter.update(ticket, close('10004'), callOptions())
    expect(closed).toMatchObject({ statusId: '10002', ticket: { status: { id: '10002' } } })
    expect(closed.refused).toEqual([expect.objectContaining({ field: 'status', code: 'not_applied' })])
    const content = await site.adapter.update(closed.ticket, close('10000'), callOptions())
    expect(content.refused).toEqual([])
  })

  test('makes no transition that could only change the resolution, and has no place for it', async () => {
    const site = await startedWorld(deployment, { resolutionOnDone: 'absent' })
    const { ticket } = await site.adapter.update(await created(site), close('10004'), callOptions())
    site.jira.clearRequests()
    const again = await site.adapter.update(ticket, close('10004'), callOptions())
    expect(again.statusId).toBeNull()
    expect(again.refused).toEqual([expect.objectContaining({ field: 'status', code: 'not_applied' })])
    expect(site.jira.requests().filter(({ method }) => method === 'POST')).toEqual([])
  })

  test('changes the resolution of a closed issue', async () => {
    const site = await startedWorld(deployment)
    const ticket = await created(site)
    const closed = await site.adapter.update(ticket, close('10001'), callOptions())
    const again = await site.adapter.update(closed.ticket, close('10004'), callOptions())
    expect(again).toMatchObject({ refused: [], ticket: { resolution: { id: '10004' } } })
  })

  test('stops where a path ends early, and says how far it came', async () => {
    const plain = { screen: [], required: [], setsResolution: null }
    const site = await startedWorld(deployment, {
      transitions: [{ id: '11', name: 'Start', from: ['10000'], to: '3', ...plain }],
    })
    const ticket = await created(site)
    const status = statusChange('10002', { via: ['3'] })
    const update = await site.adapter.update(ticket, { status }, callOptions())
    expect(update).toMatchObject({ statusId: '3', ticket: { status: { id: '3' } } })
    expect(update.refused).toEqual([expect.objectContaining({ code: 'no_transition' })])
  })

  test('writes other fields when one is not on the screen', async () => {
    const site = await startedWorld(deployment, { offScreen: ['priority'] })
    const ticket = await created(site)
    const change = { priority: '1', summary: 'Written', labels: ['x'] }
    const update = await site.adapter.update(ticket, change, callOptions())
    expect(update.refused).toEqual([expect.objectContaining({ field: 'priority', code: 'not_editable' })])
    expect(update.ticket.content).toMatchObject({ summary: 'Written', labels: 'x' })
  })

  test('refuses every part when the account may do none', async () => {
    const site = await startedWorld(deployment)
    const ticket = await created(site)
    site.jira.user('tripline').permissions = ['BROWSE_PROJECTS']
    const change = {
      status: statusChange('3'),
      assignee: { accountId: site.assignable.account.id },
      summary: 'x',
      labels: ['x'],
    }
    const update = await site.adapter.update(ticket, change, callOptions())
    expect(update.refused.map(({ field, code }) => `${field} ${code}`).toSorted()).toEqual([
      'assignee not_assignable',
      'labels not_editable',
      'status no_transition',
      'summary not_editable',
    ])
  })

  test('notices an assignee that Jira accepts and drops', async () => {
    const site = await startedWorld(deployment)
    const ticket = await created(site)
    const adapter = through(site, async (request, answer) =>
      request.method === 'PUT' && request.url.endsWith('/assignee')
        ? new Response(null, { status: 204 })
        : answer(),
    )
    const change = { assignee: { accountId: site.assignable.account.id } }
    const update = await adapter.update(ticket, change, callOptions())
    expect(update.refused).toEqual([expect.objectContaining({ field: 'assignee', code: 'not_applied' })])
  })

  test('throws what passes, and completes the change when it is made again', async () => {
    const site = await startedWorld(deployment)
    const ticket = await created(site)
    const change = { status: statusChange('3'), summary: 'Written' }
    site.faults.add({ kind: 'rate-limited', method: 'PUT', path: '/rest/api/:version/issue/:id' })
    const error = await failureOf(site.adapter.update(ticket, change, callOptions()), site.secrets)
    expect(error).toBeInstanceOf(RateLimited)
    const update = await site.adapter.update(ticket, change, callOptions())
    expect(update).toMatchObject({
      refused: [],
      statusId: null,
      ticket: { status: { id: '3' }, content: { summary: 'Written' } },
    })
  })

  test('leaves the labels of other people out of what is ours only when told to', async () => {
    const site = await startedWorld(deployment)
    const ticket = await created(site)
    site.jira.editIssueAsPerson(ticket.id, { labels: ['theirs'] })
    const update = await site.adapter.update(ticket, { summary: 'Written' }, callOptions())
    expect(update.ticket.content.labels).toBe('theirs')
  })
})

describe.each(deployments)('find on %s', (deployment) => {
  test('does not take a missing route for a missing issue', async () => {
    const site = await startedWorld(deployment)
    const ticket = await created(site)
    for (const body of [
      '<html>Not found</html>',
      '',
      '{"message":"null for uri: https://jira.example/rest","status-code":404}',
    ]) {
      const adapter = through(site, async () => new Response(body, { status: 404 }))
      const error = await failureOf(adapter.find(ticket, callOptions()), site.secrets)
      expect(error).toBeInstanceOf(PluginOutdated)
    }
  })

  test('does not take an expired token, which makes Jira treat us as anonymous, for a missing issue', async () => {
    const site = await startedWorld(deployment)
    const ticket = await created(site)
    const body = JSON.stringify({
      errorMessages: ['Issue does not exist or you do not have permission to see it.'],
    })
    const headers = { 'x-seraph-loginreason': 'AUTHENTICATED_FAILED' }
    const adapter = through(site, async () => new Response(body, { status: 404, headers }))
    const error = await failureOf(adapter.find(ticket, callOptions()), site.secrets)
    expect(error).toBeInstanceOf(Unauthorized)
  })

  test('takes a captcha for a matter of the credentials', async () => {
    const site = await startedWorld(deployment)
    const headers = { 'x-authentication-denied-reason': 'CAPTCHA_CHALLENGE; login-url=https://x/login' }
    const adapter = through(site, async () => new Response('', { status: 403, headers }))
    const error = await failureOf(adapter.find(site.absentTicket, callOptions()), site.secrets)
    expect(error).toBeInstanceOf(Unauthorized)
    expect(error.message).toContain('captcha')
  })

  test('reads instants with the offset they are in', async () => {
    const now = new Date('2026-07-01T12:34:56.000Z')
    const site = await startedWorld(deployment, { now: () => now, timeZone: 'Asia/Kolkata' })
    const { updatedAt } = await created(site)
    expect(Math.abs(updatedAt.getTime() - now.getTime())).toBeLessThan(1_000)
  })
})

describe.each(deployments)('listTicketsUpdatedSince on %s', (deployment) => {
  test('lists every issue over many pages, in whatever zone the site is', async () => {
    const clock = manualClock(new Date('2026-11-24T12:00:00Z'))
    const site = await startedWorld(deployment, { now: clock.now, timeZone: 'America/Los_Angeles' })
    const before = site.jira.createIssueAsPerson({ summary: 'before' })
    clock.advance(3_600_000)
    const since = clock.now()
    const expected = Array.from({ length: 230 }, () => site.jira.createIssueAsPerson({}).id)
    clock.advance(30_000)
    const listed: string[] = []
    let cursor: string | null = null
    let pages = 0
    do {
      const page: ChangedTickets | undefined = await site.adapter.listTicketsUpdatedSince?.(
        since,
        cursor,
        callOptions(),
      )
      listed.push(...(page?.tickets ?? []).map(({ id }) => id))
      cursor = page?.nextCursor ?? null
      pages += 1
    } while (cursor !== null)
    expect([...new Set(listed)]).toEqual(expected)
    expect(listed).not.toContain(before.id)
    expect(pages).toBeGreaterThan(2)
  })
})

describe('listTicketsUpdatedSince by numbered pages', () => {
  test('misses nothing when issues change while pages are read', async () => {
    const site = await startedWorld('data-center')
    const since = new Date(Date.now() - 1_000)
    const expected = Array.from({ length: 120 }, () => site.jira.createIssueAsPerson({}).id)
    const first = await site.adapter.listTicketsUpdatedSince?.(since, null, callOptions())
    for (const id of expected.slice(0, 5)) site.jira.editIssueAsPerson(id, { summary: 'changed' })
    const cursor = first?.nextCursor ?? null
    const second = await site.adapter.listTicketsUpdatedSince?.(since, cursor, callOptions())
    const listed = [...(first?.tickets ?? []), ...(second?.tickets ?? [])].map(({ id }) => id)
    expect(new Set(listed)).toEqual(new Set(expected))
  })
})

describe('a connection', () => {
  test('says when the deployment is not the one that is set', async () => {
    const host: PluginHost = { fetch: globalThis.fetch, now: () => new Date(), log: () => {} }
    for (const [there, set] of [
      ['cloud', 'data-center'],
      ['data-center', 'cloud'],
    ] as const) {
      const { jira } = await startedWorld(there)
      const report = await jiraPlugin.connect(jiraSettings(jira.url, set), host).check(noNeeds, callOptions())
      expect(report).toMatchObject({
        account: null,
        findings: [{ severity: 'error', subject: 'deployment' }],
      })
    }
  })

  test('logs in to Data Center with user name and password', async () => {
    const site = await startedWorld(
      'data-center',
      {},
      {
        personalAccessToken: undefined,
        username: 'tripline',
        password: 'tok-5ecret-0f-tripline',
      },
    )
    expect((await site.adapter.check(noNeeds, callOptions())).account?.id).toBe('tripline')
  })

  test('shows people the site and not the address of the API', async () => {
    const site = await startedWorld('cloud', {}, { siteUrl: 'https://site.atlassian.net/' })
    const ticket = await created(site)
    expect(ticket.url).toBe(`https://site.atlassian.net/browse/${ticket.key}`)
    const backlink = { dedupeKey: newDedupeKey(), url: null, title: '' }
    expect((await site.adapter.link(ticket.url, backlink, callOptions())).id).toBe(ticket.id)
  })

  test('keeps the context path of a Data Center', async () => {
    const site = await startedWorld('data-center')
    const paths: string[] = []
    const host: PluginHost = {
      now: () => new Date(),
      log: () => {},
      fetch: (input, init) => {
        const url = new URL(input instanceof Request ? input.url : input)
        paths.push(url.pathname)
        return fetch(new URL(url.href.replace('/jira/rest/', '/rest/')), init)
      },
    }
    const adapter = jiraPlugin.connect({ ...site.settings, baseUrl: `${site.jira.url}/jira` }, host)
    const ticket = await adapter.create(sampleDraft(), callOptions())
    expect(ticket.url).toBe(`${site.jira.url}/jira/browse/SEC-1`)
    expect(new Set(paths.map((path) => path.slice(0, 16)))).toEqual(new Set(['/jira/rest/api/2']))
  })

  test('finds accounts by user name or e-mail address, and nobody by an ambiguous name', async () => {
    const users = [
      { name: 'tripline', displayName: 'Tripline', token: 'tok-5ecret-0f-tripline' },
      { name: 'mlindqvist', displayName: 'Maria Lindqvist' },
      { name: 'sam1', displayName: 'Sam Doe' },
      { name: 'sam2', displayName: 'Sam Doe', emailAddress: 'other@example.com' },
      { name: 'gone', displayName: 'Gone Person', active: false },
    ]
    for (const deployment of deployments) {
      const site = await startedWorld(deployment, { users })
      const find = async (username: string) =>
        (await site.adapter.findAccount?.(username, callOptions()))?.name
      expect(await find('Sam Doe')).toBeUndefined()
      expect(await find('Gone Person')).toBeUndefined()
      expect(await find('OTHER@example.com')).toBe(deployment === 'cloud' ? 'Sam Doe' : 'sam2')
      expect(await find('sam1')).toBe(deployment === 'cloud' ? undefined : 'sam1')
    }
  })

  test('follows the old key of a moved issue when it is linked', async () => {
    const site = await startedWorld('cloud')
    const ticket = await created(site)
    site.jira.moveIssue(ticket.id, 'NET')
    const backlink = { dedupeKey: newDedupeKey(), url: 'https://tripline.example/1', title: 'A detection' }
    expect(await site.adapter.link('SEC-1', backlink, callOptions())).toMatchObject({
      id: ticket.id,
      key: 'NET-1',
    })
  })

  test('says that an issue is gone when it disappears before the comment', async () => {
    const site = await startedWorld('cloud')
    const text = [{ kind: 'paragraph', runs: [{ text: 'x' }] }] as const
    const call = site.adapter.comment?.(site.absentTicket, text, newDedupeKey(), callOptions())
    expect(await failureOf(call ?? Promise.resolve(), site.secrets)).toBeInstanceOf(TicketNotFound)
  })
})
