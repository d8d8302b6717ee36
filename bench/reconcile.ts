// How many links one, two and four processes reconcile a second, and where the time goes.
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import type { PooledDatabase } from '../packages/server/src/database/client.ts'
import { ingestReports } from '../packages/server/src/detections/ingest-detections.ts'
import { trackDetections } from '../packages/server/src/detections/track-detections.ts'
import { requestReconcile } from '../packages/server/src/tracking/reconcile-jobs.ts'
import { startBenchPostgres } from './rig/bench-postgres.ts'
import { account, benchOrigin, connectJira } from './rig/gateway.ts'
import { clearJiraRequests, listJiraRequests } from './rig/jira-log.ts'
import { readOptions } from './rig/options.ts'
import { processorMs, processorMsOfFamily } from './rig/process-figures.ts'
import { figure, printReport, type TableRow } from './rig/report.ts'
import { batchesOf, benchReports } from './rig/reports.ts'
import { startJiraProcess, startServerProcess } from './rig/server-process.ts'
import { until } from './rig/until.ts'

const { links, most } = readOptions({ links: 600, most: 4 })
const TARGET_PER_SECOND = 150
const PATIENCE_MS = 180_000
const CONCURRENCY = 10

interface Measured {
  readonly name: string
  readonly processes: number
  readonly perSecond: number
  readonly calls: number
  readonly transactions: number
  readonly serverMs: number
  readonly jiraMs: number
  readonly postgresMs: number
}

await using postgres = await startBenchPostgres()
const bare = await bareCreates()
const measured: Measured[] = []
for (const processes of [1, 2, 4].filter((count) => count <= most)) measured.push(...(await run(processes)))

const rows = measured.map((each): TableRow => [
  each.name,
  String(each.processes),
  figure(each.perSecond),
  figure((each.perSecond * each.calls) / bare),
  figure(each.calls),
  figure(each.transactions),
  figure(each.serverMs),
  figure(each.postgresMs),
  figure(each.jiraMs),
])
const best = Math.max(...measured.filter(({ name }) => name === 'create').map(({ perSecond }) => perSecond))
printReport(
  `Reconciling ${links} links; a bare loop has the simulated Jira create ${figure(bare)} issues/s. Per link:`,
  [
    'what',
    'processes',
    'links/s',
    'calls, of bare',
    'calls',
    'transactions',
    'Tripline, CPU ms',
    'PostgreSQL, CPU ms',
    'Jira, CPU ms',
  ],
  rows,
  [
    {
      name: `at least ${TARGET_PER_SECOND} new links/s`,
      reached: best >= TARGET_PER_SECOND,
      figure: figure(best),
    },
  ],
)

async function run(processes: number): Promise<readonly Measured[]> {
  const { database, connectionString } = await postgres.createDatabase(`engines_${processes}`)
  await using stack = new AsyncDisposableStack()
  const jira = stack.use(await startJiraProcess())
  await connectJira(database, jira.url, [{ name: 'everything' }])
  const servers = await Promise.all(
    Array.from({ length: processes }, () => startServerProcess({ databaseUrl: connectionString })),
  )
  for (const server of servers) stack.use(server)
  const pids = servers.map(({ pid }) => pid)
  const reports = benchReports(links + 50)

  async function measure(name: string, ask: () => Promise<void>): Promise<Measured> {
    await clearJiraRequests(jira.url)
    const before = await spent()
    await ask()
    const asked = performance.now()
    const done = await unsettled(database)
    await until(`${links} links in sync`, PATIENCE_MS, async () => (await unsettled(database)) === 0)
    const after = await spent()
    const seconds = (await lastSettledAt(database)) / 1000 - (performance.timeOrigin + asked) / 1000
    const calls = (await listJiraRequests(jira.url)).length
    return {
      name,
      processes,
      // What was done while the rest was still being asked for does not count.
      perSecond: done / seconds,
      calls: calls / links,
      transactions: (after.transactions - before.transactions) / links,
      serverMs: (after.serverMs - before.serverMs) / links,
      jiraMs: (after.jiraMs - before.jiraMs) / links,
      postgresMs: (after.postgresMs - before.postgresMs) / links,
    }
  }

  async function spent() {
    // Sessions report their transactions once a second at most.
    await delay(1_200)
    const { rows: found } = await sql<{ commits: number }>`
      select xact_commit::float8 as commits from pg_stat_database where datname = current_database()`.execute(
      database,
    )
    return {
      transactions: found[0]?.commits ?? 0,
      serverMs: await processorMs(pids),
      jiraMs: await processorMs([jira.pid]),
      postgresMs: await processorMsOfFamily(postgres.pid),
    }
  }

  for (const batch of batchesOf(reports.slice(links), 50))
    await ingestReports(database, 'warm-up', batch, benchOrigin)
  await until('the warm-up', PATIENCE_MS, async () => (await unsettled(database)) === 0)
  const ids: string[] = []
  const created = await measure('create', async () => {
    for (const batch of batchesOf(reports.slice(0, links), 500)) {
      const outcomes = await ingestReports(database, 'bench', batch, benchOrigin)
      ids.push(...outcomes.map(({ detectionId }) => detectionId))
    }
  })
  const verified = await measure('nothing to change', () =>
    database
      .transaction()
      .execute((transaction) => requestReconcile(transaction, ids, null, 'bench'))
      .then(() => undefined),
  )
  const moved = await measure('change of status', async () => {
    const change = { status: 'in_progress' } as const
    const requests = ids.map((detectionId) => ({ detectionId, change }))
    const results = await trackDetections(database, requests, 'integration', benchOrigin)
    const refused = results.find(({ error }) => error !== undefined)
    if (refused?.error) throw refused.error
  })
  return [created, verified, moved]
}

/** How many links are not through. */
async function unsettled(database: PooledDatabase): Promise<number> {
  const { rows: found } = await sql<{ count: number }>`
    select count(*)::integer as count from ticket_links
    where sync_state <> 'in_sync' or next_attempt_at is not null`.execute(database)
  return found[0]?.count ?? 0
}

async function lastSettledAt(database: PooledDatabase): Promise<number> {
  const { rows: found } = await sql<{
    at: Date
  }>`select max(last_verified_at) as at from ticket_links`.execute(database)
  return found[0]?.at.getTime() ?? 0
}

/** How many issues a second the simulated Jira creates for a client that does nothing else. */
async function bareCreates(): Promise<number> {
  await using jira = await startJiraProcess()
  const authorization = `Basic ${Buffer.from(`${account.email}:${account.apiToken}`).toString('base64')}`
  const create = async (): Promise<void> => {
    const response = await fetch(`${jira.url}/rest/api/3/issue`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({
        fields: { project: { key: 'SEC' }, issuetype: { name: 'Incident' }, summary: 'bare' },
      }),
    })
    if (response.status !== 201) throw new Error(`The simulator answered ${response.status}.`)
    await response.text()
  }
  await together(100, create)
  const count = links * 2
  const begun = performance.now()
  await together(count, create)
  return (count * 1000) / (performance.now() - begun)
}

/** Does something so many times, some at once. */
async function together(times: number, act: () => Promise<void>): Promise<void> {
  let begun = 0
  await Promise.all(
    Array.from({ length: CONCURRENCY }, async () => {
      while (begun < times) {
        begun += 1
        await act()
      }
    }),
  )
}
