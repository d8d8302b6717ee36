import { sql } from 'kysely'
import { expect, test } from 'vitest'
import type { Database } from '../../src/database/client.ts'
import { queueSourceSync } from '../../src/sources/source-jobs.ts'
import { queueReconcile } from '../../src/tracking/reconcile-jobs.ts'
import { until } from './gateway-world.ts'
import { createTestDatabase } from '../test-database.ts'

const linkId = '6f2d7f0e-8f4b-4ed1-9c1a-0d9a3d1b7a10'

test.each<[string, (database: Database, traceId: string) => Promise<void>]>([
  ['a link', (database, traceId) => queueReconcile(database, [{ linkId, lane: 'change' }], traceId)],
  ["a source's detection", (database, traceId) => queueSourceSync(database, ['17'], traceId)],
])('%s that is asked for while a worker takes its job is reconciled once more', async (_, queue) => {
  await using world = await createTestDatabase()
  const { database } = world
  await queue(database, 'first')
  const worker = await database.pool.connect()
  try {
    // As a worker takes a job: until it commits, the job looks free.
    await worker.query('begin')
    await worker.query("update graphile_worker._private_jobs set locked_at = now(), locked_by = 'worker'")
    const queued = queue(database, 'second')
    await until(async () => {
      const { rows } = await sql`
        select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(database)
      return rows.length > 0
    })
    await worker.query('commit')
    await queued
  } finally {
    worker.release()
  }
  const { rows } = await sql<{ locked_by: string | null; trace: string }>`
    select locked_by, payload->>'traceId' as trace from graphile_worker._private_jobs order by id`.execute(
    database,
  )
  expect(rows).toEqual([
    { locked_by: 'worker', trace: 'first' },
    { locked_by: null, trace: 'second' },
  ])
})
