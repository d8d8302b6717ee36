import { describe, expect, it } from 'vitest'
import { adf, LEAST, runJira } from './running-jira.ts'

describe('creating an issue', () => {
  it('answers id and key, which are different numbers, and keys grow', async () => {
    const { call, jira } = await runJira()
    const first = await call('POST', '3/issue', { fields: LEAST })
    const second = await call('POST', '3/issue', { fields: LEAST })
    expect(first).toMatchObject({ status: 201, body: { id: expect.stringMatching(/^\d{5}$/), key: 'SEC-1' } })
    expect(second.body['key']).toBe('SEC-2')
    expect(jira.issues()).toHaveLength(2)
  })

  it('stores what was given and reports it in both versions of the API', async () => {
    const { call, jira } = await runJira()
    const fields = {
      ...LEAST,
      description: adf('Seen at the VPN.'),
      priority: { name: 'High' },
      labels: ['one', 'two'],
      assignee: { accountId: jira.user('mlindqvist').accountId },
      customfield_10051: { value: 'Major' },
    }
    await call('POST', '3/issue', { fields, properties: [{ key: 'origin', value: { id: 1 } }] })
    const third = await call('GET', '3/issue/SEC-1?properties=origin')
    expect(third.body).toMatchObject({
      properties: { origin: { id: 1 } },
      fields: {
        description: adf('Seen at the VPN.'),
        priority: { id: '2' },
        labels: ['one', 'two'],
        assignee: { displayName: 'Maria Lindqvist' },
        reporter: { displayName: 'Tripline' },
        customfield_10051: { value: 'Major' },
        status: { name: 'To Do', statusCategory: { key: 'new' } },
        resolution: null,
      },
    })
    const second = await call('GET', '2/issue/SEC-1?fields=description')
    expect(second.body['fields']).toEqual({ description: 'Seen at the VPN.' })
  })

  it.each([
    [{ summary: '' }, { summary: 'You must specify a summary of the issue.' }],
    [{ summary: 'x'.repeat(256) }, { summary: "Summary can't exceed 255 characters." }],
    [
      { summary: 'two\nlines' },
      { summary: 'The summary is invalid because it contains newline characters.' },
    ],
    [{ project: { key: 'NONE' } }, { project: 'valid project is required' }],
    [{ issuetype: { name: 'Saga' } }, { issuetype: 'The issue type selected is invalid.' }],
    [{ priority: { id: '73' } }, { priority: 'The priority selected is invalid.' }],
    [{ labels: ['x y'] }, { labels: "The label 'x y' contains spaces which is invalid." }],
    [{ labels: 'x' }, { labels: 'data was not an array' }],
    [{ assignee: { accountId: 'nobody' } }, { assignee: "User 'nobody' does not exist." }],
    [
      { description: 'x'.repeat(32_768) },
      { description: 'The entered text is too long. It exceeds the allowed limit of 32,767 characters.' },
    ],
    [
      { status: { name: 'Done' } },
      { status: "Field 'status' cannot be set. It is not on the appropriate screen, or unknown." },
    ],
    [
      { mitreCategories: ['x'] },
      {
        mitreCategories:
          "Field 'mitreCategories' cannot be set. It is not on the appropriate screen, or unknown.",
      },
    ],
  ])('refuses %j', async (fields, errors) => {
    const { call, jira } = await runJira()
    const answer = await call('POST', '2/issue', { fields: { ...LEAST, ...fields } })
    expect(answer).toMatchObject({ status: 400, body: { errorMessages: [], errors } })
    expect(jira.issues()).toEqual([])
  })

  it('reports all problems at once', async () => {
    const { call } = await runJira()
    const answer = await call('POST', '2/issue', { fields: { labels: ['x y'] } })
    expect(Object.keys(answer.body['errors'] ?? {}).sort()).toEqual([
      'issuetype',
      'labels',
      'project',
      'summary',
    ])
  })

  it('takes only documents in version 3 and only text in version 2', async () => {
    const { call } = await runJira()
    expect((await call('POST', '3/issue', { fields: { ...LEAST, description: 'text' } })).status).toBe(400)
    expect((await call('POST', '2/issue', { fields: { ...LEAST, description: adf('text') } })).status).toBe(
      400,
    )
  })

  it('insists on required custom fields', async () => {
    const { call } = await runJira({
      customFields: [{ id: 'customfield_10077', name: 'Team', type: 'text', required: true }],
    })
    const refused = await call('POST', '2/issue', { fields: LEAST })
    expect(refused.body['errors']).toEqual({ customfield_10077: 'Team is required.' })
    const meta = await call('GET', '3/issue/createmeta/SEC/issuetypes/10001')
    expect(meta.body['fields']).toContainEqual(
      expect.objectContaining({ key: 'customfield_10077', required: true }),
    )
  })

  it('refuses fields that were taken off the screen', async () => {
    const { call } = await runJira({ offScreen: ['labels'] })
    const answer = await call('POST', '2/issue', { fields: { ...LEAST, labels: ['one'] } })
    expect(answer.body['errors']?.['labels']).toContain('not on the appropriate screen')
  })

  it('says of the assignee that it is not on the screen when permission is what lacks', async () => {
    const { call, jira } = await runJira()
    const integration = jira.user('tripline')
    integration.permissions = integration.permissions.filter((permission) => permission !== 'ASSIGN_ISSUES')
    const assignee = { accountId: jira.user('mlindqvist').accountId }
    const answer = await call('POST', '2/issue', { fields: { ...LEAST, assignee } })
    expect(answer.body['errors']?.['assignee']).toContain('not on the appropriate screen')
  })

  it('refuses JSON that is none, and bodies of another type', async () => {
    const { call, jira } = await runJira()
    expect((await call('POST', '2/issue', '{"fields":')).status).toBe(400)
    const { emailAddress, token } = jira.user('tripline')
    const form = await fetch(`${jira.url}/rest/api/2/issue`, {
      method: 'POST',
      body: 'summary=x',
      headers: { authorization: `Basic ${Buffer.from(`${emailAddress}:${token}`).toString('base64')}` },
    })
    expect(form.status).toBe(415)
  })
})

describe('editing an issue', () => {
  it('moves updated on, and writes one changelog entry with its author', async () => {
    const { call, create, jira } = await runJira()
    const key = await create({ labels: ['one', 'two'] })
    const before = jira.issue(key)?.updatedAt ?? Infinity
    const edit = { fields: { summary: 'Changed' }, update: { labels: [{ remove: 'one' }, { add: 'three' }] } }
    expect((await call('PUT', `3/issue/${key}`, edit)).status).toBe(204)
    expect(jira.issue(key)?.updatedAt).toBeGreaterThan(before)
    const answer = await call('GET', `3/issue/${key}?expand=changelog&fields=labels`)
    expect(answer.body['fields']).toEqual({ labels: ['two', 'three'] })
    expect(answer.body['changelog']?.['histories']).toMatchObject([
      {
        author: { displayName: 'Tripline' },
        items: [
          { field: 'summary', fieldId: 'summary', fromString: 'Suspicious login', toString: 'Changed' },
          { field: 'labels', fromString: 'one two', toString: 'two three' },
        ],
      },
    ])
  })

  it('does nothing when nothing differs', async () => {
    const { call, create, jira } = await runJira()
    const key = await create()
    const before = structuredClone(jira.issue(key))
    await call('PUT', `3/issue/${key}`, { fields: { summary: LEAST.summary } })
    expect(jira.issue(key)).toEqual(before)
  })

  it('refuses a field in both fields and update', async () => {
    const { call, create } = await runJira()
    const key = await create()
    const edit = { fields: { labels: ['a'] }, update: { labels: [{ add: 'b' }] } }
    expect((await call('PUT', `3/issue/${key}`, edit)).status).toBe(400)
  })

  it('refuses names for users on Cloud, and knows nothing else on Data Center', async () => {
    const cloud = await runJira()
    const key = await cloud.create()
    const byName = await cloud.call('PUT', `3/issue/${key}/assignee`, { name: 'mlindqvist' })
    expect(byName).toMatchObject({
      status: 400,
      body: { errors: { assignee: expect.stringContaining('GDPR') } },
    })
    const server = await runJira({ flavour: 'data-center' })
    await server.create()
    expect((await server.call('PUT', '2/issue/SEC-1/assignee', { name: 'mlindqvist' })).status).toBe(204)
    const read = await server.call('GET', '2/issue/SEC-1?fields=assignee')
    expect(read.body['fields']?.['assignee']).toMatchObject({ name: 'mlindqvist' })
    expect(read.body['fields']?.['assignee']).not.toHaveProperty('accountId')
  })

  it.each(['oldhand', 'auditor'])(
    'does not assign to %s, who is inactive or not assignable',
    async (name) => {
      const { call, create, jira } = await runJira()
      const key = await create()
      const { accountId } = jira.user(name)
      const answer = await call('PUT', `3/issue/${key}/assignee`, { accountId })
      expect(answer).toMatchObject({
        status: 400,
        body: { errors: { assignee: `User '${accountId}' cannot be assigned issues.` } },
      })
    },
  )

  it('assigns to nobody', async () => {
    const { call, create, jira } = await runJira()
    const key = await create({ assignee: { accountId: jira.user('mlindqvist').accountId } })
    expect((await call('PUT', `3/issue/${key}/assignee`, { accountId: null })).status).toBe(204)
    expect(jira.issue(key)?.assignee).toBeNull()
  })
})

describe('an issue that is moved or deleted', () => {
  it('keeps its id, gets a new key, and is still found by the old one', async () => {
    const { call, create, jira } = await runJira()
    const key = await create()
    const id = jira.issue(key)?.id
    expect(jira.moveIssue(key, 'NET').key).toBe('NET-1')
    const byOldKey = await call('GET', `3/issue/${key}?fields=project`)
    expect(byOldKey).toMatchObject({
      status: 200,
      body: { id, key: 'NET-1', fields: { project: { key: 'NET' } } },
    })
    const page = await fetch(`${jira.url}/browse/${key}`, { redirect: 'manual' })
    expect([page.status, page.headers.get('location')]).toEqual([303, '/browse/NET-1'])
  })

  it('is not found once deleted, in the flavour’s own words', async () => {
    const { call, create, jira } = await runJira()
    const key = await create()
    jira.deleteIssue(key)
    expect(await call('GET', `3/issue/${key}`)).toMatchObject({
      status: 404,
      body: { errorMessages: ['Issue does not exist or you do not have permission to see it.'] },
    })
    const server = await runJira({ flavour: 'data-center' })
    expect((await server.call('GET', '2/issue/SEC-9')).body['errorMessages']).toEqual([
      'Issue Does Not Exist',
    ])
  })
})
