import { createServer } from 'node:http'
import { once } from 'node:events'
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { GatewayError } from '@tripline/core'
import {
  startServiceNowSimulator,
  sysIdOf,
  type ServiceNowSimulator,
} from '@tripline/plugin-servicenow/simulator'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import type { PooledDatabase } from '../../src/database/client.ts'
import { ingestReports } from '../../src/detections/ingest-detections.ts'
import { trackDetections } from '../../src/detections/track-detections.ts'
import { loadPlugins } from '../../src/plugin-host/load-plugins.ts'
import { createPluginRegistry } from '../../src/plugin-host/plugin-registry.ts'
import { createSecretBox } from '../../src/secrets/secret-box.ts'
import { createAdapters, type Adapters } from '../../src/tracking/adapters.ts'
import { createConnection } from '../../src/tracking/connections.ts'
import { startEngine } from '../../src/tracking/engine.ts'
import { updateTrackingSettings } from '../../src/tracking/tracking-settings.ts'
import { receiveWebhook } from '../../src/tracking/webhooks.ts'
import { createTestDatabase } from '../test-database.ts'
import { report, sam, until } from './gateway-world.ts'
import { sourceAdaptersOf } from '../sources/source-adapters-of.ts'

const log = pino({ level: 'silent' })
const plugin = '@tripline/plugin-servicenow'
const mappings = {
  status: { outbound: { closed: { id: '6' } }, inbound: { '3': 'acknowledged' } },
  outcomes: {
    outbound: { action_taken: { resolutionId: 'Solution provided', fields: { close_notes: 'Contained.' } } },
    inbound: { 'User error': 'no_action_taken' },
  },
  identities: [{ username: 'mara', accountId: sysIdOf('sys_user', 2) }],
  priorities: [{ minRiskScore: 80, priorityId: '1' }],
} as const

/** A server's parts with a plugin that is installed and not built in, connected to its simulated system. */
async function startWorld() {
  const stack = new AsyncDisposableStack()
  const { database } = stack.use(await createTestDatabase())
  const servicenow = await startServiceNowSimulator({ webhookRetryGapsMs: [20] })
  stack.defer(() => servicenow.close())
  const plugins = createPluginRegistry((await loadPlugins(await installedIn(stack), log)).ticketing, log)
  const secrets = createSecretBox({ key: Buffer.alloc(32, 7), previousKeys: [], env: {}, directories: [] })
  const host = { fetch: globalThis.fetch, now: () => new Date(), log: () => undefined }
  const adapters = createAdapters({ plugins, secrets, host })
  stack.defer(() => adapters.close())
  await updateTrackingSettings(database, { externalTracking: true }, { reattach: false }, sam)
  const publicUrl = 'https://tripline.example'
  const { connection, webhookSecret } = await createConnection(
    { database, plugins, secrets, adapters },
    {
      name: 'ServiceNow',
      plugin: 'servicenow',
      settings: {
        baseUrl: servicenow.url,
        auth: 'oauth-client-credentials',
        clientId: servicenow.login.clientId,
        clientSecret: servicenow.login.clientSecret,
        createSettlesWithinMs: 1_500,
        timeoutMs: 2_000,
      },
      mappings,
      rules: [{ name: 'everything' }],
      policies: {},
    },
    sam,
  )
  const url = await listenForWebhooks(stack, database, adapters, connection.webhookToken)
  servicenow.callWebhook({ url, secret: webhookSecret ?? '' })
  const engine = await startEngine({
    database,
    adapters,
    sourceAdapters: sourceAdaptersOf(secrets),
    publicUrl,
    callTimeoutMs: 5_000,
    now: () => new Date(),
    log,
    concurrency: 4,
    pollIntervalMs: 60_000,
  })
  stack.defer(() => engine.stop())
  return { database, servicenow, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

async function installedIn(stack: AsyncDisposableStack): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'tripline-servicenow-')))
  stack.defer(() => rm(directory, { recursive: true, force: true }))
  await writeFile(join(directory, 'tripline.config.json'), JSON.stringify({ plugins: [plugin] }))
  await mkdir(join(directory, 'node_modules', '@tripline'), { recursive: true })
  const source = fileURLToPath(new URL('../../../plugin-servicenow', import.meta.url))
  await symlink(source, join(directory, 'node_modules', plugin))
  return directory
}

async function listenForWebhooks(
  stack: AsyncDisposableStack,
  database: PooledDatabase,
  adapters: Adapters,
  token: string,
): Promise<string> {
  const server = createServer((request, response) => {
    void (async () => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      )
      const body = await buffer(request)
      await receiveWebhook({ database, adapters }, token, { method: 'POST', headers, body }, 'webhook')
    })().then(
      () => response.writeHead(204).end(),
      (error: unknown) => response.writeHead(error instanceof GatewayError ? 401 : 503).end(),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

async function ingest(database: PooledDatabase, externalId: string): Promise<string> {
  const [outcome] = await ingestReports(database, 'test', [{ index: 0, report: report(externalId) }], sam)
  return outcome?.detectionId ?? ''
}

/** The incident of a detection, once its link is in sync. */
async function settledIncident(
  database: PooledDatabase,
  servicenow: ServiceNowSimulator,
  detectionId: string,
) {
  const link = await until(async () => {
    const row = await database
      .selectFrom('ticket_links')
      .selectAll()
      .where('detection_id', '=', detectionId)
      .executeTakeFirst()
    return row?.sync_state === 'in_sync' && row.remote_id !== null && row.next_attempt_at === null
      ? row
      : null
  })
  const incident = servicenow.incident(link.remote_id ?? '')
  if (incident === null) throw new Error('The link names an incident that is not there.')
  return incident
}

test('an installed plugin keeps detections and incidents in sync, both ways', async () => {
  await using world = await startWorld()
  const { database, servicenow } = world
  const detectionId = await ingest(database, 'a')
  const incident = await settledIncident(database, servicenow, detectionId)
  const id = incident['sys_id'] ?? ''
  expect(incident).toMatchObject({ state: '1', priority: '1', correlation_display: 'Tripline' })

  const closing = { status: 'closed', resolution: 'action_taken', assignee: 'mara' } as const
  await trackDetections(database, [{ detectionId, change: closing }], 'person', sam)
  await until(() => Promise.resolve(servicenow.incident(id)?.['state'] === '6'))
  expect(await settledIncident(database, servicenow, detectionId)).toMatchObject({
    close_code: 'Solution provided',
    close_notes: 'Contained.',
    assigned_to: sysIdOf('sys_user', 2),
  })

  const detection = () =>
    database
      .selectFrom('detections')
      .selectAll()
      .where('detection_id', '=', detectionId)
      .executeTakeFirstOrThrow()
  servicenow.editIncidentAsPerson(id, { state: '3', close_code: '', assigned_to: '' })
  await until(async () => (await detection()).status === 'acknowledged')
  expect(await detection()).toMatchObject({ resolution: null, assignee: null })
  servicenow.editIncidentAsPerson(id, { state: '7', close_code: 'User error', close_notes: 'By hand' })
  await until(async () => (await detection()).status === 'closed')
  expect((await detection()).resolution).toBe('no_action_taken')
})

test('an installed plugin makes one ticket, whatever becomes of the answers', async () => {
  await using world = await startWorld()
  const { database, servicenow } = world
  const create = { method: 'POST', path: '/api/now/table/incident' }
  servicenow.faults.add({ ...create, kind: 'cut-before-processing' })
  servicenow.faults.add({ ...create, kind: 'cut-after-processing' })
  servicenow.faults.add({ ...create, kind: 'html', status: 502, afterProcessing: true })
  const detectionIds = await Promise.all(['a', 'b', 'c'].map((externalId) => ingest(database, externalId)))
  const incidents = await Promise.all(
    detectionIds.map((detectionId) => settledIncident(database, servicenow, detectionId)),
  )
  expect(servicenow.incidents()).toHaveLength(3)
  expect(new Set(incidents.map((incident) => incident['correlation_id'])).size).toBe(3)
})
