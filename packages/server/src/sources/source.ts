import type { Selectable } from 'kysely'
import { NotFound, type JsonObject, type SourceConflictPolicy } from '@tripline/core'
import type { Database } from '../database/client.ts'
import type { DetectionSourcesTable } from '../database/tables.ts'

/** A configured source of detections. Its secrets are still sealed. */
export interface DetectionSource {
  readonly sourceId: string
  /** Unique; the `source` of its detections. */
  readonly name: string
  readonly plugin: string
  readonly settings: JsonObject
  /** By path in the settings, each sealed or a reference. */
  readonly secrets: Readonly<Record<string, string>>
  readonly conflicts: SourceConflictPolicy
  readonly pollIntervalMs: number
  /** How many requests a minute we make at most, in all processes; `null`: no bound of ours. */
  readonly requestsPerMinute: number | null
  /** Why it is not asked now; `null`: it is. */
  readonly pausedReason: { readonly code: string; readonly message: string } | null
  readonly notBefore: Date | null
  readonly cursor: string | null
  /** How many polls failed in a row. */
  readonly failures: number
  readonly version: number
}

/** A source from its row. */
function toSource(row: Selectable<DetectionSourcesTable>): DetectionSource {
  return {
    sourceId: row.source_id,
    name: row.name,
    plugin: row.plugin,
    settings: row.settings,
    secrets: row.secrets,
    conflicts: row.conflicts,
    pollIntervalMs: row.poll_interval_ms,
    requestsPerMinute: row.requests_per_minute,
    pausedReason: row.paused_reason,
    notBefore: row.not_before,
    cursor: row.cursor,
    failures: row.failures,
    version: row.version,
  }
}

/** The source with an id; `null`: there is none. */
export async function findSource(database: Database, sourceId: string): Promise<DetectionSource | null> {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu.test(sourceId)) return null
  const row = await database
    .selectFrom('detection_sources')
    .selectAll()
    .where('source_id', '=', sourceId)
    .executeTakeFirst()
  return row === undefined ? null : toSource(row)
}

/** @throws NotFound */
export async function getSource(database: Database, sourceId: string): Promise<DetectionSource> {
  const source = await findSource(database, sourceId)
  if (source === null) throw new NotFound('source of detections', sourceId)
  return source
}
