import { sql, type Selectable, type Transaction } from 'kysely'
import {
  isEmptySourcePlan,
  planSourceSync,
  sameTracking,
  type SourcePlugin,
  type SourceState,
  type SourceTracking,
} from '@tripline/core'
import type { DetectionsTable, Tables } from '../database/tables.ts'
import { toTracking } from '../detections/detection-row.ts'
import { queueSourceSync } from './source-jobs.ts'
import type { DetectionSource } from './source.ts'

type KnownRow = Pick<
  Selectable<DetectionsTable>,
  'detection_id' | 'external_id' | 'status' | 'resolution' | 'assignee' | 'ticket_id'
> & {
  /** How the source tracked it when it was last read; `null`: it is not linked to the source yet. */
  readonly seen: SourceTracking | null
}

/**
 * Compares how a source tracks detections with how it did when each was last read, and asks for those that differ to be
 * reconciled. The state itself is not believed: it may be older than what was written since. Detections that are met for
 * the first time are linked to the source.
 *
 * They are locked until the transaction ends, so that nobody's change falls between reading them and linking them.
 */
export async function linkStates(
  transaction: Transaction<Tables>,
  source: DetectionSource,
  { resolutions }: Pick<SourcePlugin, 'resolutions'>,
  states: readonly SourceState[],
  traceId: string,
): Promise<void> {
  if (states.length === 0) return
  const byId = new Map(states.map(({ externalId, tracking }) => [externalId, tracking]))
  const { rows } = await sql<KnownRow>`
    select d.detection_id, d.external_id, d.status, d.resolution, d.assignee, d.ticket_id, link.seen
    from detections d left join source_links link using (detection_id)
    where d.source = ${source.name} and d.external_id = any(${[...byId.keys()]}::text[])
    order by d.detection_id for update of d`.execute(transaction)
  const links: object[] = []
  const differing: string[] = []
  for (const row of rows) {
    const theirs = byId.get(row.external_id)
    if (theirs === undefined) continue
    if (row.seen === null) {
      const { conflicts } = source
      const plan = planSourceSync({ base: {}, ours: toTracking(row), theirs, conflicts, resolutions })
      const agrees = isEmptySourcePlan(plan)
      if (!agrees) differing.push(row.detection_id)
      links.push({
        detection_id: row.detection_id,
        external_id: row.external_id,
        seen: theirs,
        base: agrees ? plan.base : {},
      })
    } else if (!sameTracking(row.seen, theirs)) differing.push(row.detection_id)
  }
  await insertLinks(transaction, source.sourceId, links)
  await sql`
    update source_links set requested = requested + 1, sync_state = 'pending',
      next_attempt_at = clock_timestamp(), updated_at = clock_timestamp()
    where detection_id = any(${differing}::bigint[])`.execute(transaction)
  await queueSourceSync(transaction, differing, traceId)
}

async function insertLinks(
  transaction: Transaction<Tables>,
  sourceId: string,
  links: readonly object[],
): Promise<void> {
  if (links.length === 0) return
  await sql`
    insert into source_links (detection_id, source_id, external_id, seen, base, sync_state, last_verified_at)
    select detection_id, ${sourceId}, external_id, seen, base, 'in_sync', clock_timestamp()
    from jsonb_to_recordset(${JSON.stringify(links)}::jsonb)
      as link(detection_id bigint, external_id text, seen jsonb, base jsonb)
    on conflict (detection_id) do nothing`.execute(transaction)
}
