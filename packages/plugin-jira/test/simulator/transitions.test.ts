import { describe, expect, it } from 'vitest'
import { adf, runJira } from './running-jira.ts'

describe('transitions', () => {
  it('offers those that lead away from the status, with string ids and fields on request', async () => {
    const { call, create } = await runJira()
    const key = await create()
    const plain = await call('GET', `3/issue/${key}/transitions`)
    expect(plain.body['transitions']).toMatchObject([
      { id: '21', to: { name: 'In Progress', statusCategory: { key: 'indeterminate' } } },
      { id: '31', to: { name: 'In Review' } },
      { id: '41', to: { name: 'Done', statusCategory: { key: 'done' } }, hasScreen: true },
    ])
    expect(plain.body['transitions']?.[0]).not.toHaveProperty('fields')
    const full = await call('GET', `3/issue/${key}/transitions?expand=transitions.fields&transitionId=41`)
    const resolution = full.body['transitions']?.[0]?.['fields']?.['resolution']
    expect(resolution).toMatchObject({
      required: false,
      allowedValues: expect.arrayContaining([expect.objectContaining({ name: 'Done' })]),
    })
  })

  it('carries one out with resolution and comment, and clears the resolution on reopening', async () => {
    const { call, create, jira } = await runJira()
    const key = await create()
    const done = {
      transition: { id: '41' },
      fields: { resolution: { name: "Won't Do" } },
      update: { comment: [{ add: { body: adf('Not worth it.') } }] },
    }
    expect((await call('POST', `3/issue/${key}/transitions`, done)).status).toBe(204)
    const closed = await call('GET', `2/issue/${key}?expand=changelog`)
    expect(closed.body['fields']).toMatchObject({
      status: { name: 'Done' },
      resolution: { name: "Won't Do" },
      resolutiondate: expect.any(String),
      comment: { comments: [{ body: 'Not worth it.' }] },
    })
    const items = closed.body['changelog']?.['histories']?.[0]?.['items']
    expect(items).toMatchObject([
      { field: 'resolution', from: null, toString: "Won't Do" },
      { field: 'status', from: '10000', to: '10002', toString: 'Done' },
    ])
    await call('POST', `3/issue/${key}/transitions`, { transition: { id: '51' } })
    expect(jira.issue(key)).toMatchObject({ statusId: '10000', resolutionId: null, resolvedAt: null })
  })

  it.each([
    ['an unknown id', { transition: { id: '999' } }, "Transition id '999' is not valid for this issue."],
    [
      'one that starts elsewhere',
      { transition: { id: '51' } },
      "Transition id '51' is not valid for this issue.",
    ],
    ['a numeric id', { transition: { id: 41 } }, "'transition' identifier must be an integer in a string."],
    ['no id', { fields: {} }, "Missing 'transition' identifier"],
  ])('refuses %s', async (_what, body, message) => {
    const { call, create, jira } = await runJira()
    const key = await create()
    const answer = await call('POST', `3/issue/${key}/transitions`, body)
    expect(answer).toMatchObject({ status: 400, body: { errorMessages: [message] } })
    expect(jira.issue(key)?.statusId).toBe('10000')
  })

  it('refuses fields that are not on its screen', async () => {
    const { call, create, jira } = await runJira()
    const key = await create()
    const answer = await call('POST', `3/issue/${key}/transitions`, {
      transition: { id: '21' },
      fields: { resolution: { name: 'Done' } },
    })
    expect(answer.body['errors']).toEqual({
      resolution: "Field 'resolution' cannot be set. It is not on the appropriate screen, or unknown.",
    })
    expect(jira.issue(key)?.statusId).toBe('10000')
  })

  it('insists on a resolution when the workflow requires it', async () => {
    const { call, create } = await runJira({ resolutionOnDone: 'required' })
    const key = await create()
    const answer = await call('POST', `3/issue/${key}/transitions`, { transition: { id: '41' } })
    expect(answer).toMatchObject({ status: 400, body: { errors: { resolution: 'Resolution is required.' } } })
  })

  it('leaves an optional resolution empty, and sets one itself when no screen asks', async () => {
    const optional = await runJira()
    await optional.create()
    await optional.call('POST', '3/issue/SEC-1/transitions', { transition: { id: '41' } })
    expect(optional.jira.issue('SEC-1')?.resolutionId).toBeNull()
    const absent = await runJira({ resolutionOnDone: 'absent' })
    await absent.create()
    await absent.call('POST', '3/issue/SEC-1/transitions', { transition: { id: '41' } })
    expect(absent.jira.issue('SEC-1')?.resolutionId).toBe('10000')
  })

  it('offers none to those who lack the permission', async () => {
    const { call, create } = await runJira()
    const key = await create()
    const answer = await call('GET', `3/issue/${key}/transitions`, undefined, 'auditor')
    expect(answer.body['transitions']).toEqual([])
  })
})
