import { sql, type Selectable } from 'kysely'
import {
  ticketText,
  type Detection,
  type JsonValue,
  type OurSide,
  type TrackingSettings,
} from '@tripline/core'
import type { Database } from '../database/client.ts'
import { oneOf } from '../database/one-of.ts'
import type { DetectionsTable, TicketingConnectionsTable, TicketLinksTable } from '../database/tables.ts'
import { toDetection } from '../detections/detection-row.ts'
import { toConnection, type TicketingConnection } from './connection.ts'
import { toLink, type TicketLink } from './link.ts'
import { toTrackingSettings } from './tracking-settings-store.ts'

/** Everything that work on one link looks at, read at one moment. */
export interface LinkWork {
  readonly link: TicketLink
  readonly detection: Detection
  readonly connection: TicketingConnection
  readonly settings: TrackingSettings
  /** Whether there are notes that are to become comments on the ticket. */
  readonly hasComments: boolean
}

/** A row within a result: PostgreSQL's JSON of it, where instants are text and 64-bit numbers are numbers. */
type RowJson = Readonly<Record<string, JsonValue>>

type LinkWorkRow = Selectable<TicketLinksTable> & {
  readonly its_detection: RowJson
  readonly its_connection: RowJson
  readonly settings: object | null
  readonly has_comments: boolean
}

/** Reads a link with what belongs to it; `null`: there is no such link. */
export async function loadLinkWork(database: Database, linkId: string): Promise<LinkWork | null> {
  return (await loadLinkWorks(database, [linkId])).get(linkId) ?? null
}

/**
 * Reads links with what belongs to them, by their ids; those that do not exist are missing. One statement, so that it is
 * one moment, and one way to the database while tickets wait to be created.
 */
export async function loadLinkWorks(
  database: Database,
  linkIds: readonly string[],
): Promise<ReadonlyMap<string, LinkWork>> {
  const { rows } = await sql<LinkWorkRow>`
    select link.*, to_jsonb(detection) as its_detection, to_jsonb(connection) as its_connection,
      (select settings from tracking_settings) as settings,
      exists (
        select from detection_notes note
        left join ticket_comments comment on comment.note_id = note.note_id and comment.link_id = link.link_id
        where note.detection_id = link.detection_id and note.visibility = 'ticket'
          and comment.comment_id is null and comment.reason is null
      ) as has_comments
    from ticket_links link
    join detections detection using (detection_id)
    join ticketing_connections connection using (connection_id)
    where link.link_id ${oneOf(linkIds, 'uuid')}`.execute(database)
  return new Map(rows.map((row) => [row.link_id, toLinkWork(row)]))
}

function toLinkWork(row: LinkWorkRow): LinkWork {
  return {
    link: toLink(row),
    detection: toDetection({
      ...withInstants<Selectable<DetectionsTable>>(row.its_detection, detectionInstants),
      detection_id: row.detection_id,
    }),
    connection: toConnection(
      withInstants<Selectable<TicketingConnectionsTable>>(row.its_connection, connectionInstants),
    ),
    settings: toTrackingSettings(row.settings),
    hasComments: row.has_comments,
  }
}

const detectionInstants = ['start_time', 'end_time', 'create_time', 'update_time', 'mod_time', 'closed_at']
const connectionInstants = ['not_before', 'polled_up_to', 'created_at', 'updated_at', 'deleted_at']

/** The row as it would have come by itself, but for columns that are bytes. */
function withInstants<Row>(json: RowJson, instants: readonly string[]): Row {
  const columns = Object.entries(json).map(([name, value]) => [
    name,
    typeof value === 'string' && instants.includes(name) ? new Date(value) : value,
  ])
  return Object.fromEntries(columns) as Row
}

/** Our side of a link, as the merge sees it. */
export function ourSide(work: LinkWork, publicUrl: string | null): OurSide {
  const { detection, connection } = work
  return {
    tracking: detection.tracking,
    text: ticketText(
      detection,
      connection.mappings,
      detectionUrl(work, publicUrl),
      work.link.previousTickets,
    ),
  }
}

/** The detection's page at this gateway; `null`: it has no public address. */
export function detectionUrl(
  { detection }: Pick<LinkWork, 'detection'>,
  publicUrl: string | null,
): string | null {
  return publicUrl === null ? null : `${publicUrl}/detections/${detection.detectionId}`
}
