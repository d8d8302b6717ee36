import { callOptions, sampleDraft, statusChange } from '@tripline/adapter-testkit'
import type { Ticket, TicketChange, TicketUpdate } from '@tripline/core'
import { describe, expect, test } from 'vitest'
import { type Deployment, type JiraWorld, meanwhile, startedWorld, through } from './jira-world.ts'

const deployments: readonly Deployment[] = ['cloud', 'data-center']

async function created({ adapter }: JiraWorld): Promise<Ticket> {
  return adapter.create(sampleDraft(), callOptions())
}

function update({ adapter }: JiraWorld, seen: Ticket, change: TicketChange): Promise<TicketUpdate> {
  return adapter.update(seen, change, callOptions())
}

/** Method and last part of the path of each request since the last look. */
function requestsOf({ jira }: JiraWorld): readonly string[] {
  const requests = jira.requests().map(({ method, path }) => {
    const last = path.split('?')[0]?.split('/').at(-1) ?? ''
    return `${method} ${/^\d+$/u.test(last) ? 'issue' : last}`
  })
  jira.clearRequests()
  return requests
}

describe.each(deployments)('the requests of an update on %s', (deployment) => {
  test('are three for a status, with its transitions and their fields', async () => {
    const site = await startedWorld(deployment, { resolutionOnDone: 'required' })
    const ticket = await created(site)
    requestsOf(site)
    const status = statusChange('10002', { resolution: 'action_taken', resolutionId: '10001' })
    expect(await update(site, ticket, { status })).toMatchObject({ refused: [], statusId: '10002' })
    expect(requestsOf(site)).toEqual(['GET issue', 'POST transitions', 'GET issue'])
  })

  test('are one per part, and a reading before and after', async () => {
    const site = await startedWorld(deployment)
    const ticket = await created(site)
    requestsOf(site)
    const assignee = { accountId: site.assignable.account.id }
    const change = { status: statusChange('3'), assignee, summary: 'Written', labels: ['written'] }
    expect(await update(site, ticket, change)).toMatchObject({ refused: [], overwritten: [] })
    expect(requestsOf(site)).toEqual([
      'GET issue',
      'POST transitions',
      'PUT issue',
      'PUT assignee',
      'GET issue',
    ])
  })

  test('are one where everything is there already, or everything was changed meanwhile', async () => {
    const site = await startedWorld(deployment)
    const ticket = await created(site)
    site.jira.editIssueAsPerson(ticket.id, { summary: 'By hand' })
    requestsOf(site)
    await update(site, ticket, { summary: 'By hand', assignee: { accountId: null } })
    await update(site, ticket, { summary: 'Written' })
    expect(requestsOf(site)).toEqual(['GET issue', 'GET issue'])
  })

  test('ask for the transitions where the issue does not tell their fields', async () => {
    const site = await startedWorld(deployment, { resolutionOnDone: 'required' })
    const ticket = await created(site)
    const adapter = through(site, async (request, answer) => {
      const response = await answer()
      if (request.method !== 'GET' || !request.url.includes('expand=changelog')) return response
      const issue = (await response.json()) as { transitions?: { fields?: unknown }[] }
      for (const transition of issue.transitions ?? []) delete transition.fields
      return Response.json(issue)
    })
    const { refused } = await adapter.update(ticket, { status: statusChange('10002') }, callOptions())
    expect(refused).toEqual([expect.objectContaining({ code: 'missing_fields' })])
  })
})

describe.each(deployments)(
  'an update on %s of a ticket that somebody changed since it was seen',
  (deployment) => {
    const written = {
      status: { status: statusChange('10001') },
      assignee: { assignee: { accountId: null } },
      summary: { summary: 'Written' },
      description: { description: [{ kind: 'paragraph', runs: [{ text: 'Written' }] }] },
      priority: { priority: '1' },
      labels: { labels: ['written'] },
    } as const satisfies Record<string, TicketChange>

    async function changedByHand(): Promise<{ site: JiraWorld; seen: Ticket }> {
      const site = await startedWorld(deployment)
      const seen = await created(site)
      site.jira.transitionAsPerson(seen.id, 'Done', 'mlindqvist', { resolution: { name: 'Duplicate' } })
      site.jira.assignAsPerson(seen.id, 'daydin')
      site.jira.editIssueAsPerson(seen.id, {
        summary: 'By hand',
        description: 'By hand',
        priority: { name: 'Low' },
        labels: ['by-hand'],
      })
      return { site, seen }
    }

    test('refuses each part that is another by now', async () => {
      const { site, seen } = await changedByHand()
      const before = await site.adapter.find(seen, callOptions())
      const change = Object.assign({}, ...Object.values(written)) as TicketChange
      const { refused, ticket } = await update(site, seen, {
        ...change,
        assignee: { accountId: site.assignable.account.id },
      })
      expect(refused.map(({ field, code }) => `${field} ${code}`).toSorted()).toEqual(
        Object.keys(written)
          .map((field) => `${field} changed_meanwhile`)
          .toSorted(),
      )
      expect(ticket).toEqual(before)
      for (const { message } of refused) expect(message).toMatch(/SEC-1/u)
    })

    test('does what still finds what was seen', async () => {
      const site = await startedWorld(deployment)
      const seen = await created(site)
      site.jira.editIssueAsPerson(seen.id, { summary: 'By hand' })
      const { status, summary, labels } = { ...written.status, ...written.summary, ...written.labels }
      const { refused, ticket } = await update(site, seen, { status, summary, labels })
      expect(refused).toEqual([expect.objectContaining({ field: 'summary', code: 'changed_meanwhile' })])
      expect(ticket).toMatchObject({
        status: { id: '10001' },
        content: { summary: 'By hand', labels: 'written' },
      })
    })

    test('takes what somebody set as it was to be for done', async () => {
      const { site, seen } = await changedByHand()
      const { account } = site.assignable
      site.jira.assignAsPerson(seen.id, 'mlindqvist')
      const status = statusChange('10002', { resolution: 'no_action_taken', resolutionId: '10002' })
      const change = { status, assignee: { accountId: account.id }, summary: 'By hand', labels: ['by-hand'] }
      expect(await update(site, seen, change)).toMatchObject({ refused: [], overwritten: [], statusId: null })
    })

    test('takes a resolution that somebody gave for a change of the status', async () => {
      const site = await startedWorld(deployment)
      const ticket = await created(site)
      const { ticket: seen } = await update(site, ticket, { status: statusChange('10002') })
      site.jira.transitionAsPerson(ticket.id, 'Done', 'daydin', { resolution: { name: 'Duplicate' } })
      const { refused } = await update(site, seen, written.status)
      expect(refused).toEqual([expect.objectContaining({ field: 'status', code: 'changed_meanwhile' })])
      expect(refused[0]?.message).toContain('Done (Duplicate)')
      const closed = await update(site, seen, { status: statusChange('10002') })
      expect(closed.refused).toEqual([expect.objectContaining({ code: 'changed_meanwhile' })])
    })
  },
)

describe.each(deployments)('an update on %s while somebody changes the ticket', (deployment) => {
  test('reports the status that it replaced, with its resolution', async () => {
    const site = await startedWorld(deployment)
    const ticket = await created(site)
    meanwhile(site, { method: 'POST', path: '/transitions' }, () =>
      site.jira.transitionAsPerson(ticket.id, 'Done', 'daydin', { resolution: { name: 'False Positive' } }),
    )
    expect(await update(site, ticket, { status: statusChange('3') })).toMatchObject({
      statusId: '3',
      refused: [],
      ticket: { status: { id: '3' } },
      overwritten: [{ field: 'status', value: 'Done (False Positive)', author: 'Deniz Aydın' }],
    })
  })

  test('reports the assignee that it replaced', async () => {
    const site = await startedWorld(deployment)
    const ticket = await created(site)
    meanwhile(site, { method: 'PUT', path: '/assignee' }, () =>
      site.jira.assignAsPerson(ticket.id, 'daydin', 'praman'),
    )
    const assignee = { accountId: site.assignable.account.id }
    expect(await update(site, ticket, { assignee })).toMatchObject({
      refused: [],
      ticket: { assignee: site.assignable.account },
      overwritten: [{ field: 'assignee', value: 'Deniz Aydın', author: 'Priya Raman' }],
    })
  })

  test('reports every text that it replaced, and none that it did not write', async () => {
    const site = await startedWorld(deployment)
    const ticket = await created(site)
    meanwhile(site, { method: 'PUT', path: '' }, () =>
      site.jira.editIssueAsPerson(
        ticket.id,
        { summary: 'By hand', description: 'Looked *at* it', labels: ['by-hand'], priority: { name: 'Low' } },
        'daydin',
      ),
    )
    const { overwritten } = await update(site, ticket, {
      summary: 'Written',
      description: [{ kind: 'paragraph', runs: [{ text: 'Written' }] }],
      labels: ['written'],
    })
    const author = 'Deniz Aydın'
    expect(overwritten.toSorted((one, other) => one.field.localeCompare(other.field))).toEqual([
      { field: 'description', value: 'Looked *at* it', author },
      { field: 'labels', value: 'by-hand', author },
      { field: 'summary', value: 'By hand', author },
    ])
  })

  test('reports nothing where the change was taken back, or is the same as ours', async () => {
    const site = await startedWorld(deployment)
    const ticket = await created(site)
    meanwhile(site, { method: 'PUT', path: '' }, () => {
      site.jira.editIssueAsPerson(ticket.id, { summary: 'By hand' })
      site.jira.editIssueAsPerson(ticket.id, { summary: ticket.content.summary })
      site.jira.editIssueAsPerson(ticket.id, { labels: ['written'] })
    })
    const change = { summary: 'Written', priority: '1' }
    expect(await update(site, ticket, change)).toMatchObject({ refused: [], overwritten: [] })
  })

  test('reports the last of several values', async () => {
    const site = await startedWorld(deployment)
    const ticket = await created(site)
    meanwhile(site, { method: 'PUT', path: '' }, () => {
      site.jira.editIssueAsPerson(ticket.id, { summary: 'first' }, 'daydin')
      site.jira.editIssueAsPerson(ticket.id, { summary: 'last' }, 'praman')
    })
    const { overwritten } = await update(site, ticket, { summary: 'Written' })
    expect(overwritten).toEqual([{ field: 'summary', value: 'last', author: 'Priya Raman' }])
  })

  test('reports what came between two steps of a path', async () => {
    const site = await startedWorld(deployment)
    const ticket = await created(site)
    const status = statusChange('10002', { via: ['3'] })
    meanwhile(site, { method: 'GET', path: '/transitions' }, () =>
      site.jira.transitionAsPerson(ticket.id, 'In Review', 'daydin'),
    )
    expect(await update(site, ticket, { status })).toMatchObject({
      statusId: '10002',
      overwritten: [{ field: 'status', value: 'In Review', author: 'Deniz Aydın' }],
    })
  })

  test('takes what came after it neither for overwritten nor for dropped', async () => {
    const site = await startedWorld(deployment)
    const ticket = await created(site)
    let reads = 0
    meanwhile(site, { method: 'GET', path: '', when: () => (reads += 1) === 2 }, () => {
      site.jira.assignAsPerson(ticket.id, 'daydin')
      site.jira.editIssueAsPerson(ticket.id, { summary: 'By hand' })
    })
    const change = { assignee: { accountId: site.assignable.account.id }, summary: 'Written' }
    expect(await update(site, ticket, change)).toMatchObject({
      refused: [],
      overwritten: [],
      ticket: { content: { summary: 'By hand' } },
    })
  })

  test('finds it behind a history longer than an answer', async () => {
    const site = await startedWorld(deployment)
    const ticket = await created(site)
    for (let edit = 0; edit < 150; edit += 1)
      site.jira.editIssueAsPerson(ticket.id, { summary: `edit ${edit}` }, 'daydin')
    const seen = await site.adapter.find(ticket, callOptions())
    meanwhile(site, { method: 'PUT', path: '' }, () =>
      site.jira.editIssueAsPerson(ticket.id, { summary: 'edit 7' }, 'daydin'),
    )
    const { overwritten } = await update(site, seen ?? ticket, { summary: 'Written' })
    expect(overwritten).toEqual([{ field: 'summary', value: 'edit 7', author: 'Deniz Aydın' }])
  })

  test('is done all the same where the history is too long to be read', async () => {
    const site = await startedWorld(deployment)
    const ticket = await created(site)
    const adapter = through(site, async (request, answer) =>
      request.url.includes('expand=changelog') ? new Response('x'.repeat(30_000_000)) : answer(),
    )
    const change = { status: statusChange('3'), summary: 'Written' }
    expect(await adapter.update(ticket, change, callOptions())).toMatchObject({
      refused: [],
      overwritten: [],
      ticket: { status: { id: '3' }, content: { summary: 'Written' } },
    })
  })
})
