import type { Selectable } from 'kysely'
import {
  connectionPoliciesSchema,
  NotFound,
  syncMappingsSchema,
  ticketingRulesSchema,
  type ConnectionPolicies,
  type JsonObject,
  type SyncMappings,
  type TicketingRule,
} from '@tripline/core'
import type { Database } from '../database/client.ts'
import type { TicketingConnectionsTable } from '../database/tables.ts'

/** A configured ticketing system. Its secrets are still sealed. */
export interface TicketingConnection {
  readonly connectionId: string
  readonly name: string
  readonly plugin: string
  readonly settings: JsonObject
  /** By the setting's name, each sealed or a reference. */
  readonly secrets: Readonly<Record<string, string>>
  readonly mappings: SyncMappings
  readonly rules: readonly TicketingRule[]
  readonly policies: ConnectionPolicies
  readonly webhookToken: string
  /** Newest first, each sealed. */
  readonly webhookSecrets: readonly string[]
  readonly enabled: boolean
  /** Why no calls are made now; `null`: calls are made. */
  readonly pausedReason: { readonly code: string; readonly message: string } | null
  readonly notBefore: Date | null
  readonly polledUpTo: Date | null
  readonly version: number
  readonly deleted: boolean
}

/** A connection from its row. */
export function toConnection(row: Selectable<TicketingConnectionsTable>): TicketingConnection {
  return {
    connectionId: row.connection_id,
    name: row.name,
    plugin: row.plugin,
    settings: row.settings,
    secrets: row.secrets,
    mappings: syncMappingsSchema.parse(row.mappings),
    rules: ticketingRulesSchema.parse(row.rules),
    policies: connectionPoliciesSchema.parse(row.policies),
    webhookToken: row.webhook_token,
    webhookSecrets: row.webhook_secrets,
    enabled: row.enabled,
    pausedReason: row.paused_reason,
    notBefore: row.not_before,
    polledUpTo: row.polled_up_to,
    version: row.version,
    deleted: row.deleted_at !== null,
  }
}

/** The connection with an id; `null` when there is none, or it was deleted. */
export async function findConnection(
  database: Database,
  connectionId: string,
): Promise<TicketingConnection | null> {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu.test(connectionId)) return null
  const row = await database
    .selectFrom('ticketing_connections')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return row === undefined ? null : toConnection(row)
}

/** @throws NotFound */
export async function getConnection(database: Database, connectionId: string): Promise<TicketingConnection> {
  const connection = await findConnection(database, connectionId)
  if (connection === null) throw new NotFound('ticketing connection', connectionId)
  return connection
}
