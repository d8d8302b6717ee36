import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { callOptions, sampleDraft } from '@tripline/adapter-testkit'
import { Unauthorized, type WebhookRequest } from '@tripline/core'
import { expect, onTestFinished, test, vi } from 'vitest'
import { describeOnRequestTracker } from './real/describe-on-request-tracker.ts'
import { startRtWorld } from './rt-world.ts'

await describeOnRequestTracker((rt) => {
  // Not by a probe: RT waits for our answer to the scrip, and a probe waits for RT.
  async function changeAsPerson(id: string, body: object): Promise<void> {
    const { tokens, url } = rt()
    const response = await fetch(`${url}/REST/2.0/ticket/${id}`, {
      method: 'PUT',
      headers: { authorization: `token ${tokens.root}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(response.status).toBe(200)
  }

  test("the README's scrip tells of changes, and of the tickets that were merged", async () => {
    const receiver = await startReceiver()
    onTestFinished(receiver.close)
    const world = await startRtWorld(rt())
    onTestFinished(() => world.close())
    await rt().addScrip(readmeScrip(receiver.url, 'scrip secret'))
    const { adapter } = world
    const hintsOf = (secrets: readonly string[]) =>
      receiver.requests.map((request) => adapter.receiveWebhook?.({ ...request, secrets }))

    const first = await adapter.create(sampleDraft(), callOptions())
    await vi.waitFor(() => expect(receiver.requests.length).toBeGreaterThan(0), 5_000)
    expect(hintsOf(['another', 'scrip secret'])[0]).toEqual({
      tickets: [{ id: first.id, key: first.key }],
      deliveryId: expect.stringMatching(/^\d+$/u),
    })
    expect(() => hintsOf(['another'])).toThrow(Unauthorized)

    const second = await adapter.create(sampleDraft(), callOptions())
    await changeAsPerson(first.id, { MergeInto: Number(second.id) })
    receiver.requests.length = 0
    await changeAsPerson(second.id, { Subject: 'After the merger' })
    await vi.waitFor(() => {
      const tickets = hintsOf(['scrip secret']).flatMap((hint) => hint?.tickets ?? [])
      expect(tickets.map(({ id }) => id)).toEqual([second.id, first.id])
    }, 5_000)
    expect(rt().log()).not.toContain('Tripline was not told')
  })
})

/** As an administrator would paste it. */
function readmeScrip(url: string, secret: string): string {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
  const code = /```perl\n(.*?)```/su.exec(readme)?.[1]
  if (code === undefined) throw new Error('The README has no scrip')
  return code.replace('https://tripline.example.org/hooks/CONNECTION', url).replace('SECRET', secret)
}

async function startReceiver(): Promise<{
  readonly url: string
  readonly requests: Omit<WebhookRequest, 'secrets'>[]
  readonly close: () => Promise<void>
}> {
  const requests: Omit<WebhookRequest, 'secrets'>[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { headers, method = '' } = request
      requests.push({ method, headers: plain(headers), body: Buffer.concat(chunks) })
      response.writeHead(202).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hooks/1`,
    requests,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function plain(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}
