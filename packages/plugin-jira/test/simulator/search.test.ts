import { manualClock } from '@tripline/adapter-testkit/simulator'
import { describe, expect, it } from 'vitest'
import { runJira, type Answer } from './running-jira.ts'

function keys(answer: Answer): string[] {
  return (answer.body['issues'] as unknown as { key: string }[]).map(({ key }) => key)
}

describe('search on Cloud', () => {
  it.each(['GET', 'POST'])('%s /search is removed', async (method) => {
    const { call } = await runJira()
    for (const version of ['2', '3']) {
      const answer = await call(
        method,
        `${version}/search`,
        method === 'POST' ? { jql: 'project = SEC' } : undefined,
      )
      expect(answer.status).toBe(410)
      expect(answer.body['errorMessages']?.[0]).toContain('/rest/api/3/search/jql')
    }
  })

  it('finds a new issue only after the lag, unless it is to be reconciled', async () => {
    const clock = manualClock(new Date('2026-11-24T10:00:00Z'))
    const { call, create, jira } = await runJira({ searchLagMs: 5_000, now: clock.now })
    const key = await create({ labels: ['marker'] })
    const search = (more = {}) =>
      call('POST', '3/search/jql', { jql: 'labels = marker', fields: ['status'], ...more })
    expect(keys(await search())).toEqual([])
    expect(keys(await search({ reconcileIssues: [Number(jira.issue(key)?.id)] }))).toEqual([key])
    clock.advance(5_000)
    expect(keys(await search())).toEqual([key])
  })

  it('shows the old status during the lag', async () => {
    const clock = manualClock(new Date('2026-11-24T10:00:00Z'))
    const { call, create, jira } = await runJira({ searchLagMs: 5_000, now: clock.now })
    const key = await create()
    clock.advance(5_000)
    jira.transitionAsPerson(key, 'Done')
    const status = async () => {
      const answer = await call('POST', '3/search/jql', { jql: `key = ${key}`, fields: ['status'] })
      return answer.body['issues']?.[0]?.['fields']?.['status']?.['name']
    }
    expect(await status()).toBe('To Do')
    clock.advance(5_000)
    expect(await status()).toBe('Done')
  })

  it('answers only ids unless fields are named', async () => {
    const { call, create, jira } = await runJira()
    const key = await create()
    const answer = await call('POST', '3/search/jql', { jql: 'project = SEC' })
    expect(answer.body).toEqual({ issues: [{ id: jira.issue(key)?.id }], isLast: true })
  })

  it('leads through the pages by token, and takes no token of another query', async () => {
    const { call, create } = await runJira()
    for (let index = 0; index < 5; index++) await create()
    const jql = 'project = SEC ORDER BY key ASC'
    const seen: string[] = []
    let nextPageToken: unknown
    do {
      const page = await call('POST', '3/search/jql', {
        jql,
        maxResults: 2,
        fields: ['summary'],
        ...(nextPageToken === undefined ? {} : { nextPageToken }),
      })
      expect(page.body).not.toHaveProperty('total')
      seen.push(...keys(page))
      nextPageToken = page.body['nextPageToken']
      if (nextPageToken !== undefined) {
        const other = await call('POST', '3/search/jql', { jql: 'project = NET', nextPageToken })
        expect(other.status).toBe(400)
      }
    } while (nextPageToken !== undefined)
    expect(seen).toEqual(['SEC-1', 'SEC-2', 'SEC-3', 'SEC-4', 'SEC-5'])
  })

  it('refuses a query without a restriction', async () => {
    const { call } = await runJira()
    const answer = await call('POST', '3/search/jql', { jql: 'ORDER BY updated DESC' })
    expect(answer).toMatchObject({
      status: 400,
      body: { errorMessages: [expect.stringContaining('Unbounded')] },
    })
  })
})

describe('search on Data Center', () => {
  it('pages by startAt with a total', async () => {
    const { call, create } = await runJira({ flavour: 'data-center' })
    for (let index = 0; index < 3; index++) await create()
    const page = { jql: 'ORDER BY key', startAt: 1, maxResults: 1, fields: ['summary'] }
    const answer = await call('POST', '2/search', page)
    expect(answer.body).toMatchObject({ total: 3, startAt: 1, maxResults: 1, issues: [{ key: 'SEC-2' }] })
    expect((await call('POST', '2/search/jql', { jql: 'project = SEC' })).status).toBe(404)
  })

  it('has no version 3', async () => {
    const { call } = await runJira({ flavour: 'data-center' })
    expect((await call('GET', '3/myself')).status).toBe(404)
  })
})

describe('JQL', () => {
  async function site() {
    const clock = manualClock(new Date('2026-07-01T10:00:30Z'))
    const running = await runJira({ now: clock.now, timeZone: 'Europe/Stockholm' })
    await running.create({ summary: 'Brute force on the VPN gateway', labels: ['tripline-1', 'vpn'] })
    clock.advance(120_000)
    await running.create({ summary: 'Port scan', labels: ['tripline-2'] })
    running.jira.transitionAsPerson('SEC-2', 'Done')
    await running.create({ summary: 'Elsewhere', project: { key: 'NET' } })
    const find = async (jql: string) =>
      keys(await running.call('POST', '3/search/jql', { jql, fields: ['summary'] })).sort()
    return { ...running, find }
  }

  it.each([
    ['project = SEC', ['SEC-1', 'SEC-2']],
    ['project = "Security" AND labels = vpn', ['SEC-1']],
    ['labels in (tripline-1, "tripline-2")', ['SEC-1', 'SEC-2']],
    ['labels != vpn', ['SEC-2']],
    ['key in (SEC-1, NET-1)', ['NET-1', 'SEC-1']],
    ['text ~ "vpn brute"', ['SEC-1']],
    ['summary ~ "\\"port scan\\""', ['SEC-2']],
    ['status = Done', ['SEC-2']],
    ['statusCategory != Done', ['NET-1', 'SEC-1']],
    ['project = SEC AND updated >= "2026/07/01 12:01"', ['SEC-2']],
    ['project = SEC AND updated >= "2026-07-01 12:00"', ['SEC-1', 'SEC-2']],
    ['project = SEC AND updated >= "2026-07-01 10:01"', ['SEC-1', 'SEC-2']],
    ['created <= "2026/07/01 12:01"', ['SEC-1']],
    ['project = SEC and updated >= -1m', ['SEC-2']],
  ])('%s finds %j', async (jql, expected) => {
    const { find } = await site()
    expect(await find(jql)).toEqual(expected)
  })

  it.each([
    ['colour = red', "Field 'colour' does not exist or you do not have permission to view it."],
    ['project = NONE', "The value 'NONE' does not exist for the field 'project'."],
    ['key = SEC-999', "An issue with key 'SEC-999' does not exist for field 'key'."],
    ['updated >= yesterday', "Date value 'yesterday' for field 'updated' is invalid"],
    ['updated >= "2026-07-01T12:00:00Z"', 'is invalid'],
    ['project = SEC OR project = NET', "Expecting either 'OR' or 'AND' but got 'OR'"],
    ['project SEC', "Expecting operator but got 'SEC'"],
    ['project = "SEC', 'is not complete'],
    ['summary = x', "The operator '=' is not supported by the 'summary' field."],
    ['project = SEC ORDER BY colour', "Not able to sort using field 'colour'."],
  ])('%s is refused', async (jql, message) => {
    const { call } = await runJira()
    const answer = await call('POST', '3/search/jql', { jql })
    expect(answer.status).toBe(400)
    expect(answer.body['errorMessages']?.[0]).toContain(message)
  })

  it('orders by update', async () => {
    const { call } = await site()
    const search = (order: string) =>
      call('POST', '3/search/jql', { jql: `project = SEC ORDER BY updated ${order}`, fields: ['summary'] })
    expect(keys(await search('ASC'))).toEqual(['SEC-1', 'SEC-2'])
    expect(keys(await search('DESC'))).toEqual(['SEC-2', 'SEC-1'])
  })
})
