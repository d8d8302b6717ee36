import { randomBytes } from 'node:crypto'
import type { IssueRecord } from '@tripline/plugin-jira/simulator'
import { jiraPlugin } from '@tripline/plugin-jira'
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
import { registerWebhook, startJiraSite, type JiraSite } from './jira-site.ts'
import { LedgerReader } from './ledger-reader.ts'
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
  readonly sites: readonly JiraSite[]
  readonly reader: LedgerReader
  readonly log: EditLog
  readonly detectionIds: string[]
  /** Tickets that people deleted, as they were last. */
  readonly deleted: { readonly site: JiraSite; readonly issue: Readonly<IssueRecord> }[]
  /** The title that belongs to a detection's external id and update time. */
  readonly reports: Map<string, string>
  externalIds: number
  reportCount: number
  /** The connection id of a site, and back from either form of it. */
  connectionIdOf(site: JiraSite): string
  siteOf(connectionId: string): JiraSite
  /** Whether the ledger has told of the ticket. */
  isKnownTicket(site: JiraSite, issueId: string): boolean
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
  const sites = await startSites(options, chance)
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
    deleted: [],
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
    isKnownTicket(site, issueId) {
      const issue = site.jira.issue(issueId)
      return issue !== null && [issue.key, ...issue.previousKeys].some((key) => reader.knows(site.name, key))
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

async function startSites(options: TortureOptions, chance: Chance): Promise<readonly JiraSite[]> {
  const choose = chance.fork('sites')
  const all = [
    {
      name: 'Cloud',
      flavour: 'cloud' as const,
      seed: options.seed,
      searchLagMs: 400,
      resolutionOnDone: choose.one(['optional', 'required'] as const),
      perIssueWritesPerSecond: null,
      conflicts: options.conflicts ?? choose.one(['prefer-ticket', 'prefer-tripline'] as const),
    },
    {
      name: 'Data Center',
      flavour: 'data-center' as const,
      seed: options.seed + 1,
      searchLagMs: 0,
      resolutionOnDone: choose.one(['optional', 'required', 'absent'] as const),
      perIssueWritesPerSecond: 6,
      conflicts: options.conflicts ?? choose.one(['prefer-ticket', 'prefer-tripline', 'ask'] as const),
    },
  ]
  return await Promise.all(all.slice(0, options.sites).map(startJiraSite))
}

async function connectSites(
  database: PooledDatabase,
  sites: readonly JiraSite[],
  secretKey: Buffer,
  webhookUrl: string,
): Promise<readonly string[]> {
  const log = createLog({ logLevel: 'silent', logFormat: 'json' })
  const plugins = createPluginRegistry([jiraPlugin as never], log)
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
        plugin: 'jira',
        settings: site.settings,
        mappings: site.mappingsInput,
        // Some detections have a ticket on the first site only, some on the second only, and some on both.
        rules:
          sites.length === 1
            ? [{ name: 'all' }]
            : [{ name: 'some', filter: index === 0 ? { riskScoreMin: 30 } : { types: ['dns_tunnel'] } }],
        policies: { recurrence: { mode: 'reopen', reopenWithinHours: index === 0 ? null : 0 } },
      },
      origin,
    )
    await registerWebhook(site, `${webhookUrl}/hooks/${connection.webhookToken}`, webhookSecret ?? '')
    ids.push(connection.connectionId)
  }
  return ids
}
