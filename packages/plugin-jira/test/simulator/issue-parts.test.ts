import { describe, expect, it } from 'vitest'
import { adf, runJira } from './running-jira.ts'

describe('comments', () => {
  it('are documents in version 3 and text in version 2', async () => {
    const { call, create } = await runJira()
    const key = await create()
    const made = await call('POST', `3/issue/${key}/comment`, { body: adf('A note.') })
    expect(made).toMatchObject({
      status: 201,
      body: { body: adf('A note.'), author: { displayName: 'Tripline' } },
    })
    const read = await call('GET', `2/issue/${key}/comment`)
    expect(read.body).toMatchObject({ total: 1, comments: [{ body: 'A note.' }] })
    expect((await call('POST', `3/issue/${key}/comment`, { body: 'text' })).status).toBe(400)
    expect((await call('POST', `2/issue/${key}/comment`, { body: adf('text') })).status).toBe(400)
  })

  it('are edited, and not beyond the limit of characters', async () => {
    const { call, create } = await runJira()
    const key = await create()
    const { body } = await call('POST', `2/issue/${key}/comment`, { body: 'first' })
    const path = `2/issue/${key}/comment/${body['id'] as unknown as string}`
    expect((await call('PUT', path, { body: 'second' })).body).toMatchObject({ body: 'second' })
    const tooLong = await call('PUT', path, { body: 'x'.repeat(32_768) })
    expect(tooLong).toMatchObject({
      status: 400,
      body: { errors: { comment: expect.stringContaining('32,767') } },
    })
  })

  it('are 413 beyond what an issue holds', async () => {
    const { call, create } = await runJira({ limits: { commentsPerIssue: 1 } })
    const key = await create()
    expect((await call('POST', `2/issue/${key}/comment`, { body: 'one' })).status).toBe(201)
    expect((await call('POST', `2/issue/${key}/comment`, { body: 'two' })).status).toBe(413)
  })
})

describe('remote links', () => {
  it('are one for each global id', async () => {
    const { call, create } = await runJira()
    const key = await create()
    const link = (title: string, relationship?: string) =>
      call('POST', `3/issue/${key}/remotelink`, {
        globalId: 'g',
        relationship,
        object: { title, url: 'https://t.example/1' },
      })
    const first = await link('One', 'seen by')
    const second = await link('Two')
    expect([first.status, second.status]).toEqual([201, 200])
    expect(second.body['id']).toBe(first.body['id'])
    const all = await call('GET', `3/issue/${key}/remotelink`)
    expect(all.body).toMatchObject([{ globalId: 'g', object: { title: 'Two' } }])
    expect(all.body[0]).not.toHaveProperty('relationship')
    expect((await call('DELETE', `3/issue/${key}/remotelink?globalId=g`)).status).toBe(204)
    expect((await call('GET', `3/issue/${key}/remotelink?globalId=g`)).status).toBe(404)
  })

  it('need an object with title and url', async () => {
    const { call, create } = await runJira()
    const key = await create()
    expect((await call('POST', `3/issue/${key}/remotelink`, { globalId: 'g' })).status).toBe(400)
    expect(
      (await call('POST', `3/issue/${key}/remotelink`, { object: { title: 'x', url: 'no url' } })).status,
    ).toBe(400)
  })
})

describe('properties', () => {
  it('hold any JSON up to 32 kB and do not count as a change', async () => {
    const { call, create, jira } = await runJira()
    const key = await create()
    const before = jira.issue(key)?.updatedAt
    expect((await call('PUT', `3/issue/${key}/properties/p`, [1, { two: null }])).status).toBe(201)
    expect((await call('GET', `3/issue/${key}/properties/p`)).body).toEqual({
      key: 'p',
      value: [1, { two: null }],
    })
    expect((await call('PUT', `3/issue/${key}/properties/p`, 'x'.repeat(32_768))).status).toBe(400)
    expect((await call('GET', `3/issue/${key}/properties/other`)).status).toBe(404)
    expect(jira.issue(key)?.updatedAt).toBe(before)
  })
})
