import { sql } from 'kysely'
import type { Finding, Violation } from './invariants/invariant.ts'
import type { Rest } from './rest.ts'
import type { World } from './world.ts'

/** Nothing is left that a person would have to clean up: no pause, no job given up, no server that ended by itself. */
export async function findLeftovers(
  { database, fleet }: World,
  rest: Rest,
): Promise<Finding & { readonly name: string }> {
  const paused = await sql<{ what: string }>`
    select format('The connection %s is paused: %s', name, paused_reason) as what
    from ticketing_connections where paused_reason is not null`.execute(database)
  // A job that another one of its key took the place of while it ran counts as used up, and has no key any more.
  const failed = await sql<{ what: string }>`
    select format('The job %s of %s was given up after %s attempts: %s', id, task_identifier, attempts, last_error) as what
    from graphile_worker.jobs where attempts >= max_attempts and locked_at is null and key is not null`.execute(
    database,
  )
  const messages = [
    ...paused.rows.map(({ what }) => what),
    ...failed.rows.map(({ what }) => what),
    ...fleet.servers.flatMap(({ selfEnded }) => selfEnded),
    ...rest.restless,
  ]
  return {
    name: 'nothing paused, given up, pending or ended by itself',
    checked: messages.length,
    of: 'leftovers',
    violations: messages.map((message): Violation => ({
      message,
      detectionId: /detection (\d+)/u.exec(message)?.[1] ?? '',
    })),
  }
}
