import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import {
  detectionReportSchema,
  GatewayError,
  type ConnectionPoliciesInput,
  type DetectionReportInput,
  type SyncMappingsInput,
  type TicketingAdapter,
  type TicketingRulesInput,
  type TrackingChange,
} from '@tripline/core'
import { jiraPlugin } from '@tripline/plugin-jira'
import {
  startJiraSimulator,
  type IssueRecord,
  type JiraSimulator,
  type JiraSimulatorOptions,
} from '@tripline/plugin-jira/simulator'
import type { Selectable } from 'kysely'
import { pino } from 'pino'
import { createDatabase, type PooledDatabase } from '../../src/database/client.ts'
import type { DetectionEventsTable, DetectionsTable, TicketLinksTable } from '../../src/database/tables.ts'
import { ingestReports } from '../../src/detections/ingest-detections.ts'
import { trackDetections } from '../../src/detections/track-detections.ts'
import type { ChangeOrigin } from '../../src/ledger/ledger.ts'
import { createPluginRegistry } from '../../src/plugin-host/plugin-registry.ts'
import { createSecretBox } from '../../src/secrets/secret-box.ts'
import { createAdapters, type Adapters } from '../../src/tracking/adapters.ts'
import { createConnection, type ConnectionDeps } from '../../src/tracking/connections.ts'
import { startEngine, type Engine } from '../../src/tracking/engine.ts'
import { updateTrackingSettings } from '../../src/tracking/tracking-settings.ts'
import { receiveWebhook } from '../../src/tracking/webhooks.ts'
import type { DetectionSourceDeps } from '../../src/sources/detection-sources.ts'
import { sourceAdaptersOf, sourcePlugins } from '../sources/source-adapters-of.ts'
import { createTestDatabase } from '../test-database.ts'

const log = pino({ level: 'silent' })

export const sam: ChangeOrigin = {
  actor: { kind: 'person', name: 'sam' },
  connectionId: null,
  traceId: 'test',
}

/** A detection as a sensor reports it; what is not given is believable. */
export function report(externalId: string, change: Partial<DetectionReportInput> = {}) {
  return detectionReportSchema.parse({
    externalId,
    title: `Suspicious share access ${externalId}`,
    type: 'cifs_share_access',
    categories: ['sec.lateral'],
    riskScore: 83,
    startTime: '2026-11-20T14:00:00Z',
    updateTime: '2026-11-20T15:00:00Z',
    ...change,
  })
}

export interface GatewayOptions {
  readonly jira?: Partial<JiraSimulatorOptions>
  readonly mappings?: SyncMappingsInput
  readonly rules?: TicketingRulesInput
  readonly policies?: ConnectionPoliciesInput
  /** Jira tells the gateway of changes; default false, so that tests say themselves what happens when. */
  readonly webhooks?: boolean
  /** Whether jobs run from the beginning; default true. */
  readonly working?: boolean
  readonly pollIntervalMs?: number
  readonly settings?: Record<string, unknown>
  /** What an adapter for Jira does otherwise. */
  readonly adapter?: Partial<TicketingAdapter>
}

export interface GatewayWorld extends AsyncDisposable {
  readonly connectionString: string
  readonly database: PooledDatabase
  readonly jira: JiraSimulator
  readonly adapters: Adapters
  readonly deps: ConnectionDeps & { readonly publicUrl: string }
  /** What managing sources of detections takes. */
  readonly sources: DetectionSourceDeps
  readonly connectionId: string
  /** Starts one more engine, on connections of its own as another process would have. */
  work(options?: { readonly pollIntervalMs?: number }): Promise<Engine>
  ingest(...reports: ReturnType<typeof report>[]): Promise<string>
  track(detectionId: string, change: TrackingChange): Promise<void>
  detection(detectionId: string): Promise<Selectable<DetectionsTable>>
  link(detectionId: string): Promise<Selectable<TicketLinksTable>>
  events(detectionId: string): Promise<readonly Selectable<DetectionEventsTable>[]>
  /** The issue of a detection, once its link is in sync. */
  settledIssue(detectionId: string): Promise<Readonly<IssueRecord>>
}

const TOKEN = 'tok-5ecret-0f-tripline'

/** A database, a Jira, a connection between them with one rule for everything, and workers. */
export async function startGateway(options: GatewayOptions = {}): Promise<GatewayWorld> {
  const stack = new AsyncDisposableStack()
  try {
    const test = stack.use(await createTestDatabase())
    const database = test.database
    const jira = await startJiraSimulator({
      flavour: 'cloud',
      tokens: { tripline: TOKEN },
      webhookRetryGapsMs: [20, 50],
      ...options.jira,
    })
    stack.defer(() => jira.close())
    const plugin: typeof jiraPlugin = {
      ...jiraPlugin,
      connect: (settings, host) => ({ ...jiraPlugin.connect(settings, host), ...options.adapter }),
    }
    const plugins = createPluginRegistry([plugin as never], log)
    const secrets = createSecretBox({ key: Buffer.alloc(32, 7), previousKeys: [], env: {}, directories: [] })
    const host = { fetch: globalThis.fetch, now: () => new Date(), log: () => undefined }
    const adapters = createAdapters({ plugins, secrets, host })
    stack.defer(() => adapters.close())
    const sourceAdapters = sourceAdaptersOf(secrets)
    stack.defer(() => sourceAdapters.close())
    const deps = { database, plugins, secrets, adapters, publicUrl: 'https://tripline.example' }
    await updateTrackingSettings(database, { externalTracking: true }, { reattach: false }, sam)
    const { connection, webhookSecret } = await createConnection(
      deps,
      {
        name: 'Jira',
        plugin: 'jira',
        settings: {
          baseUrl: jira.url,
          deployment: 'cloud',
          email: 'tripline@example.com',
          apiToken: TOKEN,
          projectKey: 'SEC',
          issueType: 'Task',
          createSettlesWithinMs: 1_500,
          timeoutMs: 2_000,
          ...options.settings,
        },
        mappings: options.mappings ?? {},
        rules: options.rules ?? [{ name: 'everything' }],
        policies: options.policies ?? {},
      },
      sam,
    )
    const { connectionId } = connection
    if (options.webhooks === true) {
      const url = await listenForWebhooks(stack, database, adapters, connection.webhookToken)
      await registerWebhook(jira, url, webhookSecret ?? '')
    }

    const world: Omit<GatewayWorld, typeof Symbol.asyncDispose> = {
      connectionString: test.connectionString,
      database,
      jira,
      adapters,
      deps,
      sources: { database, sourcePlugins, sourceAdapters, secrets },
      connectionId,
      async work({ pollIntervalMs = options.pollIntervalMs ?? 60_000 } = {}) {
        const own = createDatabase(test.connectionString, { max: 16 })
        stack.defer(() => own.destroy())
        const engine = await startEngine({
          database: own,
          adapters,
          sourceAdapters,
          publicUrl: deps.publicUrl,
          callTimeoutMs: 5_000,
          now: () => new Date(),
          log,
          concurrency: 8,
          pollIntervalMs,
        })
        stack.defer(() => engine.stop())
        return engine
      },
      async ingest(...reports) {
        const indexed = reports.map((item, index) => ({ index, report: item }))
        const [outcome] = await ingestReports(database, 'test', indexed, sam)
        return outcome?.detectionId ?? ''
      },
      async track(detectionId, change) {
        const [result] = await trackDetections(database, [{ detectionId, change }], 'person', sam)
        if (result?.error) throw result.error
      },
      detection: (detectionId) =>
        database
          .selectFrom('detections')
          .selectAll()
          .where('detection_id', '=', detectionId)
          .executeTakeFirstOrThrow(),
      link: (detectionId) =>
        database
          .selectFrom('ticket_links')
          .selectAll()
          .where('detection_id', '=', detectionId)
          .executeTakeFirstOrThrow(),
      events: (detectionId) =>
        database
          .selectFrom('detection_events')
          .selectAll()
          .where('detection_id', '=', detectionId)
          .orderBy('event_id')
          .execute(),
      async settledIssue(detectionId) {
        const link = await until(async () => {
          const row = await world.link(detectionId)
          return row.sync_state === 'in_sync' && row.remote_id !== null && row.next_attempt_at === null
            ? row
            : null
        })
        const issue = jira.issue(link.remote_id ?? '')
        if (issue === null) throw new Error('The link names an issue that Jira does not have.')
        return issue
      },
    }
    if (options.working !== false) await world.work()
    return { ...world, [Symbol.asyncDispose]: () => stack.disposeAsync() }
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** What `look` finds, as soon as it finds something. */
export async function until<Found>(
  look: () => Promise<Found | null | undefined | false>,
  timeoutMs = 10_000,
): Promise<Found> {
  const end = Date.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found !== null && found !== undefined && found !== false) return found
    if (Date.now() > end) throw new Error(`Not within ${timeoutMs} ms: ${look.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** The name of an issue's status. */
export function statusOf(issue: Readonly<IssueRecord>): string {
  return (
    { '10000': 'To Do', '3': 'In Progress', '10001': 'In Review', '10002': 'Done' }[issue.statusId] ??
    issue.statusId
  )
}

/** How many requests would have changed something in Jira. */
export function writes(jira: JiraSimulator): number {
  return jira.requests().filter(({ method, path }) => method !== 'GET' && !path.includes('/search')).length
}

async function listenForWebhooks(
  stack: AsyncDisposableStack,
  database: PooledDatabase,
  adapters: Adapters,
  token: string,
): Promise<string> {
  const server = createServer((request, response) => {
    void (async () => {
      const body = await buffer(request)
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      )
      await receiveWebhook({ database, adapters }, token, { method: 'POST', headers, body }, 'webhook')
    })().then(
      () => response.writeHead(204).end(),
      (error: unknown) => response.writeHead(error instanceof GatewayError ? 401 : 503).end(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

async function registerWebhook(jira: JiraSimulator, url: string, secret: string): Promise<void> {
  const credentials = Buffer.from(`tripline@example.com:${TOKEN}`).toString('base64')
  const answer = await fetch(`${jira.url}/rest/webhooks/1.0/webhook`, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      name: 'Tripline',
      url,
      secret,
      events: ['jira:issue_created', 'jira:issue_updated', 'jira:issue_deleted'],
    }),
  })
  if (!answer.ok) throw new Error(`Jira refused the webhook: ${answer.status} ${await answer.text()}`)
}
