import { sql, type Transaction } from 'kysely'
import {
  changeTracking,
  DetectionNotFound,
  DomainError,
  VersionConflict,
  type ActorKind,
  type TrackingChange,
  type TrackingSettings,
  type TrackingState,
} from '@tripline/core'
import type { Database } from '../database/client.ts'
import { oneOf, plannedRows } from '../database/one-of.ts'
import type { Tables } from '../database/tables.ts'
import { recordEvents, type ChangeOrigin, type LedgerEvent } from '../ledger/ledger.ts'
import { requestSourceSync } from '../sources/source-jobs.ts'
import { requestReconcile } from '../tracking/reconcile-jobs.ts'
import { toTrackingSettings } from '../tracking/tracking-settings-store.ts'
import { toTracking } from './detection-row.ts'

/** A change of one detection's tracking state. */
export interface TrackingRequest {
  readonly detectionId: string
  readonly change: TrackingChange
  /** Refuses the change when the detection is at another version; absent: whatever the version. */
  readonly expectedVersion?: number | undefined
}

/** What became of one request. */
export type TrackingResult =
  | { readonly detectionId: string; readonly error: null; readonly changed: boolean }
  | { readonly detectionId: string; readonly error: DomainError }

/**
 * Changes the tracking state of detections, each by itself: a request that is refused does not keep the others from
 * being carried out. All that succeed become visible at once, with their ledger rows and the jobs for their tickets.
 * Results are in the order of the requests.
 */
export async function trackDetections(
  database: Database,
  requests: readonly TrackingRequest[],
  actorKind: ActorKind,
  origin: ChangeOrigin,
): Promise<readonly TrackingResult[]> {
  return await database
    .transaction()
    .execute((transaction) => trackWithin(transaction, requests, actorKind, origin))
}

/** {@link trackDetections} as part of a larger transaction. */
export async function trackWithin(
  transaction: Transaction<Tables>,
  requests: readonly TrackingRequest[],
  actorKind: ActorKind,
  origin: ChangeOrigin,
): Promise<readonly TrackingResult[]> {
  const { results, changed, events } = await storeTracking(transaction, requests, actorKind)
  await recordEvents(transaction, events, origin)
  await requestReconcile(transaction, changed, origin.connectionId, origin.traceId)
  await requestSourceSync(transaction, changed, origin.connectionId, origin.traceId)
  return results
}

/** What came of changes that are stored, and what is still to be done about them in the same transaction. */
export interface StoredTracking {
  readonly results: readonly TrackingResult[]
  /** The detections that are different now, whose tickets are to be reconciled. */
  readonly changed: readonly string[]
  /** To be recorded. */
  readonly events: readonly LedgerEvent[]
}

/** The part of {@link trackWithin} that changes the detections; the rest is left to the caller. */
export async function storeTracking(
  transaction: Transaction<Tables>,
  requests: readonly TrackingRequest[],
  actorKind: ActorKind,
): Promise<StoredTracking> {
  const { settings, states } = await lockStates(transaction, requests)
  const before = new Map(states)
  const results = requests.map(({ detectionId, change, expectedVersion }): TrackingResult => {
    const current = states.get(detectionId)
    if (current === undefined) return { detectionId, error: new DetectionNotFound(detectionId) }
    try {
      if (expectedVersion !== undefined && expectedVersion !== current.version) {
        throw new VersionConflict(expectedVersion, current.version)
      }
      const next = changeTracking(current.tracking, change, settings, actorKind)
      const changed = next !== current.tracking
      if (changed) states.set(detectionId, { tracking: next, version: current.version + 1 })
      return { detectionId, error: null, changed }
    } catch (error) {
      if (error instanceof DomainError) return { detectionId, error }
      throw error
    }
  })
  const changed = [...states].filter(([detectionId, state]) => before.get(detectionId) !== state)
  await storeStates(transaction, changed)
  return {
    results,
    changed: changed.map(([detectionId]) => detectionId),
    events: changed.flatMap(([detectionId, { tracking }]): LedgerEvent[] => {
      const old = before.get(detectionId)
      if (old === undefined) return []
      return [{ kind: 'TRACKING_CHANGED', detectionId, change: { before: old.tracking, after: tracking } }]
    }),
  }
}

interface State {
  readonly tracking: TrackingState
  readonly version: number
}

/**
 * Reads and locks the detections in the order of their ids, so that two callers cannot wait for each other, and reads the
 * settings that hold for them, which are asked for in the same statement because every change needs both.
 */
async function lockStates(
  transaction: Transaction<Tables>,
  requests: readonly TrackingRequest[],
): Promise<{ readonly settings: TrackingSettings; readonly states: Map<string, State> }> {
  const ids = [...new Set(requests.map(({ detectionId }) => detectionId))]
  const rows = await transaction
    .selectFrom('detections')
    .select(['detection_id', 'status', 'resolution', 'assignee', 'ticket_id', 'version'])
    .select((eb) => eb.selectFrom('tracking_settings').select('settings').as('settings'))
    .where(sql<boolean>`detection_id ${oneOf(ids, 'bigint')}`)
    .orderBy('detection_id')
    .forUpdate('detections')
    .execute()
  return {
    settings: toTrackingSettings(rows[0]?.settings ?? null),
    states: new Map(
      rows.map((row) => [row.detection_id, { tracking: toTracking(row), version: row.version }]),
    ),
  }
}

async function storeStates(
  transaction: Transaction<Tables>,
  states: readonly (readonly [string, State])[],
): Promise<void> {
  if (states.length === 0) return
  const records = states.map(([detection_id, { tracking, version }]) => ({
    detection_id,
    status: tracking.status,
    resolution: tracking.resolution,
    assignee: tracking.assignee,
    ticket_id: tracking.ticketId,
    version,
  }))
  await sql`
    update detections set
      status = input.status, resolution = input.resolution, assignee = input.assignee,
      ticket_id = input.ticket_id, version = input.version, mod_time = clock_timestamp(),
      closed_at = case when input.status <> 'closed' then null
        else coalesce(detections.closed_at, clock_timestamp()) end
    from (
      select * from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as changed(
        detection_id bigint, status text, resolution text, assignee text, ticket_id text, version integer
      ) ${plannedRows(states.length)}
    ) input
    where detections.detection_id = input.detection_id`.execute(transaction)
}
