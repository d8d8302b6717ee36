import { manualClock } from '@tripline/adapter-testkit/simulator'
import { describe, expect, it } from 'vitest'
import { adf, LEAST, runJira } from './running-jira.ts'

describe('logging in', () => {
  async function status(url: string, authorization?: string): Promise<number> {
    const headers = authorization === undefined ? {} : { authorization }
    return (await fetch(`${url}/rest/api/2/myself`, { headers })).status
  }
  const basic = (login: string): string => `Basic ${Buffer.from(login).toString('base64')}`

  it('takes e-mail address and token on Cloud, and nothing else', async () => {
    const { jira } = await runJira({ tokens: { 'tripline@example.com': 'let me in' } })
    expect(await status(jira.url, basic('tripline@example.com:let me in'))).toBe(200)
    expect(await status(jira.url, basic('tripline@example.com:wrong'))).toBe(401)
    expect(await status(jira.url, basic('tripline:let me in'))).toBe(401)
    expect(await status(jira.url, 'Bearer let me in')).toBe(401)
    expect(await status(jira.url)).toBe(401)
  })

  it('takes personal access tokens and user names on Data Center, and refuses with a page', async () => {
    const { jira } = await runJira({ flavour: 'data-center' })
    expect(await status(jira.url, 'Bearer tripline-token')).toBe(200)
    expect(await status(jira.url, basic('tripline:tripline-token'))).toBe(200)
    const refused = await fetch(`${jira.url}/rest/api/2/myself`, {
      headers: { authorization: 'Bearer wrong' },
    })
    expect([refused.status, refused.headers.get('content-type')]).toEqual([401, 'text/html;charset=UTF-8'])
  })

  it('does not let in who has no token or was deactivated', async () => {
    const { jira } = await runJira()
    expect(await status(jira.url, basic('daydin@example.com:'))).toBe(401)
    jira.user('mlindqvist').active = false
    expect(await status(jira.url, basic('mlindqvist@example.com:maria-token'))).toBe(401)
  })
})

describe('permissions', () => {
  it.each([
    ['PUT', '3/issue/SEC-1', { fields: { summary: 'x' } }],
    ['DELETE', '3/issue/SEC-1', undefined],
    ['PUT', '3/issue/SEC-1/assignee', { accountId: null }],
    ['POST', '3/issue/SEC-1/comment', { body: adf('x') }],
    ['POST', '3/issue/SEC-1/remotelink', { object: { title: 'x', url: 'https://x.example' } }],
    ['POST', '3/issue', { fields: LEAST }],
  ])('%s %s is forbidden to who may only look', async (method, path, body) => {
    const { call, create } = await runJira()
    await create()
    expect((await call(method, path, body, 'auditor')).status).toBe(403)
  })

  it('an issue that may not be seen does not exist', async () => {
    const { call, create, jira } = await runJira()
    const key = await create()
    jira.user('auditor').permissions = []
    expect((await call('GET', `3/issue/${key}`, undefined, 'auditor')).status).toBe(404)
  })

  it('reports what the caller may do', async () => {
    const { call } = await runJira()
    const path = '3/mypermissions?projectKey=SEC&permissions=BROWSE_PROJECTS,CREATE_ISSUES'
    const answer = await call('GET', path, undefined, 'auditor')
    expect(answer.body['permissions']).toMatchObject({
      BROWSE_PROJECTS: { havePermission: true },
      CREATE_ISSUES: { havePermission: false },
    })
    expect((await call('GET', '3/mypermissions')).status).toBe(400)
  })
})

describe('users', () => {
  it('are searched by query on Cloud, with hidden addresses kept hidden', async () => {
    const { call } = await runJira()
    const answer = await call('GET', '3/user/search?query=pri')
    expect(answer.body).toMatchObject([{ displayName: 'Priya Raman', accountType: 'atlassian' }])
    expect(answer.body[0]).not.toHaveProperty('emailAddress')
  })

  it('are searched by username on Data Center', async () => {
    const { call } = await runJira({ flavour: 'data-center' })
    expect((await call('GET', '2/user/search?query=maria')).status).toBe(400)
    expect((await call('GET', '2/user/search?username=maria')).body).toMatchObject([{ name: 'mlindqvist' }])
  })

  it('are assignable only if active and allowed', async () => {
    const { call } = await runJira()
    const answer = await call('GET', '3/user/assignable/search?project=SEC&query=')
    const names = (answer.body as unknown as { displayName: string }[]).map(({ displayName }) => displayName)
    expect(names).toEqual(['Maria Lindqvist', 'Deniz Aydın', 'Priya Raman', 'Tomás Herrera'])
    expect((await call('GET', '3/user/assignable/search?query=m')).status).toBe(400)
  })
})

describe('rate limits', () => {
  it('refuse too many changes of one issue until the window has passed', async () => {
    const clock = manualClock(new Date('2026-11-24T10:00:00Z'))
    const { call, create } = await runJira({
      now: clock.now,
      rateLimits: { perIssueWrites: { requests: 2, windowMs: 2_000 } },
    })
    const [first, other] = [await create(), await create()]
    const write = (key: string) => call('POST', `3/issue/${key}/comment`, { body: adf('x') })
    expect([(await write(first)).status, (await write(first)).status]).toEqual([201, 201])
    const refused = await write(first)
    expect(refused.status).toBe(429)
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'retry-after': '2',
      'x-ratelimit-limit': '2',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '2026-11-24T10:00:02.000Z',
      'ratelimit-reason': 'jira-per-issue-on-write',
    })
    expect((await write(other)).status).toBe(201)
    expect((await call('GET', `3/issue/${first}`)).status).toBe(200)
    clock.advance(2_000)
    expect((await write(first)).status).toBe(201)
  })

  it('refuse bursts, on Data Center with its own headers', async () => {
    const clock = manualClock(new Date(0))
    const { call } = await runJira({
      flavour: 'data-center',
      now: clock.now,
      rateLimits: { burst: { requests: 1, windowMs: 10_000 } },
    })
    expect((await call('GET', '2/myself')).status).toBe(200)
    const refused = await call('GET', '2/myself')
    expect(refused.status).toBe(429)
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'retry-after': '10',
      'x-ratelimit-interval-seconds': '10',
    })
    expect((await call('GET', '2/myself', undefined, 'mlindqvist')).status).toBe(200)
  })
})
