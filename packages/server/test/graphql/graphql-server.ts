import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { detectionReportSchema, type DetectionReportInput } from '@tripline/core'
import { startTriggerThread } from '@tripline/triggers'
import { pino } from 'pino'
import { createApiKey } from '../../src/access/api-keys.ts'
import { createAuthenticate } from '../../src/access/authenticate.ts'
import type { Role } from '../../src/access/principal.ts'
import type { PooledDatabase } from '../../src/database/client.ts'
import { ingestReports } from '../../src/detections/ingest-detections.ts'
import type { GraphqlDeps } from '../../src/graphql/context.ts'
import { createGraphql, type Graphql } from '../../src/graphql/index.ts'
import { startEventFeed } from '../../src/ledger/event-feed.ts'
import type { ChangeOrigin } from '../../src/ledger/ledger.ts'
import { parseDestination } from '../../src/plugin-host/allowed-destination.ts'
import { createPluginHost } from '../../src/plugin-host/plugin-host.ts'
import { createPluginRegistry } from '../../src/plugin-host/plugin-registry.ts'
import { createStreamHost } from '../../src/plugin-host/stream-host.ts'
import { createSourcePluginRegistry } from '../../src/plugin-host/source-plugin-registry.ts'
import { createStreamPluginRegistry } from '../../src/plugin-host/stream-plugin-registry.ts'
import { builtInPlugins, builtInSourcePlugins, builtInStreamPlugins } from '../../src/plugins.ts'
import { createSourceAdapters } from '../../src/sources/source-adapters.ts'
import { createStreamSenders } from '../../src/streams/stream-senders.ts'
import { createSecretBox } from '../../src/secrets/secret-box.ts'
import { createAdapters } from '../../src/tracking/adapters.ts'
import { createTestDatabase } from '../test-database.ts'

export const origin: ChangeOrigin = {
  actor: { kind: 'system', name: 'test' },
  connectionId: null,
  traceId: 'test',
}

/** An answer as a client sees it. */
interface Answer {
  readonly status: number
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- a test says by its assertions what it expects in there
  readonly data: any
  readonly errors: readonly { message: string; path?: unknown; extensions?: Record<string, unknown> }[]
}

/** The API on a loopback port, over a database of its own. */
export interface GraphqlServer extends AsyncDisposable {
  readonly url: string
  readonly connectionString: string
  readonly database: PooledDatabase
  readonly graphql: Graphql
  readonly adminKey: string
  /** What the server logged. */
  readonly logged: readonly Record<string, unknown>[]
  /** A key for a role; people have user names. */
  key(role: Role, username?: string): Promise<string>
  request(query: string, options?: RequestOptions): Promise<Answer>
  /** The data of an answer without errors. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  query(query: string, variables?: object): Promise<any>
  ingest(...reports: readonly Partial<DetectionReportInput>[]): Promise<readonly string[]>
}

interface RequestOptions {
  readonly variables?: object
  /** `null`: none. Default: an administrator's. */
  readonly key?: string | null
  readonly headers?: Record<string, string>
}

const loopback = [parseDestination('127.0.0.0/8')].filter((each) => each !== undefined)

/** Starts one. */
export async function startGraphqlServer(options: Partial<GraphqlDeps> = {}): Promise<GraphqlServer> {
  const test = await createTestDatabase()
  const { database } = test
  const logged: Record<string, unknown>[] = []
  const log = pino({ level: 'info' }, { write: (line: string) => logged.push(JSON.parse(line)) })
  const feed = await startEventFeed(database, { log })
  const plugins = createPluginRegistry(builtInPlugins, log)
  const secrets = createSecretBox({ key: randomBytes(32), previousKeys: [], env: {}, directories: [] })
  const adapters = createAdapters({ plugins, secrets, host: createPluginHost(fetch, log) })
  const sourcePlugins = createSourcePluginRegistry(builtInSourcePlugins, log)
  const sourceAdapters = createSourceAdapters({ sourcePlugins, secrets, host: createPluginHost(fetch, log) })
  const streamPlugins = createStreamPluginRegistry(builtInStreamPlugins, log)
  const streamHost = createStreamHost({ allow: loopback }, log)
  const senders = createStreamSenders({ streamPlugins, secrets, streamHost })
  const thread = startTriggerThread()
  const graphql = createGraphql({
    database,
    triggers: { database, thread, system: { uuid: '', hostname: 'test', version: '0' }, log },
    feed,
    authenticate: createAuthenticate(database, { cacheMs: 0 }),
    plugins,
    adapters,
    secrets,
    sources: { database, sourcePlugins, sourceAdapters, secrets },
    streams: { database, streamPlugins, secrets, senders },
    log,
    publicUrl: 'https://tripline.example',
    development: false,
    introspection: false,
    ...options,
  })
  const http = createServer((request, response) => void graphql.handle(request, response))
  graphql.attachWebSocket(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/graphql`

  const key = async (role: Role, username?: string): Promise<string> => {
    const name = username ?? role
    const created = await createApiKey(database, { name, role, username: username ?? null }, origin)
    return created.key
  }
  const admin = await key('admin', 'ada')

  const server: GraphqlServer = {
    url,
    connectionString: test.connectionString,
    database,
    graphql,
    adminKey: admin,
    logged,
    key,
    async request(query, { variables, key: given = admin, headers = {} } = {}) {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(given === null ? {} : { authorization: `Bearer ${given}` }),
          ...headers,
        },
        body: JSON.stringify({ query, variables }),
      })
      const text = await response.text()
      const body = JSON.parse(text) as Partial<Answer>
      return { status: response.status, text, data: body.data ?? null, errors: body.errors ?? [] }
    },
    async query(query, variables) {
      const { data, errors } = await server.request(query, { variables: variables ?? {} })
      if (errors.length > 0) throw new Error(JSON.stringify(errors))
      return data
    },
    async ingest(...reports) {
      const outcomes = await ingestReports(
        database,
        'test',
        reports.map((report, index) => ({ index, report: detectionReport(report, index) })),
        origin,
      )
      return outcomes.map(({ detectionId }) => detectionId)
    },
    async [Symbol.asyncDispose]() {
      await graphql.close()
      await thread.close()
      await feed.close()
      await adapters.close()
      await sourceAdapters.close()
      await senders.close()
      http.closeAllConnections()
      http.close()
      await test[Symbol.asyncDispose]()
    },
  }
  return server
}

let reports = 0

function detectionReport(report: Partial<DetectionReportInput>, index: number) {
  reports += 1
  return detectionReportSchema.parse({
    externalId: `report-${reports}`,
    title: `Suspicious share access ${index}`,
    type: 'cifs_share_access',
    categories: ['sec.lateral'],
    riskScore: 83,
    startTime: '2026-11-20T14:00:00Z',
    ...report,
  })
}
