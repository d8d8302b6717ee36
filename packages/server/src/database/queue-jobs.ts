import { sql } from 'kysely'
import type { Database } from './client.ts'

/** A job to be queued. */
export interface QueuedJob {
  readonly task: string
  readonly payload: object
  /** Of jobs with the same key only the newest is kept, unless one is at work. */
  readonly key: string
  /** Absent or null: at once. */
  readonly runAt?: Date | null
  /** Lower ones come first; default 0. */
  readonly priority?: number
  readonly maxAttempts?: number
}

/**
 * Queues jobs within the caller's transaction, in this order. What is queued already is replaced, and what is at work is
 * done once more afterwards.
 */
export async function queueJobs(database: Database, jobs: readonly QueuedJob[]): Promise<void> {
  let specs = jobs.map(({ task, payload, key, runAt, priority, maxAttempts }) => ({
    identifier: task,
    payload,
    job_key: key,
    run_at: runAt?.toISOString() ?? null,
    priority: priority ?? null,
    max_attempts: maxAttempts ?? null,
  }))
  // A job that a worker takes in the very moment in which it is to be replaced is neither replaced nor followed by another,
  // although its work may have begun too early to see what is asked for. To the next statement it is taken.
  while (specs.length > 0) {
    const { rows } = await sql<{ key: string }>`
      select key from graphile_worker.add_jobs(
        array(select spec from json_populate_recordset(null::graphile_worker.job_spec, ${JSON.stringify(specs)}::json) spec)
      )`.execute(database)
    const queued = new Set(rows.map(({ key }) => key))
    specs = specs.filter((spec) => !queued.has(spec.job_key))
  }
}
