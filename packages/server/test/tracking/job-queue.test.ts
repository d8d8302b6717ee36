import { expect, test } from 'vitest'
import { createDatabase } from '../../src/database/client.ts'
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
