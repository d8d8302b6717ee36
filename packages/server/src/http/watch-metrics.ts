import { sql } from 'kysely'
import { Gauge, type Registry } from 'prom-client'
import type { Database } from '../database/client.ts'

/** What is told of connections that are listened to; read from the database whenever somebody asks. */
export function registerWatchGauges(registry: Registry, database: Database): void {
  const registers = [registry]
  const standing = new Gauge({
    name: 'tripline_connection_watched',
    help: 'Whether a ticketing system that tells of changes by itself is listened to: 1, or 0.',
    labelNames: ['connection'],
    registers,
    async collect() {
      standing.reset()
      for (const { name: connection, is_watched: isWatched } of await listWatches(database)) {
        standing.set({ connection }, isWatched ? 1 : 0)
      }
    },
  })
  const failures = new Gauge({
    name: 'tripline_connection_watch_failures',
    help: 'How often in a row a ticketing system could not be listened to.',
    labelNames: ['connection'],
    registers,
    async collect() {
      failures.reset()
      for (const { name: connection, failures: count } of await listWatches(database)) {
        failures.set({ connection }, count)
      }
    },
  })
}

interface WatchRow {
  readonly name: string
  readonly is_watched: boolean
  readonly failures: number
}

async function listWatches(database: Database): Promise<readonly WatchRow[]> {
  const { rows } = await sql<WatchRow>`
    select name, failures, watched_since is not null and enabled and paused_reason is null as is_watched
    from connection_watches join ticketing_connections using (connection_id)
    where deleted_at is null`.execute(database)
  return rows
}
