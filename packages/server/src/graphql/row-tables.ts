import { detectionIdSchema } from '@tripline/core'
import sql from 'sql-template-tag'
import type { RowTable } from './sql/row-loader.ts'

interface IdentifiedTable extends RowTable {
  /** Whether a text can be an id of this table at all. */
  isId(text: string): boolean
}

const isUuid = (text: string): boolean => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u.test(text)
const isBigint = (text: string): boolean => detectionIdSchema.safeParse(text).data === text

/** Where the rows of each type are. */
export const rowTables = {
  Detection: {
    name: 'detections',
    from: sql`detections d`,
    id: sql`d.detection_id::text`,
    among: (ids) => sql`d.detection_id = any(${ids}::bigint[])`,
    isId: isBigint,
  },
  DetectionNote: {
    name: 'detection_notes',
    from: sql`detection_notes n`,
    id: sql`n.note_id::text`,
    among: (ids) => sql`n.note_id = any(${ids}::uuid[])`,
    isId: isUuid,
  },
  DetectionEvent: {
    name: 'detection_events',
    from: sql`detection_events e`,
    id: sql`e.event_id::text`,
    among: (ids) => sql`e.event_id = any(${ids}::bigint[])`,
    isId: isBigint,
  },
  TicketLink: {
    name: 'ticket_links',
    from: sql`ticket_links l`,
    id: sql`l.link_id::text`,
    among: (ids) => sql`l.link_id = any(${ids}::uuid[])`,
    isId: isUuid,
  },
  HidingRule: {
    name: 'hiding_rules',
    from: sql`hiding_rules h`,
    id: sql`h.rule_id::text`,
    among: (ids) => sql`h.rule_id = any(${ids}::bigint[]) and h.deleted_at is null`,
    isId: isBigint,
  },
  TicketingConnection: {
    name: 'ticketing_connections',
    from: sql`ticketing_connections c`,
    id: sql`c.connection_id::text`,
    among: (ids) => sql`c.connection_id = any(${ids}::uuid[]) and c.deleted_at is null`,
    isId: isUuid,
  },
  StreamTarget: {
    name: 'stream_targets',
    from: sql`stream_targets st`,
    id: sql`st.target_id::text`,
    among: (ids) => sql`st.target_id = any(${ids}::uuid[])`,
    isId: isUuid,
  },
  DetectionSource: {
    name: 'detection_sources',
    from: sql`detection_sources ds`,
    id: sql`ds.source_id::text`,
    among: (ids) => sql`ds.source_id = any(${ids}::uuid[])`,
    isId: isUuid,
  },
} as const satisfies Record<string, IdentifiedTable>
