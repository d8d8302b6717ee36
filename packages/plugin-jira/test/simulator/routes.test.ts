import { describe, expect, it } from 'vitest'
import { runJira } from './running-jira.ts'

describe('a path that no part of Jira is at', () => {
  it.each(['cloud', 'data-center'] as const)(
    'is answered without an ErrorCollection on %s',
    async (flavour) => {
      const { call, jira } = await runJira({ flavour })
      const answer = await call('GET', '2/nonsense')
      expect(answer.status).toBe(404)
      expect(answer.body).toEqual({
        message: `null for uri: ${jira.url}/rest/api/2/nonsense`,
        'status-code': 404,
      })
    },
  )

  it('is every one of version 3 on Data Center', async () => {
    const { call, create } = await runJira({ flavour: 'data-center' })
    const key = await create()
    for (const path of ['3/serverInfo', '3/myself', `3/issue/${key}`, '3/search/jql']) {
      const { status, body } = await call('GET', path)
      expect({ path, status, body }).toMatchObject({ status: 404, body: { 'status-code': 404 } })
    }
  })
})

describe('the history of an issue', () => {
  it('ends with the newest hundred entries on Cloud, and is whole on Data Center', async () => {
    for (const [flavour, count, first] of [
      ['cloud', 100, 'edit 129'],
      ['data-center', 130, 'edit 0'],
    ] as const) {
      const { call, create, jira } = await runJira({ flavour })
      const key = await create()
      for (let edit = 0; edit < 130; edit += 1) jira.editIssueAsPerson(key, { summary: `edit ${edit}` })
      const { body } = await call('GET', `2/issue/${key}?expand=changelog`)
      const histories = body['changelog']?.['histories'] as unknown as readonly { items: object[] }[]
      expect(histories).toHaveLength(count)
      expect(histories[0]?.items[0]).toMatchObject({ toString: first })
    }
  })
})

describe('personal access tokens', () => {
  const bearer = { headers: { authorization: 'Bearer tripline-token' } }

  it('are listed for their owner on Data Center, with the day they expire', async () => {
    const { jira } = await runJira({ flavour: 'data-center' })
    const user = jira.user('tripline')
    user.tokenExpiresAt = new Date(Date.now() + 86_400_000)
    user.otherTokens = [{ name: 'another', expiresAt: null }]
    const answer = await fetch(`${jira.url}/rest/pat/latest/tokens`, bearer)
    expect(await answer.json()).toMatchObject([
      { name: 'Tripline', expiringAt: expect.stringMatching(/^\d{4}-/u) },
      { name: 'another', expiringAt: null },
    ])
  })

  it('let nobody in once they have expired', async () => {
    const { jira } = await runJira({ flavour: 'data-center' })
    jira.user('tripline').tokenExpiresAt = new Date(Date.now() - 1)
    expect((await fetch(`${jira.url}/rest/api/2/myself`, bearer)).status).toBe(401)
  })

  it('are not there on Cloud', async () => {
    const { jira } = await runJira()
    const { emailAddress, token } = jira.user('tripline')
    const authorization = `Basic ${Buffer.from(`${emailAddress}:${token}`).toString('base64')}`
    const answer = await fetch(`${jira.url}/rest/pat/latest/tokens`, { headers: { authorization } })
    expect(answer.status).toBe(404)
  })
})
