import { createHmac } from 'node:crypto'
import type { ContractWorld } from '@tripline/adapter-testkit'
import { parsePluginSettings, type PluginHost, ticketIdSchema } from '@tripline/core'
import { requestTrackerPlugin, type RequestTrackerSettings } from '../src/index.ts'
import { type FaultProxy, startFaultProxy } from './real/fault-proxy.ts'
import { type RequestTrackerProbes, rtProbes } from './real/rt-probes.ts'
import type { RunningRequestTracker } from './real/running-request-tracker.ts'

const WRONG_TOKEN = '1-27-wr0ng5ecret'

export interface RtWorld extends ContractWorld {
  readonly probes: RequestTrackerProbes
  readonly proxy: FaultProxy
  readonly settings: RequestTrackerSettings
  readonly host: PluginHost
  readonly logged: readonly string[]
  /** The same connection with other settings. */
  connect(change: Record<string, unknown>): ReturnType<typeof requestTrackerPlugin.connect>
}

let queues = 0

/** A queue of its own in a running RT for one test, behind a proxy of its own, and the plugin connected to it. */
export async function startRtWorld(
  rt: RunningRequestTracker,
  change: Record<string, unknown> = {},
): Promise<RtWorld> {
  queues += 1
  const queue = `Detections ${process.pid} ${queues}`
  const queueId = await createQueue(rt, queue)
  const proxy = await startFaultProxy(rt.url)
  const logged: string[] = []
  const host: PluginHost = {
    fetch: globalThis.fetch,
    now: () => new Date(),
    log: (level, message, details) => logged.push(`${level}: ${message} ${JSON.stringify(details)}`),
  }
  const connect: RtWorld['connect'] = (other) =>
    requestTrackerPlugin.connect(settingsFor({ ...change, ...other }), host)
  const settingsFor = (given: Record<string, unknown>): RequestTrackerSettings =>
    parsePluginSettings(requestTrackerPlugin, {
      baseUrl: proxy.url,
      token: rt.tokens.gateway,
      queue,
      labelsField: 'Labels',
      descriptionField: 'Description',
      statuses: {
        initial: ['new'],
        active: ['in progress', 'on hold'],
        inactive: ['closed', 'closed with action taken', 'closed with no action taken'],
      },
      textLimit: 60_000,
      ...given,
    })
  const probes = rtProbes(rt, proxy, queueId)
  const done = 'closed with action taken'

  return {
    proxy,
    settings: settingsFor(change),
    host,
    logged,
    connect,
    probes,
    adapter: connect({}),
    impatient: connect({ timeoutMs: 1_000 }),
    unauthorized: connect({ token: WRONG_TOKEN }),
    secrets: [rt.tokens.gateway, WRONG_TOKEN],
    faults: proxy.faults,
    createRequest: { method: 'POST', path: '/REST/2.0/ticket' },
    readRequest: { method: 'GET', path: '/REST/2.0/ticket/:id' },
    statuses: { active: 'in progress', done: { id: done, resolutionId: done }, unreachable: 'rejected' },
    priority: '100',
    assignable: {
      account: { id: 'maria.lindqvist', name: 'maria.lindqvist' },
      username: 'Maria.Lindqvist',
    },
    notAssignable: 'a.customer',
    foreignReferences: [
      'https://elsewhere.example/Ticket/Display.html?id=1',
      'http://127.0.0.1:1/Ticket/Display.html?id=1',
      `${proxy.url}/Ticket/Display.html`,
      `${proxy.url}/Asset/Display.html?id=1`,
      `${proxy.url}/Ticket/Display.html?id=1/../2`,
      `${proxy.url.replace('127.0.0.1', 'localhost')}/Ticket/Display.html?id=1`,
    ],
    absentTicket: { id: ticketIdSchema.parse('999999'), key: '999999', reference: '#999999' },
    malformedIds: ['abc', '../1', '1/../2', '1?x=y', '%2e%2e', '1#', 'a b', '0', '01', '-1', '1e0'],
    webhooksAreSigned: true,
    webhook(ref, secret) {
      const body = Buffer.from(JSON.stringify({ ticket: Number(ref.id), transaction: 17, merged: [] }))
      const headers =
        secret === null
          ? {}
          : { 'x-hub-signature': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` }
      return { method: 'POST', headers, body }
    },
    async close() {
      probes.close()
      await proxy.close()
    },
  }
}

async function createQueue(rt: RunningRequestTracker, name: string): Promise<string> {
  const response = await fetch(`${rt.url}/REST/2.0/queue`, {
    method: 'POST',
    headers: { authorization: `token ${rt.tokens.root}`, 'content-type': 'application/json' },
    body: JSON.stringify({ Name: name, Lifecycle: 'detections' }),
  })
  if (!response.ok) throw new Error(`RT makes no queue: ${await response.text()}`)
  return ((await response.json()) as { id: string }).id
}
