import { hostname } from 'node:os'
import { startTriggerThread } from '@tripline/triggers'
import { ensureAdminKey } from './access/admin-key.ts'
import { createAuthenticate } from './access/authenticate.ts'
import { createApp } from './app.ts'
import type { Config } from './config.ts'
import { migrateToLatest } from './database/migrate.ts'
import { openDatabase, type OpenDatabase } from './database/open-database.ts'
import { createGraphql } from './graphql/index.ts'
import { createMetrics } from './http/metrics.ts'
import { startEventFeed } from './ledger/event-feed.ts'
import { followWork } from './ledger/follow-work.ts'
import type { ChangeOrigin } from './ledger/ledger.ts'
import type { Log } from './log.ts'
import { notifyOfChanges } from './notifications/notify.ts'
import { createOutboundFetch } from './plugin-host/outbound-fetch.ts'
import { loadPlugins } from './plugin-host/load-plugins.ts'
import { createPluginHost } from './plugin-host/plugin-host.ts'
import { createPluginRegistry } from './plugin-host/plugin-registry.ts'
import { createStreamHost } from './plugin-host/stream-host.ts'
import { createSourcePluginRegistry } from './plugin-host/source-plugin-registry.ts'
import { createStreamPluginRegistry } from './plugin-host/stream-plugin-registry.ts'
import { builtInPlugins, builtInSourcePlugins, builtInStreamPlugins } from './plugins.ts'
import { createSecretBox } from './secrets/secret-box.ts'
import { ensureSecretKeyFile } from './secrets/secret-key-file.ts'
import { createSourceAdapters } from './sources/source-adapters.ts'
import { startStreamEngine } from './streams/stream-engine.ts'
import { createStreamSenders } from './streams/stream-senders.ts'
import { createAdapters } from './tracking/adapters.ts'
import type { ConnectionDeps } from './tracking/connections.ts'
import { startEngine } from './tracking/engine.ts'
import { receiveWebhook } from './tracking/webhooks.ts'
import { startTriggerDispatch } from './triggers/trigger-dispatch.ts'
import { version } from './version.ts'

/** A server at work. */
export interface RunningServer {
  /** Where it listens, without a slash at its end. */
  readonly url: string
  /** The first administrator's key, when it was made now; it is not shown again. */
  readonly firstAdminKey: string | null
  /** What the domain's functions take. */
  readonly services: ConnectionDeps
  /** Lets what is under way finish, for some seconds, and ends everything that was started. May be called again. */
  stop(): Promise<void>
}

/** What the parts of a server are started from. */
export interface ServerOptions {
  readonly log: Log
  /** What `env:` references of secrets are looked up in. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where the configuration file is that names further plugins; default: the working directory. */
  readonly directory?: string
}

// Beside the jobs' connections: requests, the locks of links, of sources, of watches and of targets, the feed, deliveries.
const FURTHER_CONNECTIONS = 13
const REQUESTS_PATIENCE_MS = 8_000

/**
 * Starts everything: the database (embedded unless configured), its migrations, the work on jobs, and HTTP. When a part
 * cannot be started, those before it are stopped again.
 */
export async function startServer(config: Config, options: ServerOptions): Promise<RunningServer> {
  await using starting = new AsyncDisposableStack()
  const open = await openDatabase({ ...config, log: options.log, max: config.workers + FURTHER_CONNECTIONS })
  starting.defer(() => open.close())
  const running = await startParts(config, options, open, starting)
  const parts = starting.move()
  let stopping: Promise<void> | null = null
  return {
    ...running,
    stop() {
      stopping ??= parts.disposeAsync()
      return stopping
    },
  }
}

async function startParts(
  config: Config,
  { log, env, directory = process.cwd() }: ServerOptions,
  { database }: OpenDatabase,
  parts: AsyncDisposableStack,
): Promise<Omit<RunningServer, 'stop'>> {
  const { applied } = await migrateToLatest(database, { log })
  if (applied.length > 0) log.info({ applied }, 'the database was migrated')
  const origin: ChangeOrigin = {
    actor: { kind: 'system', name: 'tripline' },
    connectionId: null,
    traceId: crypto.randomUUID(),
  }
  const firstAdminKey = await ensureAdminKey(database, config.adminApiKey, origin)

  const outbound = createOutboundFetch({ allow: config.outboundAllow })
  parts.defer(() => outbound.close())
  const loaded = await loadPlugins(directory, log)
  const plugins = createPluginRegistry([...builtInPlugins, ...loaded.ticketing], log)
  const streamPlugins = createStreamPluginRegistry([...builtInStreamPlugins, ...loaded.streams], log)
  const secrets = createSecretBox({
    key: await secretKey(config),
    previousKeys: config.previousSecretKeys,
    directories: config.secretDirs,
    env,
  })
  const host = createPluginHost(outbound.fetch, log)
  const adapters = createAdapters({ plugins, secrets, host })
  parts.defer(() => adapters.close())
  const sourcePlugins = createSourcePluginRegistry([...builtInSourcePlugins, ...loaded.sources], log)
  const sourceAdapters = createSourceAdapters({ sourcePlugins, secrets, host })
  parts.defer(() => sourceAdapters.close())
  const streamHost = createStreamHost({ allow: config.outboundAllow }, log)
  const senders = createStreamSenders({ streamPlugins, secrets, streamHost })
  parts.defer(() => senders.close())
  const feed = await startEventFeed(database, { log })
  parts.defer(() => feed.close())

  const thread = startTriggerThread()
  parts.defer(() => thread.close())
  const triggers = { database, thread, system: systemOf(config), log }

  const authenticate = createAuthenticate(database)
  const services = { database, plugins, secrets, adapters }
  const { development, introspection, maxBodyBytes, publicUrl } = config
  const streams = { database, streamPlugins, secrets, senders }
  const graphql = createGraphql({
    ...services,
    streams,
    sources: { database, sourcePlugins, sourceAdapters, secrets },
    triggers,
    feed,
    authenticate,
    log,
    development,
    introspection,
    maxBodyBytes,
    publicUrl,
  })
  const app = createApp({
    config,
    log,
    database,
    authenticate,
    metrics: createMetrics({ database, subscriptionCount: () => graphql.subscriptionCount() }),
    graphql,
    streams,
    triggers,
    receiveWebhook: (token, webhook, traceId) =>
      receiveWebhook({ database, adapters }, token, webhook, traceId),
    version,
  })
  const engine = await startEngine({
    database,
    adapters,
    sourceAdapters,
    log,
    publicUrl,
    concurrency: config.workers,
    pollIntervalMs: config.pollIntervalMs,
    callTimeoutMs: config.callTimeoutMs,
    now: () => new Date(),
  })
  const streamEngine = startStreamEngine({ database, senders, log, onReplies: null })
  const dispatch = startTriggerDispatch({ ...triggers, feed })
  const notifying = followWork({ feed, log, round: () => notifyOfChanges({ database, publicUrl }) })
  const workers = [engine, streamEngine, dispatch, notifying]
  parts.defer(async () => {
    await Promise.all([app.close(REQUESTS_PATIENCE_MS), ...workers.map((worker) => worker.stop())])
  })
  return { url: await app.listen(config.host, config.port), firstAdminKey, services }
}

/** What scripts are told of where they run. */
function systemOf({ publicUrl }: Config): { uuid: string; hostname: string; version: string } {
  const url = publicUrl === null ? null : URL.parse(publicUrl)
  return { uuid: '', hostname: url?.hostname ?? hostname(), version }
}

/** A key in the data directory would be another one on each machine that uses a shared database. */
async function secretKey(config: Config): Promise<Buffer | null> {
  const isOurs = config.databaseUrl === null || config.development
  return config.secretKey ?? (isOurs ? await ensureSecretKeyFile(config.dataDir) : null)
}
