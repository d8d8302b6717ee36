import { sql } from 'kysely'
import type { LinkReason, SyncConflict, TrackingState } from '@tripline/core'
import type { Site, SiteTicket } from './site.ts'
import type { Database } from '../../packages/server/src/database/client.ts'
import type { World } from './world.ts'

/** A row of the ledger. */
export interface LedgerRow {
  readonly eventId: string
  readonly kind: string
  readonly detectionId: string | null
  readonly connectionId: string | null
  readonly at: number
  readonly change: Readonly<Record<string, unknown>>
}

/** A link as it is stored. */
export interface LinkRow {
  readonly linkId: string
  readonly detectionId: string
  readonly connectionId: string
  readonly dedupeKey: string
  readonly state: string
  readonly syncState: string
  readonly reason: LinkReason | null
  readonly remoteId: string | null
  readonly ticketKey: string | null
  readonly isPrimary: boolean
  readonly conflicts: readonly SyncConflict[]
}

/** A detection as it is stored. */
interface DetectionRow extends TrackingState {
  readonly detectionId: string
  readonly externalId: string
  readonly title: string
  readonly updateTime: number
  readonly version: number
}

/** A ticket of a site, living or deleted. */
export interface KnownTicket {
  readonly site: Site
  readonly ticket: SiteTicket
}

/** All that there is to judge by, read once everything rests. */
export interface Evidence {
  readonly world: World
  /** In the order of readers: by transaction, then by id. */
  readonly ledger: readonly LedgerRow[]
  /** Of one detection, in the order in which they happened. */
  eventsOf(detectionId: string): readonly LedgerRow[]
  readonly links: readonly LinkRow[]
  readonly detections: ReadonlyMap<string, DetectionRow>
  readonly tickets: readonly KnownTicket[]
  ticketOf(link: LinkRow): KnownTicket | undefined
  /** By anything it was ever called. */
  ticketCalled(site: Site, key: string): KnownTicket | undefined
  readonly comments: readonly {
    readonly noteId: string
    readonly marker: string
    readonly commentId: string | null
    readonly linkId: string
    readonly reason: LinkReason | null
  }[]
}

/** Reads everything. */
export async function gatherEvidence(world: World): Promise<Evidence> {
  // At one moment: what is written later belongs together with what is read later.
  return await world.database
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute((database) => gatherWithin(world, database))
}

async function gatherWithin(world: World, database: Database): Promise<Evidence> {
  const events = await sql<{
    event_id: string
    kind: string
    detection_id: string | null
    connection_id: string | null
    at: Date
    change: Record<string, unknown>
  }>`select event_id, kind, detection_id, connection_id, at, change from detection_events order by xid, event_id`.execute(
    database,
  )
  const links = await database.selectFrom('ticket_links').selectAll().orderBy('detection_id').execute()
  const detections = await database.selectFrom('detections').selectAll().execute()
  const { rows: comments } = await sql<{
    note_id: string
    link_id: string
    marker: string
    comment_id: string | null
    reason: LinkReason | null
  }>`
    select note_id, link_id, 'tripline-note-' || note_id as marker, comment_id, comment.reason
    from detection_notes note
    join ticket_links link using (detection_id)
    left join ticket_comments comment using (note_id, link_id)
    where note.visibility = 'ticket'`.execute(database)
  const ledger = events.rows.map((row): LedgerRow => ({
    eventId: row.event_id,
    kind: row.kind,
    detectionId: row.detection_id,
    connectionId: row.connection_id,
    at: row.at.getTime(),
    change: row.change,
  }))
  const byDetection = Map.groupBy(
    ledger.toSorted((left, right) => Number(left.eventId) - Number(right.eventId)),
    ({ detectionId }) => detectionId,
  )
  const tickets = world.sites.flatMap((site) => site.tickets().map((ticket) => ({ site, ticket })))
  return {
    world,
    ledger,
    eventsOf: (detectionId) => byDetection.get(detectionId) ?? [],
    links: links.map((row) => ({
      linkId: row.link_id,
      detectionId: row.detection_id,
      connectionId: row.connection_id,
      dedupeKey: row.dedupe_key,
      state: row.state,
      syncState: row.sync_state,
      reason: row.reason,
      remoteId: row.remote_id,
      ticketKey: row.ticket_key,
      isPrimary: row.is_primary,
      conflicts: row.conflicts,
    })),
    detections: new Map(
      detections.map((row) => [
        row.detection_id,
        {
          detectionId: row.detection_id,
          externalId: row.external_id,
          title: row.title,
          updateTime: row.update_time.getTime(),
          status: row.status,
          resolution: row.resolution,
          assignee: row.assignee,
          ticketId: row.ticket_id,
          version: row.version,
        },
      ]),
    ),
    tickets,
    ticketOf: (link) =>
      tickets.find(
        ({ site, ticket }) => ticket.id === link.remoteId && site === world.siteOf(link.connectionId),
      ),
    ticketCalled: (site, key) =>
      tickets.find(({ site: of, ticket }) => of === site && ticket.keys.includes(key)),
    comments: comments.map((row) => ({
      noteId: row.note_id,
      marker: row.marker,
      commentId: row.comment_id,
      linkId: row.link_id,
      reason: row.reason,
    })),
  }
}
