import { sql } from 'kysely'
import type { Database } from '../database/client.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import { queuePoll, queueSourceSync } from './source-jobs.ts'
import type { DetectionSource } from './source.ts'

/** Stops all requests to a source until it is resumed; what there is to do waits, and nothing is lost. */
export async function pauseSource(
  database: Database,
  { sourceId, name }: Pick<DetectionSource, 'sourceId' | 'name'>,
  reason: { readonly code: string; readonly message: string },
  origin: ChangeOrigin,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('detection_sources')
      .set({ paused_reason: JSON.stringify(reason) })
      .where('source_id', '=', sourceId)
      .where('paused_reason', 'is', null)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return
    const change = { source: name, reason }
    await recordEvents(transaction, [{ kind: 'SOURCE_PAUSED', detectionId: null, change }], origin)
  })
}

/** Lets a source be asked again: its poll and all that waited, or was blocked, is queued. */
export async function resumeSource(
  database: Database,
  { sourceId, name }: Pick<DetectionSource, 'sourceId' | 'name'>,
  origin: ChangeOrigin,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('detection_sources')
      .set({ paused_reason: null, not_before: null, failures: 0 })
      .where('source_id', '=', sourceId)
      .where('paused_reason', 'is not', null)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows > 0n) {
      await recordEvents(
        transaction,
        [{ kind: 'SOURCE_RESUMED', detectionId: null, change: { source: name } }],
        origin,
      )
    }
    const { rows } = await sql<{ detection_id: string }>`
      update source_links set requested = requested + 1, sync_state = 'pending', next_attempt_at = clock_timestamp()
      where detection_id in (
        select detection_id from source_links where source_id = ${sourceId} and sync_state <> 'in_sync'
        order by detection_id for update
      )
      returning detection_id`.execute(transaction)
    const ids = rows.map(({ detection_id: detectionId }) => detectionId)
    await queueSourceSync(transaction, ids, origin.traceId)
    await queuePoll(transaction, sourceId, origin.traceId)
  })
}
