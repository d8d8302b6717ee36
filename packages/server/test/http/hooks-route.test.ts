import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createConnection, type StoredConnection } from '../../src/tracking/connections.ts'
import { startTestApp, type TestApp } from './test-app.ts'

const payload = JSON.stringify({
  webhookEvent: 'jira:issue_updated',
  timestamp: 1_700_000_000_000,
  issue: { id: '10400', key: 'SEC-1' },
})

function createJiraConnection({ services }: TestApp): Promise<StoredConnection> {
  return createConnection(
    services,
    {
      name: 'Jira',
      plugin: 'jira',
      settings: {
        deployment: 'cloud',
        baseUrl: 'https://example.atlassian.net',
        email: 'tripline@example.com',
        apiToken: 'token',
        projectKey: 'SEC',
        issueType: 'Task',
      },
    },
    { actor: { kind: 'system', name: 'test' }, connectionId: null, traceId: 'test' },
  )
}

function signature(body: string, secret: string | null): Record<string, string> {
  return {
    'x-hub-signature': `sha256=${createHmac('sha256', secret ?? '')
      .update(body)
      .digest('hex')}`,
  }
}

describe('a webhook', () => {
  test('that is signed is taken', async () => {
    await using app = await startTestApp()
    const { connection, webhookSecret } = await createJiraConnection(app)
    const response = await app.post(
      `/hooks/${connection.webhookToken}`,
      payload,
      signature(payload, webhookSecret),
    )
    expect([response.status, await response.text()]).toEqual([204, ''])
  })

  test('with a wrong signature, or none, is refused', async () => {
    await using app = await startTestApp()
    const { connection } = await createJiraConnection(app)
    for (const headers of [{}, signature(payload, 'wrong')]) {
      const response = await app.post(`/hooks/${connection.webhookToken}`, payload, headers)
      expect(response.status).toBe(401)
      expect(await response.json()).toMatchObject({ error: { code: 'INVALID_SIGNATURE' } })
    }
  })

  test('that is signed and no JSON is refused', async () => {
    await using app = await startTestApp()
    const { connection, webhookSecret } = await createJiraConnection(app)
    const response = await app.post(`/hooks/${connection.webhookToken}`, '{', signature('{', webhookSecret))
    expect(response.status).toBe(400)
  })

  test('to an unknown address is 404', async () => {
    await using app = await startTestApp()
    const response = await app.post('/hooks/unknown', payload)
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 'UNKNOWN_WEBHOOK' } })
  })

  test('larger than any ticket is 413', async () => {
    await using app = await startTestApp()
    const response = await app.post('/hooks/unknown', 'x'.repeat(6 * 1024 * 1024))
    expect(response.status).toBe(413)
  })

  test('is for later when the database is gone', async () => {
    await using app = await startTestApp()
    await app.loseDatabase()
    const response = await app.post('/hooks/unknown', payload)
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).not.toBeNull()
  })
})
