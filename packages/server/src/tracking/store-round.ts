import { sql, type Transaction, type UpdateObject } from 'kysely'
import {
  plainText,
  syncFields,
  ticketText,
  type DomainError,
  type LinkSyncState,
  type OverwrittenValue,
  type SyncBase,
  type SyncField,
  type SyncPlan,
  type Ticket,
  type TicketUpdate,
  type TrackingChange,
} from '@tripline/core'
import type { Database } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import { storeTracking, type StoredTracking } from '../detections/track-detections.ts'
import {
  recordEvents,
  type ChangeOrigin,
  type LedgerEvent,
  type TicketGot,
  type TicketSeen,
  type TicketSent,
} from '../ledger/ledger.ts'
import { requestSourceSync } from '../sources/source-jobs.ts'
import type { LinkWork } from './link-work.ts'
import {
  decisionsFor,
  holdLink,
  linkChange,
  LinkSuperseded,
  lockDetection,
  ticketColumns,
  updateFollowed,
  wasRead,
  type TicketLink,
} from './link.ts'
import { requestReconcile } from './reconcile-jobs.ts'

/**
 * Stores since when a create of a link's ticket may have been carried out; `null`: certainly none was.
 *
 * @throws LinkSuperseded when it is not wanted any more
 */
export async function storeIntent(database: Database, link: TicketLink, since: Date | null): Promise<void> {
  const { numUpdatedRows } = await database
    .updateTable('ticket_links')
    .set({ create_begun_at: since })
    .where('link_id', '=', link.linkId)
    .where('dedupe_key', '=', link.dedupeKey)
    .where('state', '<>', 'detached')
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) throw new LinkSuperseded(link.linkId)
}

/** A ticket that a link gets. */
export interface NewTicket {
  readonly kind: 'TICKET_CREATED' | 'TICKET_LINKED'
  readonly ticket: Ticket
  /** What both sides agree on from the beginning. */
  readonly base: SyncBase
  /**
   * What is to be taken from the ticket for both sides to agree on everything; `null`: more is to be done than that, or
   * it is not known yet.
   */
  readonly agreement: Pick<SyncPlan, 'inbound' | 'base'> | null
  /** What it was created with; `null`: somebody else created it, or an attempt whose answer was lost. */
  readonly sent: TicketSent | null
}

/**
 * Stores the identity of a link's ticket the moment it is known, and gives the detection its ticket id. Returns whether
 * both sides agree with that, so that nothing is left to be done.
 *
 * @throws LinkSuperseded
 */
export async function storeNewTicket(
  transaction: Transaction<Tables>,
  work: LinkWork,
  { kind, ticket, base, agreement, sent }: NewTicket,
  origin: ChangeOrigin,
): Promise<boolean> {
  const { link, detection } = work
  const { detectionId } = detection
  const hasOthers = await holdLink(transaction, link)
  const named: TrackingChange = link.isPrimary ? { ticketId: ticket.key } : {}
  const agreed =
    agreement === null
      ? null
      : await store(transaction, detectionId, { ...named, ...agreement.inbound }, detection.version)
  const agrees = agreement !== null && agreed !== null && agreed.error === null
  const stored = agrees ? agreed : await store(transaction, detectionId, named)
  if (stored.error !== null) throw stored.error
  const syncState = await updateFollowed(transaction, link, {
    ...ticketColumns(ticket),
    state: 'active',
    base: JSON.stringify(agrees ? agreement.base : base),
    create_begun_at: null,
    attempts: 0,
    ...(agrees ? verifiedColumns(link) : {}),
  })
  const change = { ...linkChange(work), ticketKey: ticket.key }
  const events: readonly LedgerEvent[] = [
    { kind, detectionId, change: { ...change, ...gotTicket(ticket, sent) } },
    ...stored.events,
    ...(agrees && syncState === 'in_sync' ? [{ kind: 'SYNC_SETTLED' as const, detectionId, change }] : []),
  ]
  await recordEvents(transaction, events, origin)
  if (hasOthers || origin.connectionId !== link.connectionId) {
    await requestReconcile(transaction, stored.changed, origin.connectionId, origin.traceId)
    await requestSourceSync(transaction, stored.changed, origin.connectionId, origin.traceId)
  }
  return agrees
}

async function store(
  transaction: Transaction<Tables>,
  detectionId: string,
  change: TrackingChange,
  expectedVersion?: number,
): Promise<Pick<StoredTracking, 'changed' | 'events'> & { readonly error: DomainError | null }> {
  if (Object.keys(change).length === 0) return { changed: [], events: [], error: null }
  const request = { detectionId, change, expectedVersion }
  const { results, changed, events } = await storeTracking(transaction, [request], 'integration')
  return { changed, events, error: results[0]?.error ?? null }
}

/**
 * Stores that a ticket was created which its link does not want any more: it was unlinked meanwhile, or is to have
 * another ticket. It is not followed, and can be looked at.
 */
export async function storeUnfollowedTicket(
  transaction: Transaction<Tables>,
  work: LinkWork,
  ticket: Ticket,
  origin: ChangeOrigin,
): Promise<void> {
  const { link } = work
  const { detectionId } = link
  await lockDetection(transaction, detectionId)
  const { id: remoteId, key, url } = ticket
  const previous = JSON.stringify([{ key, url }])
  await sql`
    update ticket_links set updated_at = clock_timestamp(),
      create_begun_at = case when dedupe_key <> ${link.dedupeKey} then create_begun_at end,
      remote_id = case when dedupe_key = ${link.dedupeKey} then ${remoteId} else remote_id end,
      ticket_key = case when dedupe_key = ${link.dedupeKey} then ${key} else ticket_key end,
      ticket_url = case when dedupe_key = ${link.dedupeKey} then ${url} else ticket_url end,
      previous_tickets = case when dedupe_key = ${link.dedupeKey} then previous_tickets
        else previous_tickets || ${previous}::jsonb end
    where link_id = ${link.linkId}`.execute(transaction)
  const change = { ...linkChange(work), ticketKey: key }
  const events: LedgerEvent[] = [
    { kind: 'TICKET_CREATED', detectionId, change: { ...change, ...gotTicket(ticket, null) } },
    { kind: 'TICKET_UNLINKED', detectionId, change },
  ]
  await recordEvents(transaction, events, origin)
}

/** What a write to the ticket came to. */
export interface Round {
  readonly plan: SyncPlan
  readonly update: TicketUpdate
  /** What both sides agree on after it. */
  readonly base: SyncBase
  /** Whether both sides agree on everything. */
  readonly agrees: boolean
}

/** Stores what a write to the ticket came to, and which conflicts it carried out. @throws LinkSuperseded */
export async function storeRound(
  database: Database,
  work: LinkWork,
  { plan, update, base, agrees }: Round,
  origin: ChangeOrigin,
): Promise<void> {
  const { link } = work
  const standing = plan.conflicts.filter(
    ({ field, winner }) =>
      winner === null || (winner === 'ours' && base[field]?.ours !== (plan.written[field] ?? null)),
  )
  await database.transaction().execute(async (transaction) => {
    const syncState = await updateFollowed(transaction, link, {
      ...ticketColumns(update.ticket),
      base: JSON.stringify(base),
      conflicts: JSON.stringify(standing),
      decisions: JSON.stringify(
        decisionsFor(
          link,
          standing.map(({ field }) => field),
        ),
      ),
      ...(agrees ? verifiedColumns(link) : {}),
    })
    const settled = agrees ? settledEvents(work, syncState) : []
    await recordEvents(transaction, [...roundEvents(work, plan, update), ...settled], origin)
  })
}

/**
 * Stores what became of a write whose outcome was not known: what both sides held after it, and what it replaced.
 *
 * @throws LinkSuperseded
 */
export async function storeOutcome(
  database: Database,
  work: LinkWork,
  base: SyncBase,
  overwritten: readonly OverwrittenValue[],
  origin: ChangeOrigin,
): Promise<void> {
  const { link, detection, connection } = work
  const sent = (field: SyncField): string | null =>
    field === 'description'
      ? plainText(ticketText(detection, connection.mappings, null, link.previousTickets).description)
      : (link.base[field]?.sent?.ours ?? null)
  await database.transaction().execute(async (transaction) => {
    await updateFollowed(transaction, link, { base: JSON.stringify(base) })
    await recordEvents(transaction, overwrittenEvents(work, overwritten, sent), origin)
  })
}

function overwrittenEvents(
  work: LinkWork,
  overwritten: readonly OverwrittenValue[],
  written: (field: SyncField) => string | null,
): readonly LedgerEvent[] {
  return overwritten.map(({ field, value: theirs }) => ({
    kind: 'SYNC_CONFLICT',
    detectionId: work.link.detectionId,
    change: {
      ...linkChange(work),
      conflict: { field, ours: written(field), theirs, winner: 'ours', reason: 'both_changed' },
    },
  }))
}

function roundEvents(work: LinkWork, plan: SyncPlan, update: TicketUpdate): readonly LedgerEvent[] {
  const { detectionId } = work.link
  const change = linkChange(work)
  const overwritten = overwrittenEvents(work, update.overwritten, (field) => writtenText(field, plan))
  const isRefused = (field: string): boolean => update.refused.some((refusal) => refusal.field === field)
  const fields = syncFields.filter((field) => plan.written[field] !== undefined && !isRefused(field))
  const isKnown = fields.length === 0 && work.link.reason?.code === update.refused[0]?.code.toUpperCase()
  if (isKnown) return overwritten
  const sent = Object.fromEntries(
    syncFields.flatMap((field) =>
      plan.written[field] === undefined ? [] : [[field, writtenText(field, plan)]],
    ),
  )
  const written = { ...change, fields, sent, refused: update.refused, seen: seenTicket(update.ticket) }
  return [...overwritten, { kind: 'TICKET_WRITTEN', detectionId, change: written }]
}

function gotTicket(ticket: Ticket, sent: TicketSent | null): TicketGot {
  return { ticketUrl: ticket.url, sent, seen: wasRead(ticket) ? seenTicket(ticket) : null }
}

function seenTicket({ status, resolution, assignee }: Ticket): TicketSeen {
  return {
    status: status.name,
    resolution: resolution?.name ?? null,
    assignee: assignee?.name ?? null,
  }
}

/** What was written to a field, as people read it. */
function writtenText(field: SyncField, { written, outbound }: SyncPlan): string | null {
  if (field !== 'description' || outbound.description === undefined) return written[field] ?? null
  return plainText(outbound.description).slice(0, 2_000)
}

/** Records that both sides agree; if the link was asked for again meanwhile, that request stands. @throws LinkSuperseded */
export async function storeVerified(database: Database, work: LinkWork, origin: ChangeOrigin): Promise<void> {
  const { link } = work
  if (link.syncState === 'in_sync') {
    await updateFollowed(database, link, verifiedColumns(link))
    return
  }
  await database.transaction().execute(async (transaction) => {
    const syncState = await updateFollowed(transaction, link, verifiedColumns(link))
    await recordEvents(transaction, settledEvents(work, syncState), origin)
  })
}

/** The columns of a link whose sides agree. */
function verifiedColumns({ requested }: TicketLink): UpdateObject<Tables, 'ticket_links', 'ticket_links'> {
  const isLatest = sql`requested = ${requested}`
  return {
    state: 'active',
    last_verified_at: sql<Date>`clock_timestamp()`,
    attempts: 0,
    reason: null,
    sync_state: sql<LinkSyncState>`case when ${isLatest} then 'in_sync' else sync_state end`,
    next_attempt_at: sql<Date | null>`case when ${isLatest} then null else next_attempt_at end`,
  }
}

function settledEvents(work: LinkWork, syncState: LinkSyncState): readonly LedgerEvent[] {
  const { link, detection } = work
  if (syncState !== 'in_sync' || link.syncState === 'in_sync') return []
  return [{ kind: 'SYNC_SETTLED', detectionId: detection.detectionId, change: linkChange(work) }]
}
