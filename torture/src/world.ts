import { randomBytes } from 'node:crypto'
import { jiraPlugin } from '@tripline/plugin-jira'
import { requestTrackerPlugin } from '@tripline/plugin-request-tracker'
import { salesforcePlugin } from '@tripline/plugin-salesforce'
import { servicenowPlugin } from '@tripline/plugin-servicenow'
import { createDatabase, type PooledDatabase } from '../../packages/server/src/database/client.ts'
import type { ChangeOrigin } from '../../packages/server/src/ledger/ledger.ts'
import { createPluginRegistry } from '../../packages/server/src/plugin-host/plugin-registry.ts'
import { createSecretBox } from '../../packages/server/src/secrets/secret-box.ts'
import { createAdapters } from '../../packages/server/src/tracking/adapters.ts'
import { createConnection } from '../../packages/server/src/tracking/connections.ts'
import { updateTrackingSettings } from '../../packages/server/src/tracking/tracking-settings.ts'
import { createLog } from '../../packages/server/src/log.ts'
import { createChance, type Chance } from './chance.ts'
import { EditLog } from './edit-log.ts'
import { Fleet } from './fleet.ts'
import { LedgerReader } from './ledger-reader.ts'
import type { Site, SiteTicket } from './site.ts'
import { startSites } from './sites.ts'
import { ticketRule } from './ticket-rules.ts'
import { startTorturedPostgres, type TorturedPostgres } from './tortured-postgres.ts'
import type { TortureOptions } from './torture-options.ts'

const origin: ChangeOrigin = {
  actor: { kind: 'system', name: 'torture' },
  connectionId: null,
  traceId: 'torture',
}

/** All that is tortured, and what is known about it from outside. */
export interface World extends AsyncDisposable {
  readonly options: TortureOptions
  readonly chance: Chance
  readonly postgres: TorturedPostgres
  /** For looking at what is stored; the servers have connections of their own. */
  readonly database: PooledDatabase
  readonly fleet: Fleet
  readonly sites: readonly Site[]
  readonly reader: LedgerReader
  readonly log: EditLog
  readonly detectionIds: string[]
  /** The title that belongs to a detection's external id and update time. */
  readonly reports: Map<string, string>
  externalIds: number
  reportCount: number
  /** The connection id of a site, and back from either form of it. */
  connectionIdOf(site: Site): string
  siteOf(connectionId: string): Site
  /** Whether the ledger has told of the ticket. */
  isKnownTicket(site: Site, ticket: SiteTicket): boolean
}

/** Starts everything, connects it, and lets nothing go wrong yet. */
export async function startWorld(options: TortureOptions): Promise<World> {
  await using starting = new AsyncDisposableStack()
  const chance = createChance(options.seed)
  const postgres = starting.use(await startTorturedPostgres(options.keep))
  const database = createDatabase(postgres.connectionString, {
    applicationName: 'torture',
    statementTimeoutMs: 0,
  })
  starting.defer(() => database.destroy())
  const secretKey = randomBytes(32)
  const fleet = starting.use(
    new Fleet(
      options.servers,
      {
        databaseUrl: postgres.connectionString,
        adminApiKey: randomBytes(16).toString('hex'),
        secretKey: secretKey.toString('hex'),
        pollIntervalMs: options.pollIntervalMs,
        workers: options.workersPerServer,
        mutant: options.mutant,
      },
      chance.fork('fleet'),
    ),
  )
  const sites = await startSites(options, chance.fork('sites'))
  for (const site of sites) starting.use(site)
  await fleet.start()
  const connectionIds = await connectSites(database, sites, secretKey, fleet.webhookUrl)
  const reader = starting.use(new LedgerReader(fleet))
  await reader.start()
  const parts = starting.move()
  return {
    options,
    chance,
    postgres,
    database,
    fleet,
    sites,
    reader,
    log: new EditLog(),
    detectionIds: [],
    reports: new Map(),
    externalIds: 0,
    reportCount: 0,
    connectionIdOf(site) {
      return connectionIds[sites.indexOf(site)] ?? ''
    },
    siteOf(connectionId) {
      const site = sites[connectionIds.indexOf(connectionId.split(':').at(-1) ?? '')]
      if (site === undefined) throw new Error(`There is no site of ${connectionId}.`)
      return site
    },
    isKnownTicket: (site, { keys }) => keys.some((key) => reader.knows(site.name, key)),
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

async function connectSites(
  database: PooledDatabase,
  sites: readonly Site[],
  secretKey: Buffer,
  webhookUrl: string,
): Promise<readonly string[]> {
  const log = createLog({ logLevel: 'silent', logFormat: 'json' })
  const plugins = createPluginRegistry(
    [jiraPlugin, requestTrackerPlugin, salesforcePlugin, servicenowPlugin].map((plugin) => plugin as never),
    log,
  )
  const secrets = createSecretBox({ key: secretKey, previousKeys: [], env: {}, directories: [] })
  const host = { fetch: globalThis.fetch, now: () => new Date(), log: () => undefined }
  const deps = { database, plugins, secrets, adapters: createAdapters({ plugins, secrets, host }) }
  await updateTrackingSettings(
    database,
    { externalTracking: true, internalTracking: true },
    { reattach: false },
    origin,
  )
  const ids: string[] = []
  for (const [index, site] of sites.entries()) {
    const { connection, webhookSecret } = await createConnection(
      deps,
      {
        name: site.name,
        plugin: site.plugin,
        settings: site.settings,
        mappings: site.mappingsInput,
        rules: [ticketRule(index, sites.length)],
        policies: { recurrence: { mode: 'reopen', reopenWithinHours: index === 0 ? null : 0 } },
      },
      origin,
    )
    await site.registerWebhook(`${webhookUrl}/hooks/${connection.webhookToken}`, webhookSecret ?? '')
    ids.push(connection.connectionId)
  }
  return ids
}
