import { sql, type Transaction } from 'kysely'
import type { DomainError, LinkSyncState, SyncBase, SyncPlan, Ticket, TrackingChange } from '@tripline/core'
import type { Database } from '../database/client.ts'
import { plannedRows } from '../database/one-of.ts'
import type { Tables } from '../database/tables.ts'
import { storeTracking } from '../detections/track-detections.ts'
import {
  recordEvents,
  recordWorks,
  type ChangeOrigin,
  type LedgerEvent,
  type TicketGot,
  type TicketSent,
} from '../ledger/ledger.ts'
import { requestSourceSync } from '../sources/source-jobs.ts'
import type { LinkWork } from './link-work.ts'
import {
  holdLinks,
  linkChange,
  LinkSuperseded,
  lockDetection,
  seenTicketColumn,
  ticketColumns,
  wasRead,
  type TicketLink,
} from './link.ts'
import { requestReconcile } from './reconcile-jobs.ts'
import { seenTicket } from './store-round.ts'

/** That the create of a link's ticket is about to be made, or what is known of it afterwards. */
export interface CreateIntent {
  readonly link: TicketLink
  /** Since when the create may have been carried out; `null`: certainly none was. */
  readonly since: Date | null
}

/** Stores intents, and returns the ids of those links that still want their ticket; the others are left as they are. */
export async function storeIntents(
  database: Database,
  intents: readonly CreateIntent[],
): Promise<ReadonlySet<string>> {
  const records = intents.map(({ link, since }) => ({
    link_id: link.linkId,
    dedupe_key: link.dedupeKey,
    since,
  }))
  const { rows } = await sql<{ link_id: string }>`
    with held as materialized (
      select link.link_id, intent.since
      from (
        select * from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as given(
          link_id uuid, dedupe_key text, since timestamptz
        ) ${plannedRows(intents.length)}
      ) intent
      join ticket_links link using (link_id)
      where link.dedupe_key = intent.dedupe_key and link.state <> 'detached'
      order by link.link_id
      for update of link
    )
    update ticket_links set create_begun_at = held.since from held
    where ticket_links.link_id = held.link_id
    returning ticket_links.link_id`.execute(database)
  return new Set(rows.map(({ link_id }) => link_id))
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

/** A link that gets a ticket, and the work in which it does. */
export interface TicketToStore {
  readonly work: LinkWork
  readonly born: NewTicket
  readonly origin: ChangeOrigin
}

/** Whether both sides agree now, so that nothing is left to be done; or why nothing was stored. */
export type StoredTicket = { readonly agrees: boolean } | { readonly error: Error }

/**
 * Stores the identity of a link's ticket the moment it is known, and gives the detection its ticket id. Returns whether
 * both sides agree with that, so that nothing is left to be done.
 *
 * @throws LinkSuperseded
 */
export async function storeNewTicket(
  transaction: Transaction<Tables>,
  ticket: TicketToStore,
): Promise<boolean> {
  const [stored] = await storeNewTickets(transaction, [ticket])
  if (stored === undefined) throw new Error('The ticket was not looked at.')
  if ('error' in stored) throw stored.error
  return stored.agrees
}

/** {@link storeNewTicket} for tickets of different detections, each with its own outcome. */
export async function storeNewTickets(
  transaction: Transaction<Tables>,
  tickets: readonly TicketToStore[],
): Promise<readonly StoredTicket[]> {
  const held = await holdLinks(
    transaction,
    tickets.map(({ work }) => work.link),
  )
  const kept = tickets.filter(({ work }) => held.has(work.link.linkId))
  const tracked = await trackNewTickets(transaction, kept)
  const storable = kept.flatMap((ticket) => {
    const tracking = tracked.get(ticket.work.link.linkId)
    return tracking === undefined || tracking.error !== null ? [] : [{ ...ticket, tracking }]
  })
  const syncStates = await fillLinks(transaction, storable)
  await recordWorks(
    transaction,
    storable.map(({ work, born, origin, tracking }) => ({
      events: bornEvents(work, born, tracking, syncStates.get(work.link.linkId)),
      origin,
    })),
  )
  for (const { work, origin, tracking } of storable) {
    const hasOthers = held.get(work.link.linkId)?.hasOthers === true
    if (!hasOthers && origin.connectionId === work.link.connectionId) continue
    await requestReconcile(transaction, tracking.changed, origin.connectionId, origin.traceId)
    await requestSourceSync(transaction, tracking.changed, origin.connectionId, origin.traceId)
  }
  return tickets.map(({ work: { link } }): StoredTicket => {
    const tracking = tracked.get(link.linkId)
    if (tracking === undefined) return { error: new LinkSuperseded(link.linkId) }
    return tracking.error === null ? { agrees: tracking.agrees } : { error: tracking.error }
  })
}

/** What became of a detection that got a ticket. */
interface TicketTracking {
  /** Whether all was stored that the sides need to agree on everything. */
  readonly agrees: boolean
  readonly error: DomainError | null
  readonly changed: readonly string[]
  readonly events: readonly LedgerEvent[]
}

/**
 * Gives detections their ticket ids, and where that is all the sides need to agree also what is taken from the ticket; what
 * our rules refuse of that is left to be merged. Returns what became of each by the link's id.
 */
async function trackNewTickets(
  transaction: Transaction<Tables>,
  tickets: readonly TicketToStore[],
): Promise<ReadonlyMap<string, TicketTracking>> {
  const named = ({ work, born }: TicketToStore): TrackingChange =>
    work.link.isPrimary ? { ticketId: born.ticket.key } : {}
  const agreements = tickets.flatMap((each) => {
    const { agreement } = each.born
    if (agreement === null) return []
    const change = { ...named(each), ...agreement.inbound }
    return [{ ...each, change, expectedVersion: each.work.detection.version }]
  })
  const agreed = await trackEach(transaction, agreements)
  const rest = tickets
    .filter(({ work }) => agreed.get(work.link.linkId)?.error !== null)
    .map((each) => ({ ...each, change: named(each), expectedVersion: undefined }))
  const others = await trackEach(transaction, rest)
  return new Map(
    tickets.flatMap(({ work: { link } }) => {
      const other = others.get(link.linkId)
      const tracking = other ?? agreed.get(link.linkId)
      return tracking === undefined ? [] : [[link.linkId, { ...tracking, agrees: other === undefined }]]
    }),
  )
}

async function trackEach(
  transaction: Transaction<Tables>,
  tickets: readonly (TicketToStore & {
    readonly change: TrackingChange
    readonly expectedVersion: number | undefined
  })[],
): Promise<ReadonlyMap<string, Omit<TicketTracking, 'agrees'>>> {
  const requests = tickets.flatMap(({ work, change, expectedVersion }) =>
    Object.keys(change).length === 0 ? [] : [{ detectionId: work.link.detectionId, change, expectedVersion }],
  )
  const { results, changed, events } =
    requests.length === 0
      ? { results: [], changed: [], events: [] }
      : await storeTracking(transaction, requests, 'integration')
  return new Map(
    tickets.map(({ work: { link } }) => {
      const { detectionId } = link
      const error = results.find((result) => result.detectionId === detectionId)?.error ?? null
      return [
        link.linkId,
        {
          error,
          changed: changed.filter((id) => id === detectionId),
          events: events.filter((event) => event.detectionId === detectionId),
        },
      ]
    }),
  )
}

/** Writes new tickets into the rows of their links, and returns the links' sync states after that. */
async function fillLinks(
  transaction: Transaction<Tables>,
  tickets: readonly (TicketToStore & { readonly tracking: TicketTracking })[],
): Promise<ReadonlyMap<string, LinkSyncState>> {
  if (tickets.length === 0) return new Map()
  const records = tickets.map(({ work, born, tracking: { agrees } }) => ({
    ...ticketColumns(born.ticket),
    link_id: work.link.linkId,
    ticket: seenTicketColumn(born.ticket),
    base: agrees && born.agreement !== null ? born.agreement.base : born.base,
    agrees,
    asked: work.link.requested,
  }))
  const { rows } = await sql<{ link_id: string; sync_state: LinkSyncState }>`
    update ticket_links set
      remote_id = given.remote_id, ticket_key = given.ticket_key, ticket_url = given.ticket_url,
      container = given.container, ticket = given.ticket, base = given.base, state = 'active', create_begun_at = null,
      attempts = 0, updated_at = clock_timestamp(),
      last_verified_at = case when given.agrees then clock_timestamp() else last_verified_at end,
      reason = case when given.agrees then null else reason end,
      sync_state = case when given.agrees and requested = given.asked then 'in_sync' else sync_state end,
      next_attempt_at = case when given.agrees and requested = given.asked then null else next_attempt_at end
    from (
      select * from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as born(
        link_id uuid, remote_id text, ticket_key text, ticket_url text, container text, ticket jsonb, base jsonb,
        agrees boolean, asked integer
      ) ${plannedRows(tickets.length)}
    ) given
    where ticket_links.link_id = given.link_id
    returning ticket_links.link_id, sync_state`.execute(transaction)
  return new Map(rows.map(({ link_id, sync_state }) => [link_id, sync_state]))
}

function bornEvents(
  work: LinkWork,
  { kind, ticket, sent }: NewTicket,
  { agrees, events }: TicketTracking,
  syncState: LinkSyncState | undefined,
): readonly LedgerEvent[] {
  const { detectionId } = work.link
  const change = { ...linkChange(work), ticketKey: ticket.key }
  return [
    { kind, detectionId, change: { ...change, ...gotTicket(ticket, sent) } },
    ...events,
    ...(agrees && syncState === 'in_sync' ? [{ kind: 'SYNC_SETTLED' as const, detectionId, change }] : []),
  ]
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

function gotTicket(ticket: Ticket, sent: TicketSent | null): TicketGot {
  return { ticketUrl: ticket.url, sent, seen: wasRead(ticket) ? seenTicket(ticket) : null }
}
