// The list that a console shows, 50 detections with notes, tickets and assignees: GraphQL over HTTP, beside a bare
// handler that sends the same from the same PostgreSQL. Both run as processes of their own; this one makes the load.
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { sql } from 'kysely'
import type { PooledDatabase } from '../packages/server/src/database/client.ts'
import { ingestReports } from '../packages/server/src/detections/ingest-detections.ts'
import { startBenchPostgres } from './rig/bench-postgres.ts'
import { benchOrigin } from './rig/gateway.ts'
import { readOptions } from './rig/options.ts'
import { figure, printReport } from './rig/report.ts'
import { batchesOf, benchReports } from './rig/reports.ts'
import { adminApiKey, startListening, startServerProcess } from './rig/server-process.ts'
import { median } from './rig/statistics.ts'

const { count, rounds, seconds, connections } = readOptions({
  count: 10_000,
  rounds: 5,
  seconds: 5,
  connections: 16,
})
const TARGET = 0.75

const query = `query List($first: Int!) {
  detections(first: $first) {
    nodes {
      id detectionId title type riskScore status resolution updateTime ticketId
      assignee { username displayName isExternal }
      notes(first: 3) { nodes { author text createdAt } }
      ticketLinks { state syncState ticketKey ticketUrl connection { name } }
    }
  }
}`
const body = JSON.stringify({ query, variables: { first: 50 } })

await using postgres = await startBenchPostgres()
const { database, connectionString } = await postgres.createDatabase('lists')
await fill(database)

await using bare = await startListening([fileURLToPath(new URL('./list-bare.ts', import.meta.url))], {
  DATABASE_URL: connectionString,
})
await using tripline = await startServerProcess({ databaseUrl: connectionString })

interface Contender {
  readonly name: string
  readonly url: string
  readonly rates: number[]
  readonly latencies: number[]
  size: number
}
const contender = (name: string, url: string): Contender => ({ name, url, rates: [], latencies: [], size: 0 })
const first = contender('node:http and pg, bare', bare.url)
const second = contender('Tripline, GraphQL', `${tripline.url}/graphql`)
const contenders = [first, second]
const headers = { 'content-type': 'application/json', authorization: `Bearer ${adminApiKey}` }

await compare()
for (let round = 0; round <= rounds; round += 1) {
  // In turns, so that whatever else the machine does meets both; the first round warms up.
  for (const one of contenders) {
    const { requests, latency, non2xx, errors } = await autocannon({
      url: one.url,
      method: 'POST',
      headers,
      body,
      connections,
      duration: seconds,
    })
    if (non2xx > 0 || errors > 0)
      throw new Error(`${one.name}: ${non2xx} answers were refusals, ${errors} errors`)
    if (round === 0) continue
    one.rates.push(requests.total / seconds)
    one.latencies.push(latency.p99)
  }
}

const share = median(second.rates.map((rate, round) => rate / (first.rates[round] ?? Number.NaN)))
printReport(
  `Lists of 50 of ${figure(count)} detections, ${connections} connections, ${rounds} rounds of ${seconds} s`,
  ['', 'requests/s', 'p99 ms', 'KiB'],
  contenders.map(({ name, rates, latencies, size }) => [
    name,
    figure(median(rates)),
    figure(median(latencies)),
    figure(size / 1024),
  ]),
  [{ name: `at least ${TARGET} of the bare handler`, reached: share >= TARGET, figure: figure(share) }],
)

/** Both must send the same list, or there is nothing to compare. */
async function compare(): Promise<void> {
  const [bareList, list] = await Promise.all(
    contenders.map(async (one) => {
      const response = await fetch(one.url, { method: 'POST', headers, body })
      const text = await response.text()
      one.size = text.length
      const { data } = JSON.parse(text) as { data: { detections: { nodes: { notes: unknown }[] } } }
      return data.detections.nodes.map(({ notes, ...node }) => ({
        ...node,
        notes: Array.isArray(notes) ? notes : (notes as { nodes: unknown }).nodes,
      }))
    }),
  )
  const sorted = (value: unknown): string =>
    JSON.stringify(value, (_, member: unknown) =>
      typeof member === 'object' && member !== null && !Array.isArray(member)
        ? Object.fromEntries(Object.entries(member).toSorted(([left], [right]) => (left < right ? -1 : 1)))
        : member,
    )
  if (bareList?.length !== 50 || sorted(bareList) !== sorted(list))
    throw new Error('The two do not send the same list.')
}

/** Detections of which all have notes, half are assigned, and half have a ticket. */
async function fill(target: PooledDatabase): Promise<void> {
  for (const batch of batchesOf(benchReports(count), 500))
    await ingestReports(target, 'bench', batch, benchOrigin)
  await sql`insert into users (username, display_name) select 'person' || n, 'Person ' || n from generate_series(1, 5) n`.execute(
    target,
  )
  await sql`update detections set assignee = 'person' || detection_id % 10, status = 'in_progress' where detection_id % 2 = 0`.execute(
    target,
  )
  await sql`
    insert into detection_notes (detection_id, author, text, visibility, created_at)
    select detection_id, 'person' || n, 'Looked at it: ' || repeat('nothing unusual ', n), 'internal', create_time + n * interval '1 minute'
    from detections, generate_series(1, 5) n`.execute(target)
  await sql`
    with connection as (
      insert into ticketing_connections (name, plugin, settings, secrets, mappings, rules, webhook_token, webhook_secrets, enabled)
      values ('Jira', 'jira', '{}', '{}', '{}', '[]', 'token', '[]', false) returning connection_id
    )
    insert into ticket_links (detection_id, connection_id, dedupe_key, state, sync_state, is_primary, remote_id, ticket_key, ticket_url)
    select detection_id, connection_id, 'key' || detection_id, 'active', 'in_sync', true, detection_id, 'SEC-' || detection_id,
      'https://jira.example/browse/SEC-' || detection_id
    from detections, connection where detection_id % 2 = 0`.execute(target)
  await sql`vacuum analyze detections, detection_notes, ticket_links, ticketing_connections, users`.execute(
    target,
  )
}
