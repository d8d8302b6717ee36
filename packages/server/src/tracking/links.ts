import { sql, type Transaction } from 'kysely'
import {
  backlinkTo,
  DetectionNotFound,
  InvalidInput,
  NotFound,
  syncFields,
  ticketDraft,
  TicketLinkExists,
  TrackingDisabled,
  type DedupeKey,
  type Detection,
  type JsonValue,
  type SyncField,
} from '@tripline/core'
import type { Database } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import { toDetection } from '../detections/detection-row.ts'
import { trackWithin } from '../detections/track-detections.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import { tracingCalls } from '../plugin-host/call-trace.ts'
import type { Adapters } from './adapters.ts'
import { getConnection } from './connection.ts'
import { dedupeKeyFor, insertLinks, nextDedupeKey } from './decide-tickets.ts'
import { detectionUrl, loadLinkWork } from './link-work.ts'
import { linkChange, lockDetection, toLink, updateLink, withoutTicket, type TicketLink } from './link.ts'
import { queueReconcile } from './reconcile-jobs.ts'
import { storeNewTicket } from './store-new-tickets.ts'
import { getTrackingSettings } from './tracking-settings-store.ts'

/** What the work on links needs. */
export interface LinkDeps {
  readonly database: Database
  readonly adapters: Adapters
  readonly publicUrl: string | null
}

/** Names the place of a ticket: one detection on one connection. */
export interface LinkPlace {
  readonly detectionId: string
  readonly connectionId: string
}

const CALL_TIMEOUT_MS = 30_000

/**
 * Asks for a detection's ticket, or lets one that is held go ahead, and returns the link's id. The ticket itself is
 * created in the background.
 *
 * @throws DetectionNotFound, NotFound, TrackingDisabled, TicketLinkExists
 */
export async function createTicket(
  { database }: LinkDeps,
  place: LinkPlace,
  origin: ChangeOrigin,
): Promise<string> {
  return await database.transaction().execute((transaction) => requestTicket(transaction, place, origin))
}

/**
 * Links a detection to an existing ticket, puts the link back on the ticket, and returns the link's id. Both sides are
 * then reconciled; where they differ, the ticket's words are left as they are.
 *
 * @throws DetectionNotFound, NotFound, TrackingDisabled, TicketLinkExists
 * @throws TicketingError when the reference is not a ticket of this connection, or it cannot be reached now
 */
export async function linkTicket(
  { database, adapters, publicUrl }: LinkDeps,
  place: LinkPlace & { readonly reference: string },
  origin: ChangeOrigin,
): Promise<string> {
  const reference = place.reference.trim()
  if (reference === '') {
    throw new InvalidInput('Give the key or the URL of a ticket.', [
      { path: 'reference', message: 'is empty' },
    ])
  }
  const connection = await getConnection(database, place.connectionId)
  const detection = await getDetection(database, place.detectionId)
  await requireExternalTracking(database)
  const known = await findLink(database, place)
  refuseFollowed(known, connection.name)
  const key = dedupeKeyOfNext(place, known)
  const url = publicUrl === null ? null : `${publicUrl}/detections/${detection.detectionId}`
  const call = { signal: AbortSignal.timeout(CALL_TIMEOUT_MS), traceId: origin.traceId }
  const adapter = adapters.adapterFor(connection)
  const ticket = await tracingCalls({ traceId: origin.traceId, connection: connection.name }, () =>
    adapter.link(reference, backlinkTo(detection, key, url), call),
  )
  return await database.transaction().execute(async (transaction) => {
    const linkId = await putLink(transaction, place, known, key, origin)
    const work = await loadLinkWork(transaction, linkId)
    if (work === null) throw new NotFound('ticket link', linkId)
    const born = { kind: 'TICKET_LINKED', ticket, base: {}, agreement: null, sent: null } as const
    await storeNewTicket(transaction, { work, born, origin })
    await queueReconcile(transaction, [{ linkId, lane: 'change' }], origin.traceId)
    return linkId
  })
}

/**
 * Stops following a ticket; the link stays to be looked at. When it gave the detection its ticket id, another followed
 * ticket takes that place, or the detection has none.
 *
 * @throws NotFound
 */
export async function unlinkTicket(
  { database }: LinkDeps,
  linkId: string,
  origin: ChangeOrigin,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const found = await loadLinkWork(transaction, checkLinkId(linkId))
    if (found === null) throw new NotFound('ticket link', linkId)
    await lockDetection(transaction, found.link.detectionId)
    // Once more: whoever had the lock may have changed what it is about.
    const work = (await loadLinkWork(transaction, linkId)) ?? found
    if (work.link.state === 'detached') return
    const reason = { code: 'UNLINKED', message: `${origin.actor.name} unlinked the ticket.`, field: null }
    await updateLink(transaction, linkId, {
      state: 'detached',
      sync_state: 'in_sync',
      reason: JSON.stringify(reason),
      is_primary: false,
      next_attempt_at: null,
    })
    const { detectionId } = work.link
    await recordEvents(
      transaction,
      [{ kind: 'TICKET_UNLINKED', detectionId, change: linkChange(work) }],
      origin,
    )
    if (!work.link.isPrimary) return
    const ticketId = await promoteLink(transaction, detectionId)
    const sameTicket = work.detection.tracking.ticketId === (work.link.ticket?.key ?? null)
    if (sameTicket && work.settings.externalTracking) {
      await trackWithin(transaction, [{ detectionId, change: { ticketId } }], 'integration', origin)
    }
  })
}

/** Tries again whatever kept a link from being in sync, refused notes included. @throws NotFound */
export async function retryTicketSync(
  { database }: LinkDeps,
  linkId: string,
  origin: ChangeOrigin,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ state: string; remote_id: string | null }>`
      update ticket_links set
        sync_state = 'pending', requested = requested + 1, attempts = 0, next_attempt_at = clock_timestamp()
      where link_id = ${checkLinkId(linkId)} and state not in ('held', 'detached')
      returning state, remote_id`.execute(transaction)
    if (rows.length === 0) throw new NotFound('followed ticket link', linkId)
    await transaction
      .updateTable('ticket_comments')
      .set({ reason: null })
      .where('link_id', '=', linkId)
      .where('comment_id', 'is', null)
      .execute()
    const lane = rows[0]?.remote_id === null ? 'create' : 'change'
    await queueReconcile(transaction, [{ linkId, lane }], origin.traceId)
  })
}

/**
 * Decides an open conflict: the side that is chosen is carried over to the other.
 *
 * @throws NotFound, InvalidInput when there is no open conflict on the field
 */
export async function resolveSyncConflict(
  { database }: LinkDeps,
  choice: { readonly linkId: string; readonly field: string; readonly winner: 'ours' | 'theirs' },
  origin: ChangeOrigin,
): Promise<void> {
  const field = syncFields.find((known) => known === choice.field)
  await database.transaction().execute(async (transaction) => {
    const row = await transaction
      .selectFrom('ticket_links')
      .selectAll()
      .where('link_id', '=', checkLinkId(choice.linkId))
      .forUpdate()
      .executeTakeFirst()
    if (row === undefined) throw new NotFound('ticket link', choice.linkId)
    const link = toLink(row)
    if (
      field === undefined ||
      !link.conflicts.some((conflict) => conflict.field === field && conflict.winner === null)
    ) {
      const undecided = link.conflicts.filter(({ winner }) => winner === null)
      const open = undecided.map((conflict) => conflict.field).join(', ') || 'none'
      const message = `There is no open conflict on ${choice.field}; open: ${open}.`
      throw new InvalidInput(message, [{ path: 'field', message }])
    }
    const decisions: Partial<Record<SyncField, 'ours' | 'theirs'>> = {
      ...link.decisions,
      [field]: choice.winner,
    }
    await updateLink(transaction, link.linkId, {
      decisions: JSON.stringify(decisions),
      sync_state: 'pending',
      requested: link.requested + 1,
      next_attempt_at: sql`clock_timestamp()`,
    })
    await queueReconcile(transaction, [{ linkId: link.linkId, lane: 'change' }], origin.traceId)
  })
}

/**
 * Exactly what the ticketing system would be sent to create a detection's ticket. Nothing is sent.
 *
 * @throws DetectionNotFound, NotFound
 */
export async function previewTicket(
  { database, adapters, publicUrl }: LinkDeps,
  place: LinkPlace,
): Promise<JsonValue> {
  const connection = await getConnection(database, place.connectionId)
  const detection = await getDetection(database, place.detectionId)
  const adapter = adapters.adapterFor(connection)
  const url = detectionUrl({ detection }, publicUrl)
  const draft = ticketDraft(
    detection,
    connection.mappings,
    dedupeKeyFor(place.detectionId, place.connectionId),
    url,
  )
  return adapter.render?.(draft) ?? (draft as unknown as JsonValue)
}

async function requestTicket(
  transaction: Transaction<Tables>,
  place: LinkPlace,
  origin: ChangeOrigin,
): Promise<string> {
  const connection = await getConnection(transaction, place.connectionId)
  await getDetection(transaction, place.detectionId)
  await requireExternalTracking(transaction)
  const known = await findLink(transaction, place)
  refuseFollowed(known, connection.name)
  const linkId = await putLink(transaction, place, known, dedupeKeyOfNext(place, known), origin)
  await queueReconcile(transaction, [{ linkId, lane: 'create' }], origin.traceId)
  return linkId
}

/** Stores a link that is to have a new ticket: a fresh row, or the row of a link that was held or detached. */
async function putLink(
  transaction: Transaction<Tables>,
  place: LinkPlace,
  known: TicketLink | null,
  dedupeKey: DedupeKey,
  origin: ChangeOrigin,
): Promise<string> {
  const connection = await getConnection(transaction, place.connectionId)
  if (known !== null) {
    await updateLink(transaction, known.linkId, withoutTicket(dedupeKey))
    await promoteLink(transaction, place.detectionId)
    return known.linkId
  }
  const link = {
    detection_id: place.detectionId,
    connection_id: place.connectionId,
    dedupe_key: dedupeKey,
    state: 'creating' as const,
    rule_name: null,
  }
  const events = await insertLinks(transaction, [link], [connection], origin.traceId)
  const stored = await findLink(transaction, place)
  if (events.length === 0 || stored === null) {
    throw new TicketLinkExists(place.detectionId, connection.name, stored?.ticket?.key ?? null)
  }
  await recordEvents(transaction, events, origin)
  return stored.linkId
}

/** Makes the oldest followed link the primary one if there is none; returns its ticket's key. */
async function promoteLink(transaction: Transaction<Tables>, detectionId: string): Promise<string | null> {
  const { rows } = await sql<{ ticket_key: string | null }>`
    update ticket_links set is_primary = true
    where link_id = (
      select link_id from ticket_links where detection_id = ${detectionId} and state <> 'detached'
      order by created_at, link_id limit 1
    ) and not exists (select from ticket_links where detection_id = ${detectionId} and is_primary)
    returning ticket_key`.execute(transaction)
  return rows[0]?.ticket_key ?? null
}

function refuseFollowed(link: TicketLink | null, connection: string): void {
  if (link === null || link.state === 'held' || link.state === 'missing' || link.state === 'detached') return
  throw new TicketLinkExists(link.detectionId, connection, link.ticket?.key ?? null)
}

/** A ticket that replaces another one must not be taken for it. */
function dedupeKeyOfNext(place: LinkPlace, known: TicketLink | null): DedupeKey {
  return known === null || known.state === 'held'
    ? dedupeKeyFor(place.detectionId, place.connectionId)
    : nextDedupeKey(known)
}

async function findLink(database: Database, place: LinkPlace): Promise<TicketLink | null> {
  const row = await database
    .selectFrom('ticket_links')
    .selectAll()
    .where('detection_id', '=', place.detectionId)
    .where('connection_id', '=', place.connectionId)
    .executeTakeFirst()
  return row === undefined ? null : toLink(row)
}

async function getDetection(database: Database, detectionId: string): Promise<Detection> {
  const row = await database
    .selectFrom('detections')
    .selectAll()
    .where('detection_id', '=', detectionId)
    .executeTakeFirst()
  if (row === undefined) throw new DetectionNotFound(detectionId)
  return toDetection(row)
}

async function requireExternalTracking(database: Database): Promise<void> {
  if ((await getTrackingSettings(database)).externalTracking) return
  throw new TrackingDisabled(
    'External tracking is off, so detections cannot have tickets; an administrator can turn it on in the tracking settings.',
  )
}

function checkLinkId(linkId: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/iu.test(linkId)) return linkId
  throw new NotFound('ticket link', linkId)
}
