// How fast detections go in, beside bare COPY into the same tables of the same PostgreSQL.
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { DetectionReport } from '@tripline/core'
import { sql } from 'kysely'
import { Client } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { ingestReports } from '../packages/server/src/detections/ingest-detections.ts'
import { startBenchPostgres, type BenchDatabase } from './rig/bench-postgres.ts'
import { benchOrigin, connectJira, seriousRules } from './rig/gateway.ts'
import { readOptions } from './rig/options.ts'
import { figure, printReport, type TableRow } from './rig/report.ts'
import { batchesOf, benchReports, changedReports, toNdjson } from './rig/reports.ts'
import { adminApiKey, startServerProcess } from './rig/server-process.ts'
import { median } from './rig/statistics.ts'

const { count, rounds } = readOptions({ count: 10_000, rounds: 3 })
const BATCH = 500
const WARM_UP = Math.min(count, 2_000)
const TABLES = ['detections', 'detection_events'] as const
const NO_JIRA = 'http://127.0.0.1:1'

const reports = benchReports(count)
const rates = new Map<string, number[]>()

await using postgres = await startBenchPostgres()
const plain = await postgres.createDatabase('plain')
const ticketed = await postgres.createDatabase('ticketed')
const copied = await postgres.createDatabase('copied')
const served = await postgres.createDatabase('served')
await connectJira(ticketed.database, NO_JIRA, seriousRules)

const variants: Record<string, () => Promise<void>> = {
  'ingestReports, no ticketing': () => ingest(plain, reports),
  'ingestReports, rules and jobs': () => ingest(ticketed, reports),
}

console.log(`${count} detections, batches of ${BATCH}, ${rounds} rounds`)
await using server = await startServerProcess({ databaseUrl: served.connectionString })
for (const target of [plain, ticketed]) await ingest(target, reports.slice(0, WARM_UP))
await post(reports.slice(0, WARM_UP))
let share = 0
for (let round = 0; round < rounds; round += 1) {
  for (const [name, run] of Object.entries(variants)) {
    await clear(plain)
    await clear(ticketed)
    await measure(name, run)
  }
  const links = await sql<{ count: number }>`select count(*)::integer as count from ticket_links`.execute(
    ticketed.database,
  )
  share = (links.rows[0]?.count ?? 0) / count
  // Right behind the first ingest, while the rows that COPY takes are those of this round.
  await copyRound(ticketed)
  await measure('ingestReports, all unchanged', () => ingest(ticketed, reports))
  await measure('ingestReports, all updated', () => ingest(ticketed, changedReports(reports)))
  await clear(served)
  const lines = toNdjson(reports)
  await measure('POST /ingest/extrahop, no ticketing', () => postText(lines))
}

const rate = (name: string): number => median(rates.get(name) ?? [])
const bare = rate('bare COPY, batches of 500')
const rows = [...rates.keys()].map((name): TableRow => [
  name,
  figure(rate(name)),
  figure(rate(name) / bare),
  (rates.get(name) ?? []).map((value) => figure(value)).join(' '),
])
const main = rate('ingestReports, rules and jobs')
printReport(
  `Ingest: ${count} detections, ${figure(share * 100)} % of them get a ticket link and a job`,
  ['what', 'detections/s', 'of bare COPY', 'each round'],
  rows,
  [
    { name: 'at least 2,000 detections/s with rules and jobs', reached: main >= 2_000, figure: figure(main) },
    { name: 'at least a third of bare COPY', reached: main / bare >= 1 / 3, figure: figure(main / bare) },
  ],
)

async function measure(name: string, run: () => Promise<void>): Promise<void> {
  const begun = performance.now()
  await run()
  const perSecond = (count * 1000) / (performance.now() - begun)
  rates.set(name, [...(rates.get(name) ?? []), perSecond])
}

async function ingest({ database }: BenchDatabase, given: readonly DetectionReport[]): Promise<void> {
  for (const batch of batchesOf(given, BATCH)) await ingestReports(database, 'bench', batch, benchOrigin)
}

async function clear({ database }: BenchDatabase): Promise<void> {
  await sql`truncate detections, detection_events, ticket_links cascade`.execute(database)
  const { rows: queues } =
    await sql`select from information_schema.tables where table_schema = 'graphile_worker' and table_name = '_private_jobs'`.execute(
      database,
    )
  if (queues.length > 0) await sql`truncate graphile_worker._private_jobs`.execute(database)
  await sql`checkpoint`.execute(database).catch(() => undefined)
}

/** The rows that ingest made, as COPY writes them, go into the empty tables of another database. */
async function copyRound(from: BenchDatabase): Promise<void> {
  const source = await connected(from)
  const target = await connected(copied)
  try {
    const lines: Record<string, readonly string[]> = {}
    for (const table of TABLES) {
      const whole = await text(source.query(copyTo(`copy (select * from ${table} order by 1) to stdout`)))
      lines[table] = whole.split('\n').slice(0, -1)
    }
    await clear(copied)
    await measure('bare COPY, batches of 500', async () => {
      for (let batch = 0; batch * BATCH < count; batch += 1) {
        await target.query('begin')
        for (const table of TABLES) {
          const all = lines[table] ?? []
          const size = Math.ceil((all.length * BATCH) / count)
          await copyInto(target, table, all.slice(batch * size, (batch + 1) * size))
        }
        await target.query('commit')
      }
    })
    await clear(copied)
    await measure('bare COPY, all at once', async () => {
      await target.query('begin')
      for (const table of TABLES) await copyInto(target, table, lines[table] ?? [])
      await target.query('commit')
    })
  } finally {
    await source.end()
    await target.end()
  }
}

async function copyInto(client: Client, table: string, lines: readonly string[]): Promise<void> {
  await pipeline(
    Readable.from(lines.length === 0 ? [] : [`${lines.join('\n')}\n`]),
    client.query(copyFrom(`copy ${table} from stdin`)),
  )
}

async function connected({ connectionString }: BenchDatabase): Promise<Client> {
  const client = new Client({ connectionString })
  await client.connect()
  return client
}

async function post(given: readonly DetectionReport[]): Promise<void> {
  await postText(toNdjson(given))
}

async function postText(body: string): Promise<void> {
  const response = await fetch(`${server.url}/ingest/extrahop?source=bench`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminApiKey}` },
    body,
  })
  const answer = (await response.json()) as { created?: number }
  if (response.status !== 200)
    throw new Error(`The server answered ${response.status}: ${JSON.stringify(answer)}`)
}
