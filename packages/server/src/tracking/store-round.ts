import { sql, type UpdateObject } from 'kysely'
import {
  plainText,
  syncFields,
  ticketText,
  type LinkSyncState,
  type OverwrittenValue,
  type SyncBase,
  type SyncField,
  type SyncPlan,
  type Ticket,
  type TicketUpdate,
} from '@tripline/core'
import type { Database } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import { recordEvents, type ChangeOrigin, type LedgerEvent, type TicketSeen } from '../ledger/ledger.ts'
import type { LinkWork } from './link-work.ts'
import { decisionsFor, linkChange, ticketColumns, updateFollowed, type TicketLink } from './link.ts'

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

/** What the ledger says of how a ticket was seen. */
export function seenTicket({ status, resolution, assignee }: Ticket): TicketSeen {
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
