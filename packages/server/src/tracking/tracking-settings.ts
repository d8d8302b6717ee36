import { sql, type Transaction } from 'kysely'
import { isDeepStrictEqual } from 'node:util'
import { convertToInternalTracking, parseTrackingSettings, type TrackingSettings } from '@tripline/core'
import type { Database } from '../database/client.ts'
import { queueJobs } from '../database/queue-jobs.ts'
import type { Tables } from '../database/tables.ts'
import { toTracking } from '../detections/detection-row.ts'
import { recordEvents, type ChangeOrigin, type LedgerEvent } from '../ledger/ledger.ts'
import { queueReconcile } from './reconcile-jobs.ts'
import { getTrackingSettings } from './tracking-settings-store.ts'

/** The job that converts detections to internal tracking, one batch at a time. */
export const CONVERT_TRACKING = 'convert-tracking'

/** The reason on links that were detached because external tracking was turned off. */
const EXTERNAL_TRACKING_OFF = 'EXTERNAL_TRACKING_OFF'

const BATCH = 1_000

/** What turning external tracking off would convert, or turning it on could re-attach. */
export interface TrackingConversion {
  /** Detections whose status `new` becomes `open`. */
  readonly statusesConverted: number
  /** Links to tickets that are detached; they stay to be looked at. */
  readonly linksDetached: number
  /** Links that were detached by an earlier conversion and can be followed again. */
  readonly linksReattachable: number
}

/** A change of the settings; an absent member is unchanged. */
export type TrackingSettingsPatch = Readonly<Partial<TrackingSettings>>

/** The outcome of a change of the settings. */
export interface TrackingSettingsChange {
  readonly settings: TrackingSettings
  readonly conversion: TrackingConversion
}

/**
 * What {@link updateTrackingSettings} would do, without doing it.
 *
 * @throws InvalidSettings
 */
export async function previewTrackingSettings(
  database: Database,
  patch: TrackingSettingsPatch,
): Promise<TrackingSettingsChange> {
  const before = await getTrackingSettings(database)
  const settings = parseTrackingSettings({ ...before, ...patch })
  return { settings, conversion: await countConversion(database, before, settings) }
}

/**
 * Changes the tracking settings. Turning external tracking off stops every sync at once and converts what tickets had
 * set to internal tracking, in batches of a job. Turning it on with `reattach` follows the detached links again; each
 * merges what both sides did meanwhile.
 *
 * @throws InvalidSettings
 */
export async function updateTrackingSettings(
  database: Database,
  patch: TrackingSettingsPatch,
  options: { readonly reattach: boolean },
  origin: ChangeOrigin,
): Promise<TrackingSettingsChange> {
  return await database.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('tripline.tracking_settings', 0))`.execute(
      transaction,
    )
    const before = await getTrackingSettings(transaction)
    const settings = parseTrackingSettings({ ...before, ...patch })
    const conversion = await countConversion(transaction, before, settings)
    const turnedOff = before.externalTracking && !settings.externalTracking
    if (!isDeepStrictEqual(before, settings)) {
      await storeSettings(transaction, settings, turnedOff)
      const change = { before, after: settings }
      await recordEvents(transaction, [{ kind: 'SETTINGS_CHANGED', detectionId: null, change }], origin)
    }
    if (turnedOff) await queueConversion(transaction, origin)
    if (settings.externalTracking && options.reattach) await reattachLinks(transaction, origin.traceId)
    return { settings, conversion }
  })
}

/**
 * Converts the next batch of detections after external tracking was turned off, and queues the batch after it. Does
 * nothing when there is no conversion under way, or external tracking has been turned on again meanwhile.
 */
export async function convertNextBatch(database: Database, origin: ChangeOrigin): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const row = await transaction
      .selectFrom('tracking_settings')
      .select(['settings', 'converted_up_to'])
      .forUpdate()
      .executeTakeFirst()
    if (row === undefined || row.converted_up_to === null) return
    const settings = parseTrackingSettings(row.settings)
    const next = settings.externalTracking
      ? null
      : await convertAfter(transaction, row.converted_up_to, origin)
    await transaction.updateTable('tracking_settings').set({ converted_up_to: next }).execute()
    if (next !== null) await queueConversion(transaction, origin)
  })
}

/** Converts detections with ids above `after`; returns the last id looked at, or `null` when there are no more. */
async function convertAfter(
  transaction: Transaction<Tables>,
  after: string,
  origin: ChangeOrigin,
): Promise<string | null> {
  const rows = await transaction
    .selectFrom('detections')
    .select(['detection_id', 'status', 'resolution', 'assignee', 'ticket_id'])
    .where('detection_id', '>', after)
    .where((eb) =>
      eb.or([
        eb('status', '=', 'new'),
        eb.exists(
          eb
            .selectFrom('ticket_links')
            .select('link_id')
            .whereRef('ticket_links.detection_id', '=', 'detections.detection_id')
            .where('ticket_links.state', '<>', 'detached'),
        ),
      ]),
    )
    .orderBy('detection_id')
    .limit(BATCH)
    .forUpdate()
    .execute()
  const last = rows.at(-1)
  if (last === undefined) return null
  const events: LedgerEvent[] = []
  for (const row of rows) {
    const before = toTracking(row)
    const after_ = convertToInternalTracking(before)
    if (after_ === before) continue
    events.push({
      kind: 'TRACKING_CHANGED',
      detectionId: row.detection_id,
      change: { before, after: after_ },
    })
  }
  const converted = events.flatMap(({ detectionId }) => (detectionId === null ? [] : [detectionId]))
  await sql`
    update detections set status = 'open', version = version + 1, mod_time = clock_timestamp()
    where detection_id = any(${converted}::bigint[])`.execute(transaction)
  const reason = {
    code: EXTERNAL_TRACKING_OFF,
    message: 'External tracking was turned off; the ticket is no longer followed.',
    field: null,
  }
  const { rows: detached } = await sql<{
    link_id: string
    detection_id: string
    name: string
    ticket_key: string | null
  }>`
    update ticket_links set state = 'detached', sync_state = 'in_sync', reason = ${JSON.stringify(reason)}::jsonb,
      next_attempt_at = null, updated_at = clock_timestamp()
    from ticketing_connections connection
    where connection.connection_id = ticket_links.connection_id and state <> 'detached'
      and detection_id = any(${rows.map((row) => row.detection_id)}::bigint[])
    returning link_id, detection_id, connection.name, ticket_key`.execute(transaction)
  for (const link of detached) {
    events.push({
      kind: 'TICKET_UNLINKED',
      detectionId: link.detection_id,
      change: { linkId: link.link_id, connection: link.name, ticketKey: link.ticket_key },
    })
  }
  await recordEvents(transaction, events, origin)
  return rows.length < BATCH ? null : last.detection_id
}

async function storeSettings(
  transaction: Transaction<Tables>,
  settings: TrackingSettings,
  convert: boolean,
): Promise<void> {
  const convertedUpTo = convert ? '0' : null
  const values = {
    settings: JSON.stringify(settings),
    converted_up_to: convertedUpTo,
    updated_at: sql<Date>`clock_timestamp()`,
  }
  await transaction
    .insertInto('tracking_settings')
    .values(values)
    .onConflict((conflict) => conflict.column('singleton').doUpdateSet(values))
    .execute()
}

async function queueConversion(transaction: Transaction<Tables>, origin: ChangeOrigin): Promise<void> {
  await queueJobs(transaction, [{ task: CONVERT_TRACKING, payload: { origin }, key: CONVERT_TRACKING }])
}

async function reattachLinks(transaction: Transaction<Tables>, traceId: string): Promise<void> {
  const { rows } = await sql<{ link_id: string; state: string }>`
    update ticket_links set
      state = case when remote_id is null then 'creating' else 'active' end,
      sync_state = 'pending', reason = null, requested = requested + 1,
      next_attempt_at = clock_timestamp(), updated_at = clock_timestamp()
    where state = 'detached' and reason ->> 'code' = ${EXTERNAL_TRACKING_OFF}
    returning link_id, state`.execute(transaction)
  await queueReconcile(
    transaction,
    rows.map(({ link_id, state }) => ({ linkId: link_id, lane: state === 'creating' ? 'create' : 'change' })),
    traceId,
  )
}

async function countConversion(
  database: Database,
  before: TrackingSettings,
  after: TrackingSettings,
): Promise<TrackingConversion> {
  const turnedOff = before.externalTracking && !after.externalTracking
  const { rows } = await sql<{ converted: number; detached: number; reattachable: number }>`
    select
      (select count(*)::integer from detections where status = 'new' and ${turnedOff}) as converted,
      (select count(*)::integer from ticket_links where state <> 'detached' and ${turnedOff}) as detached,
      (select count(*)::integer from ticket_links
        where state = 'detached' and reason ->> 'code' = ${EXTERNAL_TRACKING_OFF}) as reattachable`.execute(
    database,
  )
  const [counts] = rows
  return {
    statusesConverted: counts?.converted ?? 0,
    linksDetached: counts?.detached ?? 0,
    linksReattachable: counts?.reattachable ?? 0,
  }
}
