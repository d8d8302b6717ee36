import { sql } from 'kysely'
import type { Database } from '../database/client.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import { queueReconcile } from './reconcile-jobs.ts'

/** Stops all calls of a connection until somebody has mended it; its queue keeps filling and nothing is lost. */
export async function pauseConnection(
  database: Database,
  connection: { readonly connectionId: string; readonly name: string },
  reason: { readonly code: string; readonly message: string },
  origin: ChangeOrigin,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('ticketing_connections')
      .set({ paused_reason: JSON.stringify(reason) })
      .where('connection_id', '=', connection.connectionId)
      .where('paused_reason', 'is', null)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows === 0n) return
    const change = { connection: connection.name, reason }
    await recordEvents(transaction, [{ kind: 'CONNECTION_PAUSED', detectionId: null, change }], origin)
  })
}

/** Lets a connection make calls again, and queues all that waited. */
export async function resumeConnection(
  database: Database,
  connection: { readonly connectionId: string; readonly name: string },
  origin: ChangeOrigin,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const { numUpdatedRows } = await transaction
      .updateTable('ticketing_connections')
      .set({ paused_reason: null, not_before: null })
      .where('connection_id', '=', connection.connectionId)
      .where('paused_reason', 'is not', null)
      .executeTakeFirstOrThrow()
    if (numUpdatedRows > 0n) {
      const change = { connection: connection.name }
      await recordEvents(transaction, [{ kind: 'CONNECTION_RESUMED', detectionId: null, change }], origin)
    }
    const { rows } = await sql<{ link_id: string; state: string }>`
      update ticket_links set next_attempt_at = clock_timestamp(), requested = requested + 1
      where connection_id = ${connection.connectionId} and sync_state = 'pending'
        and state in ('creating', 'active', 'unreachable')
      returning link_id, state`.execute(transaction)
    await queueReconcile(
      transaction,
      rows.map(({ link_id, state }) => ({
        linkId: link_id,
        lane: state === 'creating' ? 'create' : 'change',
      })),
      origin.traceId,
    )
  })
}
