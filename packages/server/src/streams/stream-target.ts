import type { Selectable } from 'kysely'
import { NotFound, type JsonObject, type StreamKind } from '@tripline/core'
import type { Database } from '../database/client.ts'
import type { StreamTargetsTable } from '../database/tables.ts'

/** A configured target of an open data stream. Its secrets are still sealed. */
export interface StreamTarget {
  readonly targetId: string
  readonly kind: StreamKind
  /** Unique among the targets of its kind; what senders call it by. */
  readonly name: string
  readonly settings: JsonObject
  /** By path in the settings, each sealed or a reference. */
  readonly secrets: Readonly<Record<string, string>>
  readonly enabled: boolean
  readonly maxWaiting: number
  readonly maxAttempts: number
  readonly version: number
  readonly failures: number
  /** Until then it is left alone. */
  readonly notBefore: Date | null
}

/** A target from its row. */
function toStreamTarget(row: Selectable<StreamTargetsTable>): StreamTarget {
  return {
    targetId: row.target_id,
    kind: row.kind,
    name: row.name,
    settings: row.settings,
    secrets: row.secrets,
    enabled: row.enabled,
    maxWaiting: row.max_waiting,
    maxAttempts: row.max_attempts,
    version: row.version,
    failures: row.failures,
    notBefore: row.not_before,
  }
}

/** The target with an id; `null`: there is none. */
export async function findStreamTarget(database: Database, targetId: string): Promise<StreamTarget | null> {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu.test(targetId)) return null
  const row = await database
    .selectFrom('stream_targets')
    .selectAll()
    .where('target_id', '=', targetId)
    .executeTakeFirst()
  return row === undefined ? null : toStreamTarget(row)
}

/** @throws NotFound */
export async function getStreamTarget(database: Database, targetId: string): Promise<StreamTarget> {
  const target = await findStreamTarget(database, targetId)
  if (target === null) throw new NotFound('stream target', targetId)
  return target
}

/** The target of a kind that has a name; `null`: there is none. */
export async function findStreamTargetByName(
  database: Database,
  kind: StreamKind,
  name: string,
): Promise<StreamTarget | null> {
  const row = await database
    .selectFrom('stream_targets')
    .selectAll()
    .where('kind', '=', kind)
    .where('name', '=', name)
    .executeTakeFirst()
  return row === undefined ? null : toStreamTarget(row)
}

/** All targets, or those of a kind, by kind and name. */
export async function listStreamTargets(
  database: Database,
  kind: StreamKind | null,
): Promise<readonly StreamTarget[]> {
  const rows = await database
    .selectFrom('stream_targets')
    .selectAll()
    .$if(kind !== null, (query) => query.where('kind', '=', kind ?? 'http'))
    .orderBy('kind')
    .orderBy('name')
    .execute()
  return rows.map(toStreamTarget)
}
