import { randomBytes } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import type { z } from 'zod'
import {
  connectionNeeds,
  connectionPoliciesSchema,
  DomainError,
  InvalidSettings,
  mappingFindings,
  parsePluginSettings,
  secretNames,
  syncMappingsSchema,
  TicketingError,
  ticketingRulesSchema,
  VersionConflict,
  type CallOptions,
  type ConnectionReport,
  type JsonObject,
  type TicketingPlugin,
} from '@tripline/core'
import type { Database } from '../database/client.ts'
import { queueJobs } from '../database/queue-jobs.ts'
import type { Tables } from '../database/tables.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import {
  secretContext,
  WEBHOOK_SECRET,
  type Adapters,
  type SecretBox,
  type TicketingPlugins,
} from './adapters.ts'
import { resumeConnection } from './connection-pause.ts'
import { getConnection, type TicketingConnection } from './connection.ts'

/** What the work on connections needs. */
export interface ConnectionDeps {
  readonly database: Database
  readonly plugins: TicketingPlugins
  readonly secrets: SecretBox
  readonly adapters: Adapters
}

/** A connection to be made. */
export interface NewConnection {
  readonly name: string
  readonly plugin: string
  /** What the plugin's settings schema asks for, secrets included. */
  readonly settings: JsonObject
  /** Absent or empty: the defaults. */
  readonly mappings?: unknown
  readonly rules?: unknown
  readonly policies?: unknown
  readonly enabled?: boolean
}

/** A change of a connection; an absent member is unchanged. */
export interface ConnectionPatch {
  readonly name?: string
  /** Merged over the present settings, so that secrets need not be given again; `null` removes a setting. */
  readonly settings?: JsonObject
  readonly mappings?: unknown
  readonly rules?: unknown
  readonly policies?: unknown
  readonly enabled?: boolean
  /** Makes a new webhook secret; the one before stays valid until the next rotation. */
  readonly rotateWebhookSecret?: boolean
  /** Refuses the change when the connection is at another version. */
  readonly expectedVersion?: number
}

/** A stored connection, and its webhook secret when that was made now: it is not shown again. */
export interface StoredConnection {
  readonly connection: TicketingConnection
  readonly webhookSecret: string | null
}

/** @throws InvalidSettings naming every problem */
export async function createConnection(
  { database, plugins, secrets }: ConnectionDeps,
  input: NewConnection,
  origin: ChangeOrigin,
): Promise<StoredConnection> {
  const plugin = getPlugin(plugins, input.plugin)
  const name = checkName(input.name)
  parsePluginSettings(plugin, input.settings)
  const mappings = parsePart('mappings', syncMappingsSchema, input.mappings ?? {})
  const rules = parsePart('rules', ticketingRulesSchema, input.rules ?? [])
  const policies = parsePart('policies', connectionPoliciesSchema, input.policies ?? {})
  const connectionId = crypto.randomUUID()
  const divided = divideSettings(plugin, input.settings, connectionId, secrets)
  const webhookSecret = newSecret()
  const sealed = secrets.seal(webhookSecret, secretContext(connectionId, WEBHOOK_SECRET))
  await database.transaction().execute(async (transaction) => {
    await refuseNameInUse(transaction, name, connectionId)
    await transaction
      .insertInto('ticketing_connections')
      .values({
        connection_id: connectionId,
        name,
        plugin: plugin.name,
        settings: JSON.stringify(divided.settings),
        secrets: JSON.stringify(divided.secrets),
        mappings: JSON.stringify(mappings),
        rules: JSON.stringify(rules),
        policies: JSON.stringify(policies),
        webhook_token: randomBytes(24).toString('base64url'),
        webhook_secrets: JSON.stringify([sealed]),
        enabled: input.enabled ?? true,
      })
      .execute()
    await queueCheck(transaction, connectionId)
    await recordEvents(
      transaction,
      [{ kind: 'CONNECTION_CREATED', detectionId: null, change: { connection: name } }],
      origin,
    )
  })
  return { connection: await getConnection(database, connectionId), webhookSecret }
}

/** @throws NotFound, InvalidSettings, VersionConflict */
export async function updateConnection(
  { database, plugins, secrets }: ConnectionDeps,
  connectionId: string,
  patch: ConnectionPatch,
  origin: ChangeOrigin,
): Promise<StoredConnection> {
  const before = await getConnection(database, connectionId)
  if (patch.expectedVersion !== undefined && patch.expectedVersion !== before.version) {
    throw new VersionConflict(patch.expectedVersion, before.version)
  }
  const webhookSecret = patch.rotateWebhookSecret === true ? newSecret() : null
  const columns = {
    ...(patch.name === undefined ? {} : { name: checkName(patch.name) }),
    ...(patch.settings === undefined ? {} : changedSettings(plugins, secrets, before, patch.settings)),
    ...(patch.mappings === undefined
      ? {}
      : { mappings: JSON.stringify(parsePart('mappings', syncMappingsSchema, patch.mappings)) }),
    ...(patch.rules === undefined
      ? {}
      : { rules: JSON.stringify(parsePart('rules', ticketingRulesSchema, patch.rules)) }),
    ...(patch.policies === undefined
      ? {}
      : { policies: JSON.stringify(parsePart('policies', connectionPoliciesSchema, patch.policies)) }),
    ...(patch.enabled === undefined ? {} : { enabled: patch.enabled }),
    ...(webhookSecret === null
      ? {}
      : {
          webhook_secrets: JSON.stringify(
            [
              secrets.seal(webhookSecret, secretContext(connectionId, WEBHOOK_SECRET)),
              ...before.webhookSecrets,
            ].slice(0, 2),
          ),
        }),
  }
  await database.transaction().execute(async (transaction) => {
    if (patch.name !== undefined) await refuseNameInUse(transaction, checkName(patch.name), connectionId)
    const { numUpdatedRows } = await transaction
      .updateTable('ticketing_connections')
      .set({ ...columns, version: before.version + 1, updated_at: sql`clock_timestamp()` })
      .where('connection_id', '=', connectionId)
      .where('version', '=', before.version)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) throw new VersionConflict(before.version, before.version + 1)
    await queueCheck(transaction, connectionId)
    const fields = Object.keys(columns)
    const change = { connection: patch.name ?? before.name, fields }
    await recordEvents(transaction, [{ kind: 'CONNECTION_UPDATED', detectionId: null, change }], origin)
  })
  const connection = await getConnection(database, connectionId)
  // Whatever it was paused for may be mended now; if not, the first call will pause it again.
  if (connection.enabled) await resumeConnection(database, connection, origin)
  return { connection, webhookSecret }
}

/** Deletes a connection; the links to its tickets stay to be looked at. @throws NotFound */
export async function deleteConnection(
  { database }: ConnectionDeps,
  connectionId: string,
  origin: ChangeOrigin,
): Promise<void> {
  const connection = await getConnection(database, connectionId)
  const reason = {
    code: 'CONNECTION_DELETED',
    message: `The connection ${connection.name} was deleted.`,
    field: null,
  }
  await database.transaction().execute(async (transaction) => {
    await transaction
      .updateTable('ticketing_connections')
      .set({ deleted_at: sql`clock_timestamp()`, secrets: '{}', webhook_secrets: '[]' })
      .where('connection_id', '=', connectionId)
      .execute()
    await transaction
      .updateTable('ticket_links')
      .set({
        state: 'detached',
        sync_state: 'in_sync',
        reason: JSON.stringify(reason),
        next_attempt_at: null,
      })
      .where('connection_id', '=', connectionId)
      .where('state', '<>', 'detached')
      .execute()
    const change = { connection: connection.name }
    await recordEvents(transaction, [{ kind: 'CONNECTION_DELETED', detectionId: null, change }], origin)
  })
}

/** The job that checks connections: one that was saved, or all of them at night. */
export const CHECK_CONNECTIONS = 'check-connections'

const CHECK_TIMEOUT_MS = 30_000

/** Queues a check of a connection that was saved, within the transaction that saved it. */
async function queueCheck(transaction: Transaction<Tables>, connectionId: string): Promise<void> {
  const key = `check:${connectionId}`
  await queueJobs(transaction, [{ task: CHECK_CONNECTIONS, payload: { connectionId }, key, maxAttempts: 3 }])
}

/** Checks every connection that is in use, one after the other; one that cannot be checked does not keep the rest back. */
export async function checkConnections(
  deps: Pick<ConnectionDeps, 'database' | 'adapters'>,
  onlyId: string | null,
  origin: ChangeOrigin,
): Promise<void> {
  const rows = await deps.database
    .selectFrom('ticketing_connections')
    .select('connection_id')
    .where('enabled', '=', true)
    .where('deleted_at', 'is', null)
    .execute()
  for (const { connection_id: connectionId } of rows) {
    if (onlyId !== null && onlyId !== connectionId) continue
    await checkConnection(deps, connectionId, origin).catch((error: unknown) => {
      // Deleted meanwhile, or its plugin is missing: the start of the server has said so.
      if (!(error instanceof DomainError)) throw error
    })
  }
}

/**
 * Asks the live system for everything the connection needs, keeps the report, and lets a paused connection go on when
 * nothing is wrong any more. A system that cannot be asked is a finding, not an error.
 *
 * @throws NotFound
 */
export async function checkConnection(
  { database, adapters }: Pick<ConnectionDeps, 'database' | 'adapters'>,
  connectionId: string,
  origin: ChangeOrigin,
): Promise<ConnectionReport> {
  const connection = await getConnection(database, connectionId)
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS)
  const report = await diagnose(adapters, connection, { signal, traceId: origin.traceId }).catch(reportOf)
  await database
    .updateTable('ticketing_connections')
    .set({ last_check: JSON.stringify({ ...report, at: new Date().toISOString() }) })
    .where('connection_id', '=', connectionId)
    .execute()
  const healthy = report.findings.every(({ severity }) => severity !== 'error')
  if (healthy && connection.pausedReason !== null) await resumeConnection(database, connection, origin)
  return report
}

/** What the adapter finds, and what is wrong with the mappings given what the system has. */
async function diagnose(
  adapters: Adapters,
  connection: TicketingConnection,
  options: CallOptions,
): Promise<ConnectionReport> {
  const adapter = adapters.adapterFor(connection)
  const { mappings } = connection
  const report = await adapter.check(connectionNeeds(mappings), options)
  const answers = report.findings.every(({ severity }) => severity !== 'error')
  if (!answers || adapter.describe === undefined) return report
  const system = await adapter.describe(options)
  return { ...report, findings: [...report.findings, ...mappingFindings(mappings, system)] }
}

/** What could not even be looked at is a finding too. */
function reportOf(error: unknown): ConnectionReport {
  if (!(error instanceof TicketingError) && !(error instanceof DomainError)) throw error
  const finding = { severity: 'error', subject: 'connection', message: error.message } as const
  return { product: 'unknown', account: null, findings: [{ ...finding, remedy: remedyFor(error) }] }
}

function remedyFor(error: TicketingError | DomainError): string {
  switch (error.code) {
    case 'UNAUTHORIZED':
      return 'Give the connection credentials that are valid.'
    case 'PLUGIN_OUTDATED':
      return 'Install a newer version of the plugin.'
    case 'INVALID_SETTINGS':
    case 'SECRET_UNAVAILABLE':
      return 'Change the settings of the connection, or make what they refer to available.'
    case 'RATE_LIMITED':
      return 'Wait, and check again.'
    default:
      return 'See that the address is right and can be reached from this server, then check again.'
  }
}

function getPlugin(plugins: TicketingPlugins, name: string): TicketingPlugin {
  const plugin = plugins.find(name)
  if (plugin !== null) return plugin
  const installed = plugins.list().map((known) => known.name)
  const message = `There is no plugin ${name}; installed: ${installed.join(', ') || 'none'}.`
  throw new InvalidSettings(message, [{ path: 'plugin', message }])
}

function checkName(name: string): string {
  const trimmed = name.trim()
  if (trimmed !== '' && trimmed.length <= 200) return trimmed
  const message = 'A connection needs a name of 1 to 200 characters.'
  throw new InvalidSettings(message, [{ path: 'name', message }])
}

function parsePart<Output>(path: string, schema: z.ZodType<Output>, value: unknown): Output {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issues = result.error.issues.map((issue) => ({
    path: [path, ...issue.path].join('.'),
    message: issue.message,
  }))
  throw new InvalidSettings(
    `The ${path} cannot be taken: ${issues.map((issue) => `${issue.path}: ${issue.message}`).join('; ')}`,
    issues,
  )
}

interface DividedSettings {
  readonly settings: JsonObject
  readonly secrets: Readonly<Record<string, string>>
}

function divideSettings(
  plugin: TicketingPlugin,
  given: JsonObject,
  connectionId: string,
  box: SecretBox,
): DividedSettings {
  const names = new Set(secretNames(plugin.settings))
  const isSecret = (entry: [string, unknown]): entry is [string, string] =>
    names.has(entry[0]) && typeof entry[1] === 'string' && entry[1] !== ''
  const entries = Object.entries(given).filter(([, value]) => value !== null)
  return {
    settings: Object.fromEntries(entries.filter(([name]) => !names.has(name))),
    secrets: Object.fromEntries(
      entries
        .filter(isSecret)
        .map(([name, value]) => [name, box.seal(value, secretContext(connectionId, name))]),
    ),
  }
}

function changedSettings(
  plugins: TicketingPlugins,
  box: SecretBox,
  before: TicketingConnection,
  patch: JsonObject,
): { readonly settings: string; readonly secrets: string } {
  const plugin = getPlugin(plugins, before.plugin)
  const divided = divideSettings(plugin, patch, before.connectionId, box)
  const removed = Object.keys(patch).filter((name) => patch[name] === null)
  const without = <Value>(values: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(Object.entries(values).filter(([name]) => !removed.includes(name)))
  const settings = { ...without(before.settings), ...divided.settings }
  const secrets = { ...without(before.secrets), ...divided.secrets }
  const opened = Object.fromEntries(
    Object.entries(secrets).map(([name, stored]) => [
      name,
      box.open(stored, secretContext(before.connectionId, name)),
    ]),
  )
  parsePluginSettings(plugin, { ...settings, ...opened })
  return { settings: JSON.stringify(settings), secrets: JSON.stringify(secrets) }
}

async function refuseNameInUse(
  transaction: Transaction<Tables>,
  name: string,
  connectionId: string,
): Promise<void> {
  const taken = await transaction
    .selectFrom('ticketing_connections')
    .select('connection_id')
    .where('name', '=', name)
    .where('connection_id', '<>', connectionId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (taken === undefined) return
  const message = `Another connection is called ${name}.`
  throw new InvalidSettings(message, [{ path: 'name', message }])
}

function newSecret(): string {
  return randomBytes(32).toString('base64url')
}
