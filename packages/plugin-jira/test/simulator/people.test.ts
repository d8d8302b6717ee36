import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startJiraSimulator } from '@tripline/plugin-jira/simulator'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runJira } from './running-jira.ts'

describe('people change tickets', () => {
  it('from a terminal, with JSON as curl sends it', async () => {
    const { create, jira } = await runJira()
    const key = await create()
    const sim = (path: string, body: unknown) =>
      fetch(`${jira.url}/_sim/issues/${key}/${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
    const moved = await sim('transition', { status: 'Done', resolution: 'Duplicate', as: 'Maria Lindqvist' })
    expect(await moved.json()).toMatchObject({ key, status: 'Done', resolution: 'Duplicate' })
    await sim('assign', { assignee: 'daydin' })
    const listed = await fetch(`${jira.url}/_sim/issues`)
    expect(await listed.json()).toMatchObject({ issues: [{ key, status: 'Done', assignee: 'Deniz Aydın' }] })
    expect(jira.issue(key)?.history.map(({ author }) => author)).toEqual([
      jira.user('mlindqvist').accountId,
      jira.user('mlindqvist').accountId,
    ])
  })

  it('and are told in words when the workflow forbids it', async () => {
    const { create, jira } = await runJira()
    const key = await create()
    const url = `${jira.url}/_sim/issues/${key}/transition`
    const refused = await fetch(url, { method: 'POST', body: '{"status":"To Do"}' })
    expect(refused.status).toBe(400)
    expect(await refused.json()).toEqual({
      error: "No transition leads from here to 'To Do'. Possible: In Progress, In Review, Done.",
    })
  })

  it('and give tickets only to those who may have them', async () => {
    const { create, jira } = await runJira()
    const key = await create()
    expect(() => jira.assignAsPerson(key, 'oldhand')).toThrow('cannot be assigned issues')
    expect(jira.issue(key)?.assignee).toBeNull()
  })

  it('on the page of a ticket, whose forms lead back to it', async () => {
    const { create, jira } = await runJira()
    const key = await create()
    const page = await (await fetch(`${jira.url}/browse/${key}`)).text()
    expect(page).toContain(`action="/_sim/issues/${key}/transition"`)
    const posted = await fetch(`${jira.url}/_sim/issues/${key}/transition`, {
      method: 'POST',
      body: new URLSearchParams({ status: 'In Review', resolution: '', as: 'daydin' }),
      headers: { accept: 'text/html' },
      redirect: 'manual',
    })
    expect([posted.status, posted.headers.get('location')]).toEqual([303, `/browse/${key}`])
    const after = await (await fetch(`${jira.url}/browse/${key}`)).text()
    expect(after).toContain('status: To Do → In Review')
    expect(await (await fetch(jira.url)).text()).toContain(`href="/browse/${key}"`)
  })

  it('and no ticket can put markup or script links on the pages', async () => {
    const { call, create, jira } = await runJira()
    const key = await create({
      summary: '<img src=x onerror=alert(1)>',
      description: '</pre><script>alert(2)</script>',
    })
    await call('POST', `3/issue/${key}/remotelink`, {
      object: { title: '"><b>', url: 'javascript:alert(3)' },
    })
    for (const path of ['/', `/browse/${key}`]) {
      const page = await (await fetch(jira.url + path)).text()
      expect(page).not.toMatch(/<img|<script|<b>|href="javascript/)
    }
    expect((await fetch(`${jira.url}/browse/%3Cscript%3E`)).status).toBe(404)
  })
})

describe('the data file', () => {
  async function directory(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'jira-'))
    onTestFinished(() => rm(path, { recursive: true }))
    return path
  }

  it('brings tickets, numbering and webhooks back after a restart', async () => {
    const dataFile = join(await directory(), 'jira.json')
    const first = await runJira({ dataFile })
    const key = await first.create({ labels: ['kept'] })
    first.jira.transitionAsPerson(key, 'Done')
    const hook = { name: 'x', url: 'http://127.0.0.1:1/', events: ['comment_created'] }
    await first.call('POST', 'webhooks/1.0/webhook', hook)
    const before = structuredClone(first.jira.issue(key))
    await first.jira.close()

    const second = await runJira({ dataFile })
    expect(second.jira.issue(key)).toEqual(before)
    expect(await second.create()).toBe('SEC-2')
    expect((await second.call('GET', 'webhooks/1.0/webhook')).body).toMatchObject([hook])
    const found = await second.call('POST', '3/search/jql', { jql: 'labels = kept' })
    expect(found.body['issues']).toEqual([{ id: before?.id }])
    await second.jira.close()
    expect(JSON.parse(await readFile(dataFile, 'utf8'))).toMatchObject({ format: 1 })
  })

  it('of another format is refused rather than overwritten', async () => {
    const dataFile = join(await directory(), 'jira.json')
    await writeFile(dataFile, '{"format":99,"state":{}}')
    await expect(startJiraSimulator({ flavour: 'cloud', dataFile })).rejects.toThrow('format 99')
    expect(await readFile(dataFile, 'utf8')).toContain('99')
  })
})
