import type { Detection } from '@tripline/core'
import { sql } from 'kysely'
import type { Database } from '../../database/client.ts'
import { toDetection } from '../../detections/detection-row.ts'
import type { RecordedEvent } from '../../ledger/event-reader.ts'

/** Events that are delivered together, and what several subscriptions look at of them, read once for all. */
export interface Burst {
  readonly events: readonly RecordedEvent[]
  /** The detections that the events are about, as they are now, by id. */
  detections(): Promise<ReadonlyMap<string, Detection>>
  /** The tickets' links of those detections, by detection. */
  links(): Promise<ReadonlyMap<string, readonly LinkPlace[]>>
}

/** Where a link is. */
interface LinkPlace {
  readonly linkId: string
  readonly connectionId: string
}

/** Makes a burst of events. */
export function createBurst(database: Database, events: readonly RecordedEvent[]): Burst {
  const ids = [...new Set(events.flatMap(({ detectionId }) => detectionId ?? []))]
  return {
    events,
    detections: once(async () => {
      const rows = await database
        .selectFrom('detections')
        .selectAll()
        .where(sql<boolean>`detection_id = any(${ids}::bigint[])`)
        .execute()
      return new Map(rows.map((row) => [row.detection_id, toDetection(row)]))
    }),
    links: once(async () => {
      const rows = await database
        .selectFrom('ticket_links')
        .select(['link_id', 'connection_id', 'detection_id'])
        .where(sql<boolean>`detection_id = any(${ids}::bigint[])`)
        .execute()
      const places = new Map<string, LinkPlace[]>()
      for (const { link_id: linkId, connection_id: connectionId, detection_id: detectionId } of rows) {
        const known = places.get(detectionId)
        if (known === undefined) places.set(detectionId, [{ linkId, connectionId }])
        else known.push({ linkId, connectionId })
      }
      return places
    }),
  }
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined
  return () => (made ??= make())
}
