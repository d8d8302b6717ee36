import { sql, type Transaction } from 'kysely'
import {
  plainText,
  syncFields,
  type SyncBase,
  type SyncField,
  type SyncPlan,
  type Ticket,
  type TicketUpdate,
} from '@tripline/core'
import type { Database } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import { trackWithin } from '../detections/track-detections.ts'
import { recordEvents, type ChangeOrigin, type LedgerEvent } from '../ledger/ledger.ts'
import type { LinkWork } from './link-work.ts'
import {
  decisionsFor,
  holdLink,
  linkChange,
  LinkSuperseded,
  lockDetection,
  ticketColumns,
  updateLink,
  type TicketLink,
} from './link.ts'

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

/** Stores the identity of a link's ticket the moment it is known, and gives the detection its ticket id. */
export async function storeNewTicket(
  transaction: Transaction<Tables>,
  work: LinkWork,
  ticket: Ticket,
  base: SyncBase,
  kind: 'TICKET_CREATED' | 'TICKET_LINKED',
  origin: ChangeOrigin,
): Promise<void> {
  const { link, detection } = work
  await holdLink(transaction, link)
  await updateLink(transaction, link.linkId, {
    ...ticketColumns(ticket),
    state: 'active',
    base: JSON.stringify(base),
    create_begun_at: null,
    attempts: 0,
  })
  const change = { ...linkChange(work), ticketKey: ticket.key, ticketUrl: ticket.url }
  await recordEvents(transaction, [{ kind, detectionId: detection.detectionId, change }], origin)
  if (!link.isPrimary) return
  const request = { detectionId: detection.detectionId, change: { ticketId: ticket.key } }
  const [result] = await trackWithin(transaction, [request], 'integration', origin)
  if (result?.error) throw result.error
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
    { kind: 'TICKET_CREATED', detectionId, change: { ...change, ticketUrl: url } },
    { kind: 'TICKET_UNLINKED', detectionId, change },
  ]
  await recordEvents(transaction, events, origin)
}

/** Stores what a write to the ticket came to, and which conflicts it carried out. */
export async function storeRound(
  database: Database,
  work: LinkWork,
  plan: SyncPlan,
  update: TicketUpdate,
  base: SyncBase,
  origin: ChangeOrigin,
): Promise<void> {
  const { link } = work
  const standing = plan.conflicts.filter(
    ({ field, winner }) =>
      winner === null || (winner === 'ours' && base[field]?.ours !== (plan.written[field] ?? null)),
  )
  await database.transaction().execute(async (transaction) => {
    await holdLink(transaction, link)
    await updateLink(transaction, link.linkId, {
      ...ticketColumns(update.ticket),
      base: JSON.stringify(base),
      conflicts: JSON.stringify(standing),
      decisions: JSON.stringify(
        decisionsFor(
          link,
          standing.map(({ field }) => field),
        ),
      ),
    })
    await recordEvents(transaction, roundEvents(work, plan, update), origin)
  })
}

function roundEvents(work: LinkWork, plan: SyncPlan, update: TicketUpdate): readonly LedgerEvent[] {
  const { detectionId } = work.link
  const change = linkChange(work)
  const overwritten = update.overwritten.map(({ field, value }): LedgerEvent => ({
    kind: 'SYNC_CONFLICT',
    detectionId,
    change: {
      ...change,
      conflict: {
        field,
        ours: writtenText(field, plan),
        theirs: value,
        winner: 'ours',
        reason: 'both_changed',
      },
    },
  }))
  const isRefused = (field: string): boolean => update.refused.some((refusal) => refusal.field === field)
  const fields = syncFields.filter((field) => plan.written[field] !== undefined && !isRefused(field))
  const isKnown = fields.length === 0 && work.link.reason?.code === update.refused[0]?.code.toUpperCase()
  if (isKnown) return overwritten
  const written = { ...change, fields, refused: update.refused }
  return [...overwritten, { kind: 'TICKET_WRITTEN', detectionId, change: written }]
}

/** What was written to a field, as people read it. */
function writtenText(field: SyncField, { written, outbound }: SyncPlan): string | null {
  if (field !== 'description' || outbound.description === undefined) return written[field] ?? null
  return plainText(outbound.description).slice(0, 2_000)
}

/** Records that both sides agree; if the link was asked for again meanwhile, that request stands. */
export async function storeVerified(database: Database, work: LinkWork, origin: ChangeOrigin): Promise<void> {
  const { link, detection } = work
  await database.transaction().execute(async (transaction) => {
    await holdLink(transaction, link)
    const { rows } = await sql<{ settled: boolean }>`
      update ticket_links set
        state = 'active', last_verified_at = clock_timestamp(), attempts = 0, updated_at = clock_timestamp(),
        reason = null,
        sync_state = case when requested = ${link.requested} then 'in_sync' else sync_state end,
        next_attempt_at = case when requested = ${link.requested} then null else next_attempt_at end
      where link_id = ${link.linkId}
      returning sync_state = 'in_sync' as settled`.execute(transaction)
    if (rows[0]?.settled !== true || link.syncState === 'in_sync') return
    const change = linkChange(work)
    await recordEvents(
      transaction,
      [{ kind: 'SYNC_SETTLED', detectionId: detection.detectionId, change }],
      origin,
    )
  })
}
