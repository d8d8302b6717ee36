import { sql, type Selectable, type Transaction } from 'kysely'
import type { TriggerRunResult } from '@tripline/triggers'
import type { Database } from '../database/client.ts'
import type { Tables, TriggerRunsTable } from '../database/tables.ts'

/** A run of a trigger, as it is kept. */
export interface TriggerRun {
  readonly runId: string
  readonly event: string
  readonly detectionId: string | null
  readonly outcome: TriggerRunResult['outcome']
  readonly error: TriggerRunResult['error']
  readonly logs: readonly string[]
  readonly debug: readonly string[]
  readonly ignored: readonly string[]
  /** What was not taken, and why. */
  readonly refused: readonly { readonly target: string; readonly kind: string; readonly reason: string }[]
  readonly droppedLines: number
  readonly messages: number
  readonly commits: number
  readonly durationMs: number
  readonly endedAt: Date
}

/** A run that ended. */
export interface EndedRun {
  readonly event: string
  readonly detectionId: string | null
  readonly result: TriggerRunResult
  readonly refused: TriggerRun['refused']
  readonly commits: number
}

/** So many runs of each trigger are kept. */
export const keptRuns = 200

/** The last runs of a trigger, newest first. */
export async function listTriggerRuns(
  database: Database,
  triggerId: string,
  most: number,
): Promise<readonly TriggerRun[]> {
  const rows = await database
    .selectFrom('trigger_runs')
    .selectAll()
    .where('trigger_id', '=', triggerId)
    .orderBy('run_id', 'desc')
    .limit(most)
    .execute()
  return rows.map(toRun)
}

/** Keeps how runs ended, and forgets the oldest. */
export async function recordRuns(
  transaction: Transaction<Tables>,
  triggerId: string,
  runs: readonly EndedRun[],
): Promise<void> {
  if (runs.length === 0) return
  await transaction
    .insertInto('trigger_runs')
    .values(
      runs.map(({ event, detectionId, result, refused, commits }) => ({
        trigger_id: triggerId,
        event,
        detection_id: detectionId,
        outcome: result.outcome,
        error: result.error === null ? null : JSON.stringify(result.error),
        logs: JSON.stringify(result.logs),
        debug: JSON.stringify(result.debug),
        ignored: JSON.stringify(result.ignored),
        refused: JSON.stringify(refused),
        dropped_lines: result.droppedLines,
        messages: result.messages.length,
        commits,
        duration_ms: result.durationMs,
      })),
    )
    .execute()
  await sql`
    delete from trigger_runs where trigger_id = ${triggerId} and run_id <= (
      select run_id from trigger_runs where trigger_id = ${triggerId} order by run_id desc offset ${keptRuns} limit 1
    )`.execute(transaction)
}

function toRun(row: Selectable<TriggerRunsTable>): TriggerRun {
  return {
    runId: row.run_id,
    event: row.event,
    detectionId: row.detection_id,
    outcome: row.outcome,
    error: row.error,
    logs: row.logs,
    debug: row.debug,
    ignored: row.ignored,
    refused: row.refused,
    droppedLines: row.dropped_lines,
    messages: row.messages,
    commits: row.commits,
    durationMs: row.duration_ms,
    endedAt: row.ended_at,
  }
}
