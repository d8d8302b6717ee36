import { startTriggerThread } from '@tripline/triggers'
import { inject } from 'vitest'
import { createApiKey } from '../../src/access/api-keys.ts'
import { createAuthenticate } from '../../src/access/authenticate.ts'
import type { Role } from '../../src/access/principal.ts'
import { createApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config.ts'
import type { PooledDatabase } from '../../src/database/client.ts'
import { createMetrics } from '../../src/http/metrics.ts'
import { createLog } from '../../src/log.ts'
import { createOutboundFetch } from '../../src/plugin-host/outbound-fetch.ts'
import { createPluginHost } from '../../src/plugin-host/plugin-host.ts'
import { createPluginRegistry } from '../../src/plugin-host/plugin-registry.ts'
import { createStreamHost } from '../../src/plugin-host/stream-host.ts'
import { createStreamPluginRegistry } from '../../src/plugin-host/stream-plugin-registry.ts'
import { builtInPlugins, builtInStreamPlugins } from '../../src/plugins.ts'
import { createStreamSenders } from '../../src/streams/stream-senders.ts'
import type { StreamTargetDeps } from '../../src/streams/stream-targets.ts'
import { createSecretBox } from '../../src/secrets/secret-box.ts'
import { createAdapters } from '../../src/tracking/adapters.ts'
import type { ConnectionDeps } from '../../src/tracking/connections.ts'
import { receiveWebhook } from '../../src/tracking/webhooks.ts'
import { executeOn } from '../database-administration.ts'
import { createTestDatabase } from '../test-database.ts'

/** The HTTP side of a server on a database of its own. What answers GraphQL reads the body and says `{}`. */
export interface TestApp extends AsyncDisposable {
  readonly url: string
  readonly database: PooledDatabase
  readonly services: ConnectionDeps
  readonly streams: StreamTargetDeps
  /** Everything logged at level warn or above. */
  readonly logged: readonly string[]
  /** The header of a new key with this role. */
  authorization(role: Role): Promise<string>
  /** Ends every connection to the database and lets nobody in again. */
  loseDatabase(): Promise<void>
  post(path: string, body: RequestInit['body'], headers?: Record<string, string>): Promise<Response>
}

export async function startTestApp(env: Record<string, string> = {}): Promise<TestApp> {
  const test = await createTestDatabase()
  const { database } = test
  const config = parseConfig(env)
  const logged: string[] = []
  const log = createLog(
    { logLevel: 'warn', logFormat: 'json' },
    { write: (line: string) => void logged.push(line) },
  )
  const plugins = createPluginRegistry(builtInPlugins, log)
  const secrets = createSecretBox({ key: Buffer.alloc(32, 1), previousKeys: [], directories: [], env: {} })
  const outbound = createOutboundFetch({ allow: [] })
  const adapters = createAdapters({ plugins, secrets, host: createPluginHost(outbound.fetch, log) })
  const streamPlugins = createStreamPluginRegistry(builtInStreamPlugins, log)
  const senders = createStreamSenders({
    streamPlugins,
    secrets,
    streamHost: createStreamHost({ allow: [] }, log),
  })
  const streams = { database, streamPlugins, secrets, senders }
  const thread = startTriggerThread()
  const app = createApp({
    triggers: { database, thread },
    config,
    log,
    database,
    authenticate: createAuthenticate(database),
    metrics: createMetrics({ database, subscriptionCount: () => ({ subscriptions: 0, groups: 0 }) }),
    graphql: {
      handle: async (request, response) => {
        for await (const _chunk of request);
        response.end('{}')
      },
      attachWebSocket: () => undefined,
      close: () => Promise.resolve(),
    },
    streams,
    receiveWebhook: (token, webhook, traceId) =>
      receiveWebhook({ database, adapters }, token, webhook, traceId),
    version: '0.0.0',
  })
  const url = await app.listen('127.0.0.1', 0)
  return {
    url,
    database,
    services: { database, plugins, secrets, adapters },
    streams,
    logged,
    async authorization(role) {
      const origin = { actor: { kind: 'system', name: 'test' }, connectionId: null, traceId: 'test' } as const
      return `Bearer ${(await createApiKey(database, { name: role, role }, origin)).key}`
    },
    async loseDatabase() {
      const name = new URL(test.connectionString).pathname.slice(1)
      const server = inject('testServer').connectionString
      await executeOn(server, `alter database ${name} allow_connections false`)
      await executeOn(
        server,
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
      )
    },
    post: (path, body, headers = {}) =>
      fetch(`${url}${path}`, { method: 'POST', body: body ?? null, headers, duplex: 'half' } as RequestInit),
    [Symbol.asyncDispose]: async () => {
      await app.close(1_000)
      await adapters.close()
      await senders.close()
      await outbound.close()
      await test[Symbol.asyncDispose]()
    },
  }
}
