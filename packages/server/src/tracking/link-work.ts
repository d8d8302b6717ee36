import { ticketText, type Detection, type OurSide, type TrackingSettings } from '@tripline/core'
import type { Database } from '../database/client.ts'
import { toDetection } from '../detections/detection-row.ts'
import { toConnection, type TicketingConnection } from './connection.ts'
import { toLink, type TicketLink } from './link.ts'
import { getTrackingSettings } from './tracking-settings-store.ts'

/** Everything that work on one link looks at, read at one moment. */
export interface LinkWork {
  readonly link: TicketLink
  readonly detection: Detection
  readonly connection: TicketingConnection
  readonly settings: TrackingSettings
}

/** Reads a link with what belongs to it; `null`: there is no such link. */
export async function loadLinkWork(database: Database, linkId: string): Promise<LinkWork | null> {
  const row = await database
    .selectFrom('ticket_links')
    .selectAll()
    .where('link_id', '=', linkId)
    .executeTakeFirst()
  if (row === undefined) return null
  const [detection, connection, settings] = await Promise.all([
    database
      .selectFrom('detections')
      .selectAll()
      .where('detection_id', '=', row.detection_id)
      .executeTakeFirstOrThrow(),
    database
      .selectFrom('ticketing_connections')
      .selectAll()
      .where('connection_id', '=', row.connection_id)
      .executeTakeFirstOrThrow(),
    getTrackingSettings(database),
  ])
  return {
    link: toLink(row),
    detection: toDetection(detection),
    connection: toConnection(connection),
    settings,
  }
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
