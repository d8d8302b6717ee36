import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runJira, type Json, type RunningJira } from './running-jira.ts'

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly raw: string
  readonly body: Json
}

async function receiver(statuses: number[] = []): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    let raw = ''
    request.on('data', (chunk) => (raw += String(chunk)))
    request.on('end', () => {
      received.push({ headers: request.headers, raw, body: JSON.parse(raw) as Json })
      response.writeHead(statuses.shift() ?? 200).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received }
}

const EVENTS = ['jira:issue_created', 'jira:issue_updated', 'jira:issue_deleted', 'comment_created']

async function register(
  { call }: RunningJira,
  url: string,
  more: Record<string, unknown> = {},
): Promise<Json> {
  const answer = await call('POST', 'webhooks/1.0/webhook', {
    name: 'Tripline',
    url,
    events: EVENTS,
    ...more,
  })
  expect(answer.status).toBe(201)
  return answer.body
}

describe('webhooks', () => {
  it('signs the raw body with the secret on Cloud, which is never shown again', async () => {
    const running = await runJira()
    const { url, received } = await receiver()
    const registration = await register(running, url, { secret: 'shared secret' })
    expect(JSON.stringify(registration)).not.toContain('shared secret')
    await running.create({ summary: 'Ünïcode' })
    await running.jira.webhooks.idle()
    const [event] = received
    const expected = createHmac('sha256', 'shared secret')
      .update(event?.raw ?? '')
      .digest('hex')
    expect(event?.headers['x-hub-signature']).toBe(`sha256=${expected}`)
  })

  it('does not sign on Data Center', async () => {
    const running = await runJira({ flavour: 'data-center' })
    const { url, received } = await receiver()
    await register(running, url, { secret: 'shared secret' })
    await running.create()
    await running.jira.webhooks.idle()
    expect(received[0]?.headers).not.toHaveProperty('x-hub-signature')
  })

  it('tells of creation, change, comment and deletion with who did it', async () => {
    const running = await runJira()
    const { url, received } = await receiver()
    await register(running, url)
    const key = await running.create()
    running.jira.transitionAsPerson(key, 'Done', 'mlindqvist', { resolution: { name: 'Done' } })
    running.jira.assignAsPerson(key, 'daydin', 'mlindqvist')
    running.jira.commentAsPerson(key, 'Finished.')
    running.jira.deleteIssue(key)
    await running.jira.webhooks.idle()
    expect(received.map(({ body }) => body)).toMatchObject([
      {
        webhookEvent: 'jira:issue_created',
        user: { displayName: 'Tripline' },
        issue: { key, fields: { summary: 'Suspicious login' } },
      },
      {
        webhookEvent: 'jira:issue_updated',
        issue_event_type_name: 'issue_generic',
        timestamp: expect.any(Number),
        user: { displayName: 'Maria Lindqvist' },
        issue: { fields: { status: { name: 'Done' } } },
        changelog: {
          items: [
            { field: 'resolution', toString: 'Done' },
            { field: 'status', fromString: 'To Do', toString: 'Done' },
          ],
        },
      },
      {
        webhookEvent: 'jira:issue_updated',
        issue_event_type_name: 'issue_assigned',
        changelog: { items: [{ field: 'assignee', toString: 'Deniz Aydın' }] },
      },
      { webhookEvent: 'comment_created', comment: { body: 'Finished.' }, issue: { key } },
      { webhookEvent: 'jira:issue_deleted', issue: { key } },
    ])
    expect(Object.keys(received[3]?.body['issue']?.['fields'] ?? {}).sort()).toEqual([
      'assignee',
      'issuetype',
      'priority',
      'project',
      'status',
      'summary',
    ])
  })

  it('repeats with the same identifier and a count', async () => {
    const running = await runJira()
    const { url, received } = await receiver([503])
    await register(running, url)
    await running.create()
    await running.jira.webhooks.idle()
    const [first, again] = received
    expect(again?.headers['x-atlassian-webhook-identifier']).toBe(
      first?.headers['x-atlassian-webhook-identifier'],
    )
    expect([first, again].map((event) => event?.headers['x-atlassian-webhook-retry'])).toEqual([
      undefined,
      '1',
    ])
  })

  it('keeps to its events and its filter', async () => {
    const running = await runJira()
    const { url, received } = await receiver()
    await register(running, url, {
      events: ['jira:issue_created'],
      filters: { 'issue-related-events-section': 'project = NET' },
    })
    await running.create()
    await running.create({ project: { key: 'NET' } })
    running.jira.commentAsPerson('NET-1', 'Hello')
    await running.jira.webhooks.idle()
    expect(received.map(({ body }) => body['issue']?.['key'])).toEqual(['NET-1'])
  })

  it('is registered by administrators only, listed, and gone once deleted', async () => {
    const running = await runJira()
    const { url, received } = await receiver()
    const refused = await running.call(
      'POST',
      'webhooks/1.0/webhook',
      { name: 'x', url, events: EVENTS },
      'mlindqvist',
    )
    expect(refused.status).toBe(403)
    await register(running, url)
    expect((await running.call('GET', 'webhooks/1.0/webhook')).body).toMatchObject([{ url, events: EVENTS }])
    expect((await running.call('DELETE', 'webhooks/1.0/webhook/1')).status).toBe(204)
    await running.create()
    await running.jira.webhooks.idle()
    expect(received).toEqual([])
  })
})
