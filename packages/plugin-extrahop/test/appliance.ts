import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { SourceAdapter } from '@tripline/core'
import { extrahopPlugin } from '../src/index.ts'

/** A request as the appliance got it. */
export interface Got {
  readonly method: string
  readonly path: string
  readonly authorization: string | null
  readonly contentType: string | null
  // oxlint-disable-next-line typescript/no-explicit-any -- a test says by its assertions what it expects in there
  readonly body: any
}

/** An answer; an object is sent as JSON. */
export interface Given {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Appliance extends AsyncDisposable {
  readonly url: string
  readonly requests: readonly Got[]
}

/** Answers as a test says, by method and path. */
export async function startAppliance(answer: (request: Got) => Given | Promise<Given>): Promise<Appliance> {
  const requests: Got[] = []
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request)
      const isJson = request.headers['content-type'] === 'application/json'
      const got = {
        method: request.method ?? '',
        path: request.url ?? '',
        authorization: request.headers.authorization ?? null,
        contentType: request.headers['content-type'] ?? null,
        body: isJson ? (JSON.parse(body) as unknown) : body,
      }
      requests.push(got)
      const { status, body: sent, headers } = await answer(got)
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(typeof sent === 'string' ? sent : sent === undefined ? '' : JSON.stringify(sent))
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export const now = new Date('2026-11-20T12:00:00Z')
export const call = { signal: new AbortController().signal, traceId: 'test' }

/** An adapter for an appliance. */
export function connect(url: string, settings: object = { apiKey: 'k3y' }): SourceAdapter {
  return extrahopPlugin.connect(
    extrahopPlugin.settings.parse({ baseUrl: url, timeoutMs: 2_000, ...settings }),
    {
      fetch: globalThis.fetch,
      now: () => now,
      log: () => undefined,
    },
  )
}

/** A detection with every member that the REST API of firmware 9 has. */
export function detection(id: number, modTime: number, changes: object = {}): Record<string, unknown> {
  return {
    id,
    start_time: modTime - 60_000,
    update_time: modTime - 30_000,
    mod_time: modTime,
    create_time: modTime - 50_000,
    end_time: null,
    title: 'Expiring Certificate',
    description: 'The certificate of [dc1](#/metrics/devices/x) is about to expire.',
    risk_score: 15,
    type: 'expiring_cert_individual',
    recommended: false,
    recommended_factors: [],
    categories: ['sec', 'sec.hardening'],
    properties: { certificate: 'CN=dc1.example.org' },
    participants: [
      {
        id: 7121,
        role: 'offender',
        endpoint: 'server',
        external: false,
        object_id: 25_769_803_777,
        object_type: 'device',
        object_value: '192.0.2.10',
        hostname: 'dc1.example.org',
        username: null,
        scanner_service: null,
      },
    ],
    ticket_id: null,
    ticket_url: null,
    assignee: null,
    status: null,
    resolution: null,
    mitre_tactics: [],
    mitre_techniques: [],
    appliance_id: 6,
    is_user_created: false,
    url: `https://eda.example.org/extrahop/#/detections/detail/${id}/?from=1&until=2&interval_type=DT`,
    ...changes,
  }
}
