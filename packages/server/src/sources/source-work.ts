import { sql, type Selectable } from 'kysely'
import type {
  LinkReason,
  SourceSyncBase,
  SourceTracking,
  TrackingSettings,
  TrackingState,
} from '@tripline/core'
import type { Database } from '../database/client.ts'
import type { DetectionsTable, SourceLinksTable } from '../database/tables.ts'
import { toTracking } from '../detections/detection-row.ts'
import { toTrackingSettings } from '../tracking/tracking-settings-store.ts'
import { findSource, type DetectionSource } from './source.ts'

/** The link between a detection and the source that it comes from. */
export interface SourceLink {
  readonly detectionId: string
  readonly sourceId: string
  readonly externalId: string
  readonly syncState: SourceLinksTable['sync_state']
  readonly reason: LinkReason | null
  readonly base: SourceSyncBase
  readonly seen: SourceTracking
  readonly requested: number
  readonly attempts: number
}

/** Everything that work on one such link looks at. */
export interface SourceWork {
  readonly link: SourceLink
  readonly tracking: TrackingState
  /** Of the detection. */
  readonly version: number
  readonly source: DetectionSource
  readonly settings: TrackingSettings
}

type WorkRow = Selectable<SourceLinksTable> &
  Pick<Selectable<DetectionsTable>, 'status' | 'resolution' | 'assignee' | 'ticket_id' | 'version'> & {
    readonly settings: object | null
  }

/** Reads the link of a detection with what belongs to it; `null`: it has none. */
export async function loadSourceWork(database: Database, detectionId: string): Promise<SourceWork | null> {
  const { rows } = await sql<WorkRow>`
    select link.*, d.status, d.resolution, d.assignee, d.ticket_id, d.version,
      (select settings from tracking_settings) as settings
    from source_links link join detections d using (detection_id)
    where link.detection_id = ${detectionId}::bigint`.execute(database)
  const [row] = rows
  const source = row === undefined ? null : await findSource(database, row.source_id)
  if (row === undefined || source === null) return null
  return {
    link: {
      detectionId: row.detection_id,
      sourceId: row.source_id,
      externalId: row.external_id,
      syncState: row.sync_state,
      reason: row.reason,
      base: row.base,
      seen: row.seen,
      requested: row.requested,
      attempts: row.attempts,
    },
    tracking: toTracking(row),
    version: row.version,
    source,
    settings: toTrackingSettings(row.settings),
  }
}

/** How the ledger names such a link. */
export function sourceLinkChange({ link, source }: SourceWork): {
  readonly source: string
  readonly externalId: string
} {
  return { source: source.name, externalId: link.externalId }
}
