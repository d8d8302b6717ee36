import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { Rejected, Unauthorized, type WebhookHint, type WebhookRequest } from '@tripline/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { readJiraWebhook } from '../src/webhook.ts'
import { startJiraSimulator } from '../src/simulator/index.ts'
import { type Deployment, jiraSettings } from './jira-world.ts'

const payload = { webhookEvent: 'jira:issue_updated', issue: { id: '10401', key: 'SEC-1' } }

function request(body: unknown, secret: string | null, change: Partial<WebhookRequest> = {}): WebhookRequest {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const digest = createHmac('sha256', secret ?? '')
    .update(bytes)
    .digest('hex')
  return {
    method: 'POST',
    headers: secret === null ? {} : { 'x-hub-signature': `sha256=${digest}` },
    body: bytes,
    secrets: ['s3cret'],
    ...change,
  }
}

const read = (
  given: WebhookRequest,
  deployment: Deployment = 'cloud',
  change: Record<string, unknown> = {},
): WebhookHint => readJiraWebhook(given, jiraSettings('https://jira.example', deployment, change))

describe('readJiraWebhook', () => {
  test('names the issue and the delivery', () => {
    const signed = request(payload, 's3cret')
    const headers = { ...signed.headers, 'x-atlassian-webhook-identifier': 'abc' }
    expect(read({ ...signed, headers })).toEqual({
      tickets: [{ id: '10401', key: 'SEC-1' }],
      deliveryId: 'abc',
    })
    expect(read(signed).deliveryId).toBeNull()
  })

  test('takes the id as a number too', () => {
    const body = { webhookEvent: 'x', issue: { id: 10401, key: 'SEC-1' } }
    expect(read(request(body, 's3cret')).tickets).toEqual([{ id: '10401', key: 'SEC-1' }])
  })

  test('has nothing to name for events that are about no issue', () => {
    expect(read(request({ webhookEvent: 'jira:version_released' }, 's3cret')).tickets).toEqual([])
  })

  test.each([
    ['no signature', {}],
    ['another algorithm', { 'x-hub-signature': `sha1=${'0'.repeat(40)}` }],
    ['a short signature', { 'x-hub-signature': 'sha256=00' }],
    ['no hexadecimal digits', { 'x-hub-signature': `sha256=${'z'.repeat(64)}` }],
    ['a signature under another name', { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` }],
  ])('refuses %s', (_, headers) => {
    expect(() => read({ ...request(payload, 's3cret'), headers })).toThrow(Unauthorized)
  })

  test('refuses everything while there is no secret, also what is signed with an empty one', () => {
    expect(() => read(request(payload, '', { secrets: [] }))).toThrow(Unauthorized)
    expect(() => read(request(payload, '', { secrets: [''] }))).toThrow(Unauthorized)
  })

  test('signs over bytes and not over what they mean', () => {
    const signed = request(payload, 's3cret')
    const body = Buffer.from(JSON.stringify(payload, null, 1))
    expect(() => read({ ...signed, body })).toThrow(Unauthorized)
  })

  test('takes unsigned ones of Data Center, which signs none, and verifies a signature that is there', () => {
    expect(read(request(payload, null), 'data-center').tickets).toHaveLength(1)
    expect(() => read(request(payload, 'wrong'), 'data-center')).toThrow(Unauthorized)
    expect(() => read(request(payload, null), 'data-center', { webhooks: 'signed' })).toThrow(Unauthorized)
    expect(read(request(payload, null), 'cloud', { webhooks: 'unsigned' }).tickets).toHaveLength(1)
  })

  test.each([
    [''],
    ['{'],
    ['null'],
    ['{}'],
    [{ webhookEvent: 'x', issue: { id: '../1', key: 'SEC-1' } }],
    [{ webhookEvent: 'x', issue: { id: '', key: 'SEC-1' } }],
  ])('does not understand %j', (body) => {
    expect(() => read(request(body, 's3cret'))).toThrow(Rejected)
  })

  test('understands what the simulated Jira sends', async () => {
    const received: WebhookHint[] = []
    const server = createServer((incoming, response) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => {
        const headers = Object.fromEntries(
          Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
        )
        const body = Buffer.concat(chunks)
        received.push(read({ method: 'POST', headers, body, secrets: ['old', 's3cret'] }))
        response.writeHead(204).end()
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const jira = await startJiraSimulator({ flavour: 'cloud' })
    onTestFinished(() => jira.close())
    const registered = await fetch(`${jira.url}/rest/webhooks/1.0/webhook`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from('tripline@example.com:tripline-token').toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        name: 'Tripline',
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
        events: ['jira:issue_created', 'jira:issue_updated', 'jira:issue_deleted', 'comment_created'],
        secret: 's3cret',
      }),
    })
    expect(registered.status).toBe(201)
    const issue = jira.createIssueAsPerson({ summary: 'x' })
    jira.editIssueAsPerson(issue.id, { summary: 'y' })
    jira.commentAsPerson(issue.id, 'z')
    jira.deleteIssue(issue.id)
    await jira.webhooks.idle()
    expect(received.map(({ tickets }) => tickets)).toEqual(Array(4).fill([{ id: issue.id, key: issue.key }]))
    expect(new Set(received.map(({ deliveryId }) => deliveryId)).size).toBe(4)
  })
})
