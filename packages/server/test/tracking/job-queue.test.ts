import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createDatabase } from '../../src/database/client.ts'
import { queueJobs } from '../../src/database/queue-jobs.ts'
import { startJobQueue } from '../../src/tracking/job-queue.ts'
import { createTestDatabase } from '../test-database.ts'
import { report, startGateway, until } from './gateway-world.ts'

test('work goes on after the database ended every connection in the middle of a job', async () => {
  await using gateway = await startGateway({ pollIntervalMs: 600_000 })
  await using observer = createDatabase(gateway.connectionString, { applicationName: 'observer' })
  for (const name of ['a', 'b', 'c']) {
    // While the answer is awaited, the job cannot but end on a lost connection.
    gateway.jira.faults.add({ kind: 'delay', delayMs: 300, method: 'POST', path: '/rest/api/:version/issue' })
    const { rows } = await observer.pool.query<{ before: number }>(
      'select count(*)::integer as before from ticket_links',
    )
    await gateway.ingest(report(name))
    await until(() => Promise.resolve(gateway.jira.issues().length > (rows[0]?.before ?? 0)))
    await observer.pool.query(
      // The workers' connections; this test's own would be lost under the next ingest.
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name not in ('observer', 'tripline-test')",
    )
  }
  const links = await until(async () => {
    const { rows } = await observer.pool.query<{ sync_state: string }>('select sync_state from ticket_links')
    return rows.length === 3 && rows.every(({ sync_state }) => sync_state === 'in_sync') ? rows : null
  }, 25_000)
  expect(links).toHaveLength(3)
  expect(gateway.jira.issues()).toHaveLength(3)
})

test('a job is fetched without reading the others that wait', async () => {
  await using test = await createTestDatabase()
  const { database } = test
  const waiting = 2_000
  let done = 0
  const log = pino({ level: 'silent' })
  const tasks = { count: () => void (done += 1) }
  const queue = await startJobQueue({
    database,
    tasks,
    crontab: '',
    concurrency: 4,
    log,
    prepare: () => Promise.resolve(),
  })
  try {
    // The plan is made while the queue is empty.
    await queueJobs(database, [{ task: 'count', payload: {}, key: 'first' }])
    await until(() => Promise.resolve(done === 1))
    const jobs = Array.from({ length: waiting }, (_, index) => ({
      task: 'count',
      payload: {},
      key: `job-${index}`,
    }))
    await queueJobs(database, jobs)
    await until(() => Promise.resolve(done === waiting + 1), 30_000)
  } finally {
    await queue.stop()
  }
  const read = await until(async () => {
    const { rows } = await database.pool.query<{ fetched: number; scanned: number }>(`
      select idx_scan::integer as fetched, seq_tup_read::integer as scanned
      from pg_stat_user_tables where relname = '_private_jobs'`)
    return (rows[0]?.fetched ?? 0) >= waiting ? rows[0] : null
  })
  expect(read?.scanned).toBeLessThan(10 * waiting)
})
