// How long it takes from the commit of a detection until the ticketing system is asked to create its ticket.
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { DetectionReport } from '@tripline/core'
import { sql } from 'kysely'
import { ingestReports } from '../packages/server/src/detections/ingest-detections.ts'
import { startBenchPostgres } from './rig/bench-postgres.ts'
import { benchOrigin, connectJira } from './rig/gateway.ts'
import { isCreate, listJiraRequests } from './rig/jira-log.ts'
import { readOptions } from './rig/options.ts'
import { figure, printReport, type TableRow } from './rig/report.ts'
import { benchReports } from './rig/reports.ts'
import { startJiraProcess, startListening, startServerProcess } from './rig/server-process.ts'
import { quantile } from './rig/statistics.ts'
import { until } from './rig/until.ts'

const options = readOptions({ idle: 200, 'idle-gap-ms': 50, rate: 50, seconds: 20, 'warm-up': 40 })
const TARGET_P50_MS = 10
const TARGET_P99_MS = 50
const PATIENCE_MS = 60_000

await using postgres = await startBenchPostgres()
const { database, connectionString } = await postgres.createDatabase('gateway')
await using jira = await startJiraProcess()
await connectJira(database, jira.url, [{ name: 'everything' }])
await sql`create table bare_detections (name text primary key, at timestamptz(3) not null default clock_timestamp())`.execute(
  database,
)
await using _server = await startServerProcess({ databaseUrl: connectionString })
await using _bare = await startListening(
  [fileURLToPath(new URL('./rig/bare-create-loop.ts', import.meta.url)), connectionString, jira.url],
  {},
)

/** Commits one thing to be created; returns its name. */
type Commit = () => Promise<string>

const loaded = options.rate * options.seconds
const reports = benchReports(options['warm-up'] + options.idle + loaded)
let next = 0
const commitDetection: Commit = async () => {
  const report = reports[next++] as DetectionReport
  const [outcome] = await ingestReports(database, 'bench', [{ index: 0, report }], benchOrigin)
  return outcome?.detectionId ?? ''
}
let bareCount = 0
const commitBare: Commit = async () => {
  const name = `bare-${bareCount++}`
  await sql`
    with stored as (insert into bare_detections (name) values (${name}) returning name)
    select pg_notify('bare_detections', name) from stored`.execute(database)
  return name
}

await paced(options['warm-up'], 20, commitBare)
await paced(options['warm-up'], 20, commitDetection)
type Phase = readonly [name: string, committed: readonly string[]]
const all: readonly Phase[] = [
  ['LISTEN/NOTIFY and fetch, idle', await paced(options.idle, options['idle-gap-ms'], commitBare)],
  ['Tripline, idle', await paced(options.idle, options['idle-gap-ms'], commitDetection)],
  [`LISTEN/NOTIFY and fetch, ${options.rate}/s`, await paced(loaded, 1000 / options.rate, commitBare)],
  [`Tripline, ${options.rate}/s`, await paced(loaded, 1000 / options.rate, commitDetection)],
]
const phases = all.filter(([, names]) => names.length > 0)

const expected = reports.length + bareCount
await until(`${expected} creates`, PATIENCE_MS, async () => (await createdAt()).size >= expected)
const committed = await committedAt()
const created = await createdAt()
const latencies = new Map(phases.map(([name, names]) => [name, names.map(latency)]))

const rows = phases.map(([name]): TableRow => {
  const values = latencies.get(name) ?? []
  return [name, String(values.length), ...[0.5, 0.9, 0.99, 1].map((share) => figure(quantile(values, share)))]
})
printReport(
  'From commit to create, in milliseconds',
  ['what', 'count', 'p50', 'p90', 'p99', 'longest'],
  rows,
  phases
    .filter(([name]) => name.startsWith('Tripline'))
    .flatMap(([name]) => {
      const p50 = quantile(latencies.get(name) ?? [], 0.5)
      const p99 = quantile(latencies.get(name) ?? [], 0.99)
      return [
        { name: `${name}: p50 under ${TARGET_P50_MS} ms`, reached: p50 < TARGET_P50_MS, figure: figure(p50) },
        { name: `${name}: p99 under ${TARGET_P99_MS} ms`, reached: p99 < TARGET_P99_MS, figure: figure(p99) },
      ]
    }),
)

/** Commits at a steady pace, whether or not those before are through. */
async function paced(count: number, gapMs: number, commit: Commit): Promise<readonly string[]> {
  const begun = performance.now()
  const commits: Promise<string>[] = []
  for (let index = 0; index < count; index += 1) {
    const wait = begun + index * gapMs - performance.now()
    if (wait > 0) await delay(wait)
    commits.push(commit())
  }
  const names = await Promise.all(commits)
  // What is still under way would disturb the next phase.
  await delay(500)
  return names
}

function latency(name: string): number {
  const from = committed.get(name)
  const to = created.get(name)
  if (from === undefined || to === undefined) throw new Error(`Nothing was created for ${name}.`)
  return to.getTime() - from.getTime()
}

/** Shortly before the commit, since a transaction cannot know when it will have been committed. */
async function committedAt(): Promise<ReadonlyMap<string, Date>> {
  const { rows: found } = await sql<{ name: string; at: Date }>`
    select detection_id::text as name, at from detection_events where kind = 'DETECTION_CREATED'
    union all select name, at from bare_detections`.execute(database)
  return new Map(found.map(({ name, at }) => [name, at]))
}

/** When Jira had the first create call for each. */
async function createdAt(): Promise<ReadonlyMap<string, Date>> {
  const first = new Map<string, Date>()
  for (const request of (await listJiraRequests(jira.url)).filter(isCreate)) {
    const name = /tripline-(\d+)-/u.exec(request.body)?.[1] ?? /bare-\d+/u.exec(request.body)?.[0]
    if (name !== undefined && !first.has(name)) first.set(name, request.at)
  }
  return first
}
