import { isDeepStrictEqual } from 'node:util'
import {
  baseWhileWriting,
  syncFields,
  type FieldBase,
  type SyncBase,
  type SyncField,
  type SyncPlan,
  type TrackingChange,
} from '@tripline/core'
import type { Database } from '../database/client.ts'
import { recordEvents, type ChangeOrigin, type LedgerEvent } from '../ledger/ledger.ts'
import type { LinkWork } from './link-work.ts'
import { trackInbound, type RefusedInbound } from './track-inbound.ts'
import { decisionsFor, holdLink, linkChange, ticketColumns, updateFollowed } from './link.ts'

/** What became of a plan's inbound half. */
export type InboundResult =
  | {
      readonly outcome: 'applied'
      /** The plan, with the base as it was stored. */
      readonly plan: SyncPlan
      readonly refused: readonly RefusedInbound[]
    }
  /** The detection was changed after it was read: read it again and plan anew. */
  | { readonly outcome: 'outdated' }

/**
 * Applies what a plan takes from the ticket, records its conflicts, and stores the base as far as it is agreed on, in one
 * transaction.
 */
export async function applyInbound(
  database: Database,
  work: LinkWork,
  plan: SyncPlan,
  origin: ChangeOrigin,
): Promise<InboundResult> {
  const { link, detection } = work
  // A conflict stands until it is decided and the decision is carried out.
  const standing = plan.conflicts.filter(({ winner }) => winner !== 'theirs')
  const change = { ...plan.inbound, ...renamedTicket(work, plan) }
  const nothing =
    Object.keys(change).length === 0 &&
    Object.keys(plan.outbound).length === 0 &&
    isDeepStrictEqual(plan.base, link.base) &&
    isDeepStrictEqual(standing, link.conflicts) &&
    standing.length === plan.conflicts.length &&
    Object.keys(link.decisions).length === 0 &&
    plan.ticket.key === link.ticket?.key
  if (nothing) return { outcome: 'applied', plan, refused: [] }
  return await database.transaction().execute(async (transaction): Promise<InboundResult> => {
    // Only what changes the detection has to lock it, and then before its link.
    if (Object.keys(change).length > 0) await holdLink(transaction, link)
    const refused = await trackInbound(transaction, detection.detectionId, change, detection.version, origin)
    if (refused === 'outdated') return { outcome: 'outdated' }
    const base = withoutRefused(plan.base, link.base, refused)
    await updateFollowed(transaction, link, {
      ...ticketColumns(plan.ticket),
      base: JSON.stringify(withoutRefused(baseWhileWriting(plan), link.base, refused)),
      conflicts: JSON.stringify(standing),
      // A decision is spent once it is carried out.
      decisions: JSON.stringify(
        decisionsFor(
          link,
          syncFields.filter((field) => field in plan.written),
        ),
      ),
    })
    await recordEvents(transaction, conflictEvents(work, plan), origin)
    return { outcome: 'applied', plan: { ...plan, base }, refused }
  })
}

/** The detection's ticket id follows when its ticket got another key. */
function renamedTicket({ link, detection }: LinkWork, { ticket }: SyncPlan): TrackingChange {
  const renamed = link.isPrimary && link.ticket !== null && ticket.key !== link.ticket.key
  return renamed && detection.tracking.ticketId === link.ticket.key ? { ticketId: ticket.key } : {}
}

/** What was refused is not agreed on: it keeps the base it had. */
function withoutRefused(planned: SyncBase, before: SyncBase, refused: readonly RefusedInbound[]): SyncBase {
  const base: Partial<Record<SyncField, FieldBase>> = { ...planned }
  for (const { field } of refused) {
    // No part of what is merged with a ticket.
    if (field === 'ticketId') continue
    const old = before[field]
    if (old === undefined) delete base[field]
    else base[field] = old
  }
  return base
}

function conflictEvents(work: LinkWork, plan: SyncPlan): readonly LedgerEvent[] {
  const { link, detection } = work
  const events: LedgerEvent[] = plan.conflicts
    .filter((conflict) => !link.conflicts.some((known) => isDeepStrictEqual(known, conflict)))
    .map((conflict) => ({
      kind: 'SYNC_CONFLICT',
      detectionId: detection.detectionId,
      change: { ...linkChange(work), conflict },
    }))
  if (link.ticket !== null && plan.ticket.key !== link.ticket.key) {
    events.push({
      kind: 'TICKET_MOVED',
      detectionId: detection.detectionId,
      change: { ...linkChange(work), before: link.ticket.key, after: plan.ticket.key },
    })
  }
  return events
}
