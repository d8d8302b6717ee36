import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { sql } from 'kysely'
import type { PooledDatabase } from '../database/client.ts'
import { registerSourceGauges } from './source-metrics.ts'
import { registerWatchGauges } from './watch-metrics.ts'

/** What this process counts, and what it reads from the database when asked. */
export interface Metrics {
  readonly contentType: string
  countRequest(route: string, method: string, status: number, seconds: number): void
  countRecords(counts: Readonly<Record<'received' | RecordOutcome, number>>): void
  /** In Prometheus' text format. */
  text(): Promise<string>
}

const recordOutcomes = ['created', 'updated', 'unchanged', 'stale', 'rejected'] as const
type RecordOutcome = (typeof recordOutcomes)[number]

/** What metrics are read from when asked. */
export interface MetricSources {
  readonly database: PooledDatabase
  readonly subscriptionCount: () => { readonly subscriptions: number; readonly groups: number }
}

/** Makes a process's metrics. */
export function createMetrics({ database, subscriptionCount }: MetricSources): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    name: 'tripline_http_requests_total',
    help: 'Requests answered, by route, method and status.',
    labelNames: ['route', 'method', 'status'],
    registers,
  })
  const seconds = new Histogram({
    name: 'tripline_http_request_duration_seconds',
    help: 'How long requests took, by route.',
    labelNames: ['route'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
    registers,
  })
  const records = new Counter({
    name: 'tripline_ingest_records_total',
    help: 'Records received, by what became of them.',
    labelNames: ['outcome'],
    registers,
  })
  const subscriptions = new Gauge({
    name: 'tripline_subscriptions',
    help: 'GraphQL subscriptions that run in this process; groups: how many different operations they are.',
    labelNames: ['counted'],
    registers,
    collect() {
      const { subscriptions: each, groups } = subscriptionCount()
      subscriptions.set({ counted: 'subscriptions' }, each)
      subscriptions.set({ counted: 'groups' }, groups)
    },
  })
  registerDatabaseGauges(registry, database)
  registerSourceGauges(registry, database)
  registerWatchGauges(registry, database)
  return {
    contentType: registry.contentType,
    countRequest(route, method, status, took) {
      requests.inc({ route, method, status })
      seconds.observe({ route }, took)
    },
    countRecords(counts) {
      for (const outcome of recordOutcomes) records.inc({ outcome }, counts[outcome])
    },
    text: () => registry.metrics(),
  }
}

function registerDatabaseGauges(registry: Registry, database: PooledDatabase): void {
  const registers = [registry]
  const { pool } = database
  const connections = new Gauge({
    name: 'tripline_database_connections',
    help: 'Connections of this process to its database, by state; waiting: requests for one.',
    labelNames: ['state'],
    registers,
    collect() {
      connections.set({ state: 'open' }, pool.totalCount)
      connections.set({ state: 'idle' }, pool.idleCount)
      connections.set({ state: 'waiting' }, pool.waitingCount)
    },
  })
  const links = new Gauge({
    name: 'tripline_ticket_links',
    help: 'Links between detections and tickets, by state and sync state.',
    labelNames: ['state', 'sync_state'],
    registers,
    async collect() {
      links.reset()
      const { rows } = await sql<{ state: string; sync_state: string; count: string }>`
        select state, sync_state, count(*) from ticket_links group by state, sync_state`.execute(database)
      for (const { state, sync_state, count } of rows) links.set({ state, sync_state }, Number(count))
    },
  })
  const jobs = new Gauge({
    name: 'tripline_jobs',
    help: 'Jobs in the queue, by state; failed: tried to the end in vain.',
    labelNames: ['state'],
    registers,
    async collect() {
      const { rows } = await sql<{ state: string; count: string }>`
        select case when locked_at is not null then 'running' when attempts >= max_attempts then 'failed'
                    when run_at > now() then 'scheduled' else 'ready' end as state, count(*)
        from graphile_worker.jobs group by 1`.execute(database)
      for (const state of ['running', 'failed', 'scheduled', 'ready']) {
        jobs.set({ state }, Number(rows.find((row) => row.state === state)?.count ?? 0))
      }
    },
  })
  const streams = new Gauge({
    name: 'tripline_stream_messages',
    help: 'Messages of open data streams, by target and state.',
    labelNames: ['kind', 'target', 'state'],
    registers,
    async collect() {
      streams.reset()
      failures.reset()
      const { rows } = await sql<{
        kind: string
        name: string
        waiting: number
        dead: string
        failures: number
      }>`
        select t.kind, t.name, t.waiting, t.failures, (
          select count(*) from stream_messages m where m.target_id = t.target_id and m.state = 'dead'
        ) as dead from stream_targets t`.execute(database)
      for (const { kind, name: target, waiting, dead, failures: count } of rows) {
        streams.set({ kind, target, state: 'waiting' }, waiting)
        streams.set({ kind, target, state: 'dead' }, Number(dead))
        failures.set({ kind, target }, count)
      }
    },
  })
  const failures = new Gauge({
    name: 'tripline_stream_failures',
    help: 'How often in a row a target of open data streams could not be sent to.',
    labelNames: ['kind', 'target'],
    registers,
  })
  const held = new Gauge({
    name: 'tripline_ledger_held_back_seconds',
    help: 'For how long the oldest running write transaction has been holding readers of the ledger back.',
    registers,
    async collect() {
      const { rows } = await sql<{ seconds: number }>`
        select coalesce(extract(epoch from max(clock_timestamp() - xact_start)), 0)::float8 as seconds
        from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid()`.execute(database)
      held.set(rows[0]?.seconds ?? 0)
    },
  })
}
