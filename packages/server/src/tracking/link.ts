import { sql, type Selectable, type Transaction, type UpdateObject } from 'kysely'
import {
  ticketIdSchema,
  type DedupeKey,
  type LinkReason,
  type LinkState,
  type LinkSyncState,
  type SyncBase,
  type SyncConflict,
  type SyncField,
  type Ticket,
  type TicketName,
  type TicketRef,
} from '@tripline/core'
import type { Database } from '../database/client.ts'
import { oneOf } from '../database/one-of.ts'
import type { Tables, TicketLinksTable } from '../database/tables.ts'

/** The link between one detection and its ticket in one connection. */
export interface TicketLink {
  readonly linkId: string
  readonly detectionId: string
  readonly connectionId: string
  readonly dedupeKey: DedupeKey
  readonly state: LinkState
  readonly syncState: LinkSyncState
  readonly reason: LinkReason | null
  readonly isPrimary: boolean
  /** `null` until the ticket is known. */
  readonly ticket: TicketRef | null
  /** The ticket as it was last read: before a write, what the write was decided on. `null`: never. */
  readonly seen: Ticket | null
  readonly container: string | null
  /** Tickets that the detection had on this connection before, oldest first. */
  readonly previousTickets: readonly TicketName[]
  readonly base: SyncBase
  readonly conflicts: readonly SyncConflict[]
  readonly decisions: Readonly<Partial<Record<SyncField, 'ours' | 'theirs'>>>
  readonly createBegunAt: Date | null
  readonly requested: number
  readonly attempts: number
}

/** A link from its row. */
export function toLink(row: Selectable<TicketLinksTable>): TicketLink {
  return {
    linkId: row.link_id,
    detectionId: row.detection_id,
    connectionId: row.connection_id,
    dedupeKey: row.dedupe_key as DedupeKey,
    state: row.state,
    syncState: row.sync_state,
    reason: row.reason,
    isPrimary: row.is_primary,
    ticket:
      row.remote_id === null
        ? null
        : { id: ticketIdSchema.parse(row.remote_id), key: row.ticket_key ?? row.remote_id },
    seen: seenTicket(row.ticket),
    container: row.container,
    previousTickets: row.previous_tickets,
    base: row.base,
    conflicts: row.conflicts,
    decisions: row.decisions,
    createBegunAt: row.create_begun_at,
    requested: row.requested,
    attempts: row.attempts,
  }
}

function seenTicket(stored: Selectable<TicketLinksTable>['ticket']): Ticket | null {
  return stored === null || !wasRead(stored) ? null : { ...stored, updatedAt: new Date(stored.updatedAt) }
}

/** Whether a created ticket could be read afterwards: if not, its identity is known and what it was born with is not. */
export function wasRead({ status }: Pick<Ticket, 'status'>): boolean {
  return status.id !== ''
}

/** The columns that show a ticket as it was last read. */
export function ticketColumns(ticket: Ticket): {
  remote_id: string
  ticket_key: string
  ticket_url: string
  container: string
  ticket: string
} {
  return {
    remote_id: ticket.id,
    ticket_key: ticket.key,
    ticket_url: ticket.url,
    container: ticket.container,
    ticket: JSON.stringify(seenTicketColumn(ticket)),
  }
}

/** What is kept of a ticket as it was last read. */
export function seenTicketColumn(ticket: Ticket): object {
  // The texts are read anew whenever they are needed; kept, they would only be large.
  return { ...ticket, content: { summary: ticket.content.summary ?? null } }
}

/** Changes one link's row. */
export async function updateLink(
  database: Database,
  linkId: string,
  columns: UpdateObject<Tables, 'ticket_links', 'ticket_links'>,
): Promise<void> {
  await database
    .updateTable('ticket_links')
    .set(columns)
    .set({ updated_at: sql`clock_timestamp()` })
    .where('link_id', '=', linkId)
    .execute()
}

/**
 * Changes the row of a link that work began with, and returns its sync state after that.
 *
 * @throws LinkSuperseded when the work is about a ticket that the link does not follow any more
 */
export async function updateFollowed(
  database: Database,
  { linkId, dedupeKey, ticket }: TicketLink,
  columns: UpdateObject<Tables, 'ticket_links', 'ticket_links'>,
): Promise<LinkSyncState> {
  const [row] = await database
    .updateTable('ticket_links')
    .set(columns)
    .set({ updated_at: sql`clock_timestamp()` })
    .where('link_id', '=', linkId)
    .where('state', '<>', 'detached')
    .where('dedupe_key', '=', dedupeKey)
    .where('remote_id', 'is not distinct from', ticket?.id ?? null)
    .returning('sync_state')
    .execute()
  if (row === undefined) throw new LinkSuperseded(linkId)
  return row.sync_state
}

/** A link is not any more what work on it began with: it was unlinked, or is to have another ticket. */
export class LinkSuperseded extends Error {
  constructor(linkId: string) {
    super(`The link ${linkId} was unlinked or got another ticket while it was worked on.`)
  }
}

/**
 * Locks a link that is about to be changed, along with its detection, by work that began before this transaction. Returns
 * whether the detection has other links, or one to the source that it comes from.
 *
 * @throws LinkSuperseded when what the work found out is about a ticket that the link does not follow any more
 */
export async function holdLink(transaction: Transaction<Tables>, link: TicketLink): Promise<boolean> {
  const held = (await holdLinks(transaction, [link])).get(link.linkId)
  if (held === undefined) throw new LinkSuperseded(link.linkId)
  return held.hasOthers
}

/** What is known of a link that was locked. */
interface HeldLink {
  /** Whether the detection has other links, or one to the source that it comes from. */
  readonly hasOthers: boolean
}

/**
 * {@link holdLink} for links of different detections, by the links' ids; those that do not follow their ticket any more
 * are missing. Detections are locked first and both in the order of their ids, as everywhere, so that nobody waits for
 * each other.
 */
export async function holdLinks(
  transaction: Transaction<Tables>,
  links: readonly TicketLink[],
): Promise<ReadonlyMap<string, HeldLink>> {
  const detectionIds = links.map(({ detectionId }) => detectionId)
  const linkIds = links.map(({ linkId }) => linkId)
  const { rows } = await sql<HeldRow>`
    with detection as materialized (
      select detection_id from detections where detection_id ${oneOf(detectionIds, 'bigint')} order by detection_id for update
    )
    select link.link_id, link.state, link.dedupe_key, link.remote_id,
      exists (
        select from ticket_links other
        where other.detection_id = link.detection_id and other.link_id <> link.link_id
      ) or exists (
        select from source_links where source_links.detection_id = link.detection_id
      ) as has_others
    from detection join ticket_links link using (detection_id)
    where link.link_id ${oneOf(linkIds, 'uuid')}
    order by link.link_id
    for update of link`.execute(transaction)
  const found = new Map(rows.map((row) => [row.link_id, row]))
  const held = new Map<string, HeldLink>()
  for (const { linkId, dedupeKey, ticket } of links) {
    const row = found.get(linkId)
    const isSame =
      row !== undefined &&
      row.state !== 'detached' &&
      row.dedupe_key === dedupeKey &&
      row.remote_id === (ticket?.id ?? null)
    if (isSame) held.set(linkId, { hasOthers: row.has_others })
  }
  return held
}

type HeldRow = Pick<Selectable<TicketLinksTable>, 'link_id' | 'state' | 'dedupe_key' | 'remote_id'> & {
  readonly has_others: boolean
}

/** Locks a detection before its links: the order in which everybody locks. */
export async function lockDetection(transaction: Transaction<Tables>, detectionId: string): Promise<void> {
  await transaction
    .selectFrom('detections')
    .select('detection_id')
    .where('detection_id', '=', detectionId)
    .forUpdate()
    .execute()
}

/** The columns of a link that is to have a new ticket: nothing of the one before is left. */
export function withoutTicket(dedupeKey: DedupeKey): UpdateObject<Tables, 'ticket_links', 'ticket_links'> {
  return {
    dedupe_key: dedupeKey,
    state: 'creating',
    sync_state: 'pending',
    reason: null,
    remote_id: null,
    ticket_key: null,
    ticket_url: null,
    container: null,
    ticket: null,
    base: '{}',
    conflicts: '[]',
    decisions: '{}',
    create_begun_at: null,
    attempts: 0,
    requested: sql<number>`requested + 1`,
    next_attempt_at: sql<Date>`clock_timestamp()`,
  }
}

/** What was decided about some fields of a link. */
export function decisionsFor(
  { decisions }: TicketLink,
  fields: readonly SyncField[],
): TicketLink['decisions'] {
  return Object.fromEntries(
    fields.flatMap((field) => (field in decisions ? [[field, decisions[field]]] : [])),
  )
}

/** How the ledger names a link. */
export function linkChange({
  link,
  connection,
}: {
  readonly link: TicketLink
  readonly connection: { readonly name: string }
}): {
  readonly linkId: string
  readonly connection: string
  readonly ticketKey: string | null
} {
  return { linkId: link.linkId, connection: connection.name, ticketKey: link.ticket?.key ?? null }
}
