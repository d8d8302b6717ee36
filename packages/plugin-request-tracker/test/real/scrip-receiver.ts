import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { WebhookRequest } from '@tripline/core'

/** As an administrator would paste it. */
export function readmeScrip(url: string, secret: string): string {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const code = /```perl\n(.*?)```/su.exec(readme)?.[1]
  if (code === undefined) throw new Error('The README has no scrip')
  return code.replace('https://tripline.example.org/hooks/CONNECTION', url).replace('SECRET', secret)
}

/** Takes what a scrip sends, and keeps it. */
export async function startReceiver(): Promise<{
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
