import { sql, type Transaction } from 'kysely'
import {
  InvalidSettings,
  parsePluginSettings,
  sourceConflictPolicies,
  VersionConflict,
  type JsonObject,
  type SourceConflictPolicy,
} from '@tripline/core'
import type { PooledDatabase } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import type { SourcePlugins } from '../plugin-host/source-plugin-registry.ts'
import { changeSettings, sealSettings, type SealedSettings } from '../secrets/sealed-settings.ts'
import type { SecretBox } from '../tracking/adapters.ts'
import { PAUSED_BY_PERSON, queueSourceCheck } from './check-source.ts'
import { getSourcePlugin, sourceSeal, type SourceAdapters } from './source-adapters.ts'
import { queuePoll } from './source-jobs.ts'
import { pauseSource, resumeSource } from './source-pause.ts'
import { getSource, type DetectionSource } from './source.ts'

/** What managing sources needs. */
export interface DetectionSourceDeps {
  readonly database: PooledDatabase
  readonly sourcePlugins: SourcePlugins
  readonly sourceAdapters: SourceAdapters
  readonly secrets: SecretBox
}

/** What can be chosen for any source. */
interface SourceOptions {
  /** Default: `prefer-tripline`. */
  readonly conflicts?: SourceConflictPolicy
  /** Default: 30 seconds. */
  readonly pollIntervalMs?: number
  /** Default: 300; `null`: no bound of ours. */
  readonly requestsPerMinute?: number | null
}

/** A source to be made. */
export interface NewDetectionSource extends SourceOptions {
  readonly name: string
  readonly plugin: string
  /** What the plugin's settings schema asks for, secrets included. */
  readonly settings: JsonObject
  /** Whether it is to wait until somebody resumes it. */
  readonly paused?: boolean
}

/** A change of a source; an absent member is unchanged. */
export interface DetectionSourcePatch extends SourceOptions {
  /** Laid over the present settings by their first names; secrets need not be given again; `null` removes a setting. */
  readonly settings?: JsonObject
  /** Fetches everything anew, as far back as the settings say. */
  readonly restart?: boolean
  /** Refuses the change when the source is at another version. */
  readonly expectedVersion?: number
}

const DEFAULT_POLL_INTERVAL_MS = 30_000
const DEFAULT_REQUESTS_PER_MINUTE = 300
const LONGEST_POLL_INTERVAL_MS = 86_400_000

/** @throws InvalidSettings naming what is wrong */
export async function createDetectionSource(
  { database, sourcePlugins, secrets }: DetectionSourceDeps,
  input: NewDetectionSource,
  origin: ChangeOrigin,
): Promise<DetectionSource> {
  const plugin = getSourcePlugin(sourcePlugins, input.plugin)
  const name = checkName(input.name)
  parsePluginSettings(plugin, input.settings)
  const sourceId = crypto.randomUUID()
  const sealed = sealSettings(plugin, input.settings, sourceSeal(secrets, sourceId))
  const { conflicts, requestsPerMinute = DEFAULT_REQUESTS_PER_MINUTE } = input
  await database.transaction().execute(async (transaction) => {
    await refuseNameInUse(transaction, name)
    await transaction
      .insertInto('detection_sources')
      .values({
        source_id: sourceId,
        name,
        plugin: plugin.name,
        ...columnsOf(sealed),
        conflicts: checkPolicy(conflicts ?? 'prefer-tripline'),
        poll_interval_ms: checkInterval(input.pollIntervalMs ?? DEFAULT_POLL_INTERVAL_MS),
        requests_per_minute: checkRequests(requestsPerMinute),
        paused_reason: input.paused === true ? JSON.stringify(pausedBy(origin)) : null,
      })
      .execute()
    await queueSourceCheck(transaction, sourceId)
    if (input.paused !== true) await queuePoll(transaction, sourceId, origin.traceId)
    await recordEvents(
      transaction,
      [{ kind: 'SOURCE_CREATED', detectionId: null, change: { source: name } }],
      origin,
    )
  })
  return await getSource(database, sourceId)
}

/**
 * Changes a source. What it was paused for may be mended now, so it is asked again, unless a person has paused it.
 *
 * @throws NotFound, InvalidSettings, VersionConflict
 */
export async function updateDetectionSource(
  { database, sourcePlugins, secrets }: DetectionSourceDeps,
  sourceId: string,
  patch: DetectionSourcePatch,
  origin: ChangeOrigin,
): Promise<DetectionSource> {
  const before = await getSource(database, sourceId)
  if (patch.expectedVersion !== undefined && patch.expectedVersion !== before.version) {
    throw new VersionConflict(patch.expectedVersion, before.version)
  }
  const seal = sourceSeal(secrets, sourceId)
  const columns = {
    ...(patch.settings === undefined
      ? {}
      : columnsOf(
          changeSettings(getSourcePlugin(sourcePlugins, before.plugin), before, patch.settings, seal),
        )),
    ...(patch.conflicts === undefined ? {} : { conflicts: checkPolicy(patch.conflicts) }),
    ...(patch.pollIntervalMs === undefined ? {} : { poll_interval_ms: checkInterval(patch.pollIntervalMs) }),
    ...(patch.requestsPerMinute === undefined
      ? {}
      : { requests_per_minute: checkRequests(patch.requestsPerMinute) }),
    ...(patch.restart === true ? { cursor: null, caught_up_at: null } : {}),
  }
  await database.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('detection_sources')
      .set({ ...columns, version: before.version + 1, updated_at: sql`clock_timestamp()` })
      .where('source_id', '=', sourceId)
      .where('version', '=', before.version)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) throw new VersionConflict(before.version, before.version + 1)
    await queueSourceCheck(transaction, sourceId)
    const change = { source: before.name, fields: Object.keys(columns) }
    await recordEvents(transaction, [{ kind: 'SOURCE_UPDATED', detectionId: null, change }], origin)
  })
  if (before.pausedReason?.code !== PAUSED_BY_PERSON) await resumeSource(database, before, origin)
  return await getSource(database, sourceId)
}

/** Deletes a source; its detections stay, and are not kept in sync any more. @throws NotFound */
export async function deleteDetectionSource(
  { database }: Pick<DetectionSourceDeps, 'database'>,
  sourceId: string,
  origin: ChangeOrigin,
): Promise<void> {
  const { name } = await getSource(database, sourceId)
  await database.transaction().execute(async (transaction) => {
    await transaction.deleteFrom('detection_sources').where('source_id', '=', sourceId).execute()
    await transaction.deleteFrom('connection_budgets').where('connection_id', '=', sourceId).execute()
    await recordEvents(
      transaction,
      [{ kind: 'SOURCE_DELETED', detectionId: null, change: { source: name } }],
      origin,
    )
  })
}

/** Lets a source alone until it is resumed. @throws NotFound */
export async function pauseDetectionSource(
  { database }: Pick<DetectionSourceDeps, 'database'>,
  sourceId: string,
  origin: ChangeOrigin,
): Promise<void> {
  await pauseSource(database, await getSource(database, sourceId), pausedBy(origin), origin)
}

/** Asks a source again, whatever it was paused for, and at once. @throws NotFound */
export async function resumeDetectionSource(
  { database }: Pick<DetectionSourceDeps, 'database'>,
  sourceId: string,
  origin: ChangeOrigin,
): Promise<void> {
  await resumeSource(database, await getSource(database, sourceId), origin)
}

function pausedBy({ actor }: ChangeOrigin): { readonly code: string; readonly message: string } {
  return { code: PAUSED_BY_PERSON, message: `Paused by ${actor.name}.` }
}

function columnsOf({ settings, secrets }: SealedSettings): {
  readonly settings: string
  readonly secrets: string
} {
  return { settings: JSON.stringify(settings), secrets: JSON.stringify(secrets) }
}

function checkName(name: string): string {
  const trimmed = name.trim()
  if (/^[^\p{Cc}]{1,200}$/u.test(trimmed)) return trimmed
  throw refusal('name', 'A source needs a name of 1 to 200 characters.')
}

function checkPolicy(policy: SourceConflictPolicy): SourceConflictPolicy {
  if (sourceConflictPolicies.includes(policy)) return policy
  throw refusal('conflicts', `conflicts has to be one of: ${sourceConflictPolicies.join(', ')}.`)
}

function checkInterval(ms: number): number {
  if (Number.isInteger(ms) && ms >= 1_000 && ms <= LONGEST_POLL_INTERVAL_MS) return ms
  throw refusal('pollIntervalSeconds', 'A source is polled at intervals of one second to a day.')
}

function checkRequests(count: number | null): number | null {
  if (count === null || (Number.isInteger(count) && count >= 1 && count <= 1_000_000)) return count
  throw refusal('requestsPerMinute', 'requestsPerMinute has to be a whole number from 1 to 1000000.')
}

async function refuseNameInUse(transaction: Transaction<Tables>, name: string): Promise<void> {
  const taken = await transaction
    .selectFrom('detection_sources')
    .select('source_id')
    .where('name', '=', name)
    .executeTakeFirst()
  if (taken !== undefined) throw refusal('name', `Another source is called ${name}.`)
}

function refusal(path: string, message: string): InvalidSettings {
  return new InvalidSettings(message, [{ path, message }])
}
