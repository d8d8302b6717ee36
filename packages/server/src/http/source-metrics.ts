import { sql } from 'kysely'
import { Gauge, type Registry } from 'prom-client'
import type { Database } from '../database/client.ts'

/** What is told of sources of detections; read from the database whenever somebody asks. */
export function registerSourceGauges(registry: Registry, database: Database): void {
  const registers = [registry]
  const ages = new Gauge({
    name: 'tripline_source_cursor_age_seconds',
    help: 'How long ago that was which may not be fetched from a source yet.',
    labelNames: ['source'],
    registers,
    async collect() {
      ages.reset()
      const { rows } = await sql<{ name: string; seconds: number }>`
        select name, extract(epoch from
          clock_timestamp() - coalesce(greatest(polled_up_to, caught_up_at), created_at))::float8 as seconds
        from detection_sources`.execute(database)
      for (const { name: source, seconds } of rows) ages.set({ source }, Math.max(0, seconds))
    },
  })
  const links = new Gauge({
    name: 'tripline_source_links',
    help: 'Detections that are kept in sync with their source, by sync state.',
    labelNames: ['source', 'sync_state'],
    registers,
    async collect() {
      links.reset()
      const { rows } = await sql<{ name: string; sync_state: string; count: string }>`
        select source.name, link.sync_state, count(*)
        from source_links link join detection_sources source using (source_id)
        group by source.name, link.sync_state`.execute(database)
      for (const { name: source, sync_state, count } of rows) links.set({ source, sync_state }, Number(count))
    },
  })
}
