import { sql, type Transaction } from 'kysely'
import {
  InvalidSettings,
  parsePluginSettings,
  VersionConflict,
  type ConnectionFinding,
  type JsonObject,
  type StreamKind,
  type StreamPlugin,
} from '@tripline/core'
import type { Database } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import { missingStreamPlugin, type StreamPlugins } from '../plugin-host/stream-plugin-registry.ts'
import { changeSettings, sealSettings, type SealedSettings } from '../secrets/sealed-settings.ts'
import type { SecretBox } from '../tracking/adapters.ts'
import { streamSeal, type StreamSenders } from './stream-senders.ts'
import { getStreamTarget, type StreamTarget } from './stream-target.ts'

/** What the work on targets needs. */
export interface StreamTargetDeps {
  readonly database: Database
  readonly streamPlugins: StreamPlugins
  readonly secrets: SecretBox
  readonly senders: StreamSenders
}

/** A target to be made. */
export interface NewStreamTarget {
  readonly kind: StreamKind
  readonly name: string
  /** What the plugin's settings schema asks for, secrets included. */
  readonly settings: JsonObject
  readonly enabled?: boolean
  /** Default: a million. */
  readonly maxWaiting?: number
  /** Default: 10. */
  readonly maxAttempts?: number
}

/** A change of a target; an absent member is unchanged. */
export interface StreamTargetPatch {
  readonly name?: string
  /** Laid over the present settings by their first names; secrets need not be given again; `null` removes a setting. */
  readonly settings?: JsonObject
  readonly enabled?: boolean
  readonly maxWaiting?: number
  readonly maxAttempts?: number
  /** Refuses the change when the target is at another version. */
  readonly expectedVersion?: number
}

/** More than a hundred messages a second for two hours. */
const DEFAULT_MAX_WAITING = 1_000_000
const DEFAULT_MAX_ATTEMPTS = 10

const LARGEST_INTEGER = 2_147_483_647
const CHECK_TIMEOUT_MS = 20_000

/** @throws InvalidSettings naming every problem */
export async function createStreamTarget(
  { database, streamPlugins, secrets }: StreamTargetDeps,
  input: NewStreamTarget,
  origin: ChangeOrigin,
): Promise<StreamTarget> {
  const plugin = getPlugin(streamPlugins, input.kind)
  const name = checkName(input.name)
  parsePluginSettings(plugin, input.settings)
  const targetId = crypto.randomUUID()
  await database.transaction().execute(async (transaction) => {
    await refuseNameInUse(transaction, input.kind, name, targetId)
    await transaction
      .insertInto('stream_targets')
      .values({
        target_id: targetId,
        kind: input.kind,
        name,
        ...columnsOf(sealSettings(plugin, input.settings, streamSeal(secrets, targetId))),
        enabled: input.enabled ?? true,
        max_waiting: checkCount('maxWaiting', input.maxWaiting ?? DEFAULT_MAX_WAITING),
        max_attempts: checkCount('maxAttempts', input.maxAttempts ?? DEFAULT_MAX_ATTEMPTS),
      })
      .execute()
    const change = { target: labelOf(input.kind, name) }
    await recordEvents(transaction, [{ kind: 'STREAM_TARGET_CREATED', detectionId: null, change }], origin)
  })
  return await getStreamTarget(database, targetId)
}

/** Changes a target; what it was left alone for may be mended now, so it is tried again. @throws NotFound, InvalidSettings, VersionConflict */
export async function updateStreamTarget(
  { database, streamPlugins, secrets }: StreamTargetDeps,
  targetId: string,
  patch: StreamTargetPatch,
  origin: ChangeOrigin,
): Promise<StreamTarget> {
  const before = await getStreamTarget(database, targetId)
  if (patch.expectedVersion !== undefined && patch.expectedVersion !== before.version) {
    throw new VersionConflict(patch.expectedVersion, before.version)
  }
  const columns = {
    ...(patch.name === undefined ? {} : { name: checkName(patch.name) }),
    ...(patch.settings === undefined
      ? {}
      : columnsOf(
          changeSettings(
            getPlugin(streamPlugins, before.kind),
            before,
            patch.settings,
            streamSeal(secrets, targetId),
          ),
        )),
    ...(patch.enabled === undefined ? {} : { enabled: patch.enabled }),
    ...(patch.maxWaiting === undefined ? {} : { max_waiting: checkCount('maxWaiting', patch.maxWaiting) }),
    ...(patch.maxAttempts === undefined
      ? {}
      : { max_attempts: checkCount('maxAttempts', patch.maxAttempts) }),
  }
  await database.transaction().execute(async (transaction) => {
    if (columns.name !== undefined) await refuseNameInUse(transaction, before.kind, columns.name, targetId)
    const { numUpdatedRows } = await transaction
      .updateTable('stream_targets')
      .set({
        ...columns,
        version: before.version + 1,
        failures: 0,
        not_before: null,
        updated_at: sql`clock_timestamp()`,
      })
      .where('target_id', '=', targetId)
      .where('version', '=', before.version)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) throw new VersionConflict(before.version, before.version + 1)
    await sql`select pg_notify('tripline_streams', '')`.execute(transaction)
    const change = { target: labelOf(before.kind, columns.name ?? before.name), fields: Object.keys(columns) }
    await recordEvents(transaction, [{ kind: 'STREAM_TARGET_UPDATED', detectionId: null, change }], origin)
  })
  return await getStreamTarget(database, targetId)
}

/** Deletes a target with everything that waits for it; says how much that was. @throws NotFound */
export async function deleteStreamTarget(
  { database }: Pick<StreamTargetDeps, 'database'>,
  targetId: string,
  origin: ChangeOrigin,
): Promise<number> {
  const target = await getStreamTarget(database, targetId)
  return await database.transaction().execute(async (transaction) => {
    const { numDeletedRows } = await transaction
      .deleteFrom('stream_messages')
      .where('target_id', '=', targetId)
      .executeTakeFirstOrThrow()
    await transaction.deleteFrom('stream_targets').where('target_id', '=', targetId).execute()
    const messages = Number(numDeletedRows)
    const change = { target: labelOf(target.kind, target.name), messages }
    await recordEvents(transaction, [{ kind: 'STREAM_TARGET_DELETED', detectionId: null, change }], origin)
    return messages
  })
}

/**
 * Looks whether a target can be sent to, without sending anything, and keeps what was found. A target that cannot be
 * reached is a finding, not an error.
 *
 * @throws NotFound
 */
export async function checkStreamTarget(
  { database, senders }: Pick<StreamTargetDeps, 'database' | 'senders'>,
  targetId: string,
): Promise<readonly ConnectionFinding[]> {
  const target = await getStreamTarget(database, targetId)
  const findings = await findingsOf(senders, target)
  await database
    .updateTable('stream_targets')
    .set({ last_check: JSON.stringify({ findings, at: new Date().toISOString() }) })
    .where('target_id', '=', targetId)
    .execute()
  return findings
}

async function findingsOf(
  senders: StreamSenders,
  target: StreamTarget,
): Promise<readonly ConnectionFinding[]> {
  try {
    return await senders.senderFor(target).check(AbortSignal.timeout(CHECK_TIMEOUT_MS))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return [{ severity: 'error', subject: 'settings', message, remedy: null }]
  }
}

/** How people and the ledger name a target. */
export function labelOf(kind: StreamKind, name: string): string {
  return `${kind}/${name}`
}

function getPlugin(plugins: StreamPlugins, kind: StreamKind): StreamPlugin {
  const plugin = plugins.find(kind)
  if (plugin !== null) return plugin
  const message = missingStreamPlugin(kind)
  throw new InvalidSettings(message, [{ path: 'kind', message }])
}

function columnsOf({ settings, secrets }: SealedSettings): {
  readonly settings: string
  readonly secrets: string
} {
  return { settings: JSON.stringify(settings), secrets: JSON.stringify(secrets) }
}

function checkName(name: string): string {
  const trimmed = name.trim()
  if (/^[^\p{Cc}/]{1,200}$/u.test(trimmed)) return trimmed
  const message = 'A target needs a name of 1 to 200 characters, without slashes.'
  throw new InvalidSettings(message, [{ path: 'name', message }])
}

function checkCount(path: string, count: number): number {
  if (Number.isInteger(count) && count >= 1 && count <= LARGEST_INTEGER) return count
  const message = `${path} has to be a whole number of at least 1.`
  throw new InvalidSettings(message, [{ path, message }])
}

async function refuseNameInUse(
  transaction: Transaction<Tables>,
  kind: StreamKind,
  name: string,
  targetId: string,
): Promise<void> {
  const taken = await transaction
    .selectFrom('stream_targets')
    .select('target_id')
    .where('kind', '=', kind)
    .where('name', '=', name)
    .where('target_id', '<>', targetId)
    .executeTakeFirst()
  if (taken === undefined) return
  const message = `Another ${kind} target is called ${name}.`
  throw new InvalidSettings(message, [{ path: 'name', message }])
}
