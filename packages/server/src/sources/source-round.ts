import { isDeepStrictEqual } from 'node:util'
import { sql, type Transaction, type UpdateObject } from 'kysely'
import {
  sameTracking,
  trackedFields,
  type FieldBase,
  type SourceChange,
  type SourceSyncBase,
  type SourceSyncPlan,
  type SourceTracking,
  type TrackedField,
} from '@tripline/core'
import type { Database } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import { recordEvents, type ChangeOrigin, type LedgerEvent, type RefusedPart } from '../ledger/ledger.ts'
import { lockDetection } from '../tracking/link.ts'
import { trackInbound, type RefusedInbound } from '../tracking/track-inbound.ts'
import { sourceLinkChange, type SourceLink, type SourceWork } from './source-work.ts'

/** A link is gone, because its source was deleted or its detection was. */
export class SourceLinkGone extends Error {}

/** What became of a plan's inbound half. */
export type SourceInboundResult =
  | { readonly outcome: 'applied'; readonly refused: readonly RefusedInbound[] }
  /** The detection was changed after it was read: read it again and plan anew. */
  | { readonly outcome: 'outdated' }

/**
 * Applies what a plan takes from the source, records its conflicts, and stores the base as far as it is agreed on, in one
 * transaction.
 *
 * @throws SourceLinkGone
 */
export async function applySourceInbound(
  database: Database,
  work: SourceWork,
  theirs: SourceTracking,
  plan: SourceSyncPlan,
  origin: ChangeOrigin,
): Promise<SourceInboundResult> {
  const { link, version } = work
  const nothing =
    isEmpty(plan.inbound) &&
    isEmpty(plan.outbound) &&
    plan.conflicts.length === 0 &&
    isDeepStrictEqual(plan.base, link.base) &&
    sameTracking(theirs, link.seen)
  if (nothing) return { outcome: 'applied', refused: [] }
  return await database.transaction().execute(async (transaction): Promise<SourceInboundResult> => {
    // The detection before its link: the order in which everybody locks.
    if (!isEmpty(plan.inbound)) await lockDetection(transaction, link.detectionId)
    const refused = await trackInbound(transaction, link.detectionId, plan.inbound, version, origin)
    if (refused === 'outdated') return { outcome: 'outdated' }
    const base = withoutRefused(plan.baseWhileWriting, link.base, refused)
    await updateSourceLink(transaction, link, { base: JSON.stringify(base), seen: JSON.stringify(theirs) })
    const change = sourceLinkChange(work)
    const events = plan.conflicts.map((conflict): LedgerEvent => ({
      kind: 'SYNC_CONFLICT',
      detectionId: link.detectionId,
      change: { ...change, conflict },
    }))
    await recordEvents(transaction, events, origin)
    return { outcome: 'applied', refused }
  })
}

/** What a write to the source came to. */
export interface SourceRound {
  readonly sent: SourceChange
  readonly refused: readonly RefusedPart[]
  /** How the source tracks the detection after it. */
  readonly seen: SourceTracking
  readonly base: SourceSyncBase
}

/** Stores what a write to the source came to. @throws SourceLinkGone */
export async function storeSourceRound(
  database: Database,
  work: SourceWork,
  { base, refused, seen, sent }: SourceRound,
  origin: ChangeOrigin,
): Promise<void> {
  const isRefused = (field: TrackedField): boolean => refused.some((part) => part.field === field)
  const fields = trackedFields.filter((field) => sent[field] !== undefined && !isRefused(field))
  const isKnown = fields.length === 0 && work.link.reason?.code === refused[0]?.code
  const change = { ...sourceLinkChange(work), fields, sent, refused, seen }
  const events: LedgerEvent[] = isKnown
    ? []
    : [{ kind: 'SOURCE_WRITTEN', detectionId: work.link.detectionId, change }]
  await database.transaction().execute(async (transaction) => {
    await updateSourceLink(transaction, work.link, {
      base: JSON.stringify(base),
      seen: JSON.stringify(seen),
    })
    await recordEvents(transaction, events, origin)
  })
}

/** Records that both sides agree; if the link was asked for again meanwhile, that request stands. @throws SourceLinkGone */
export async function storeSourceVerified(
  database: Database,
  work: SourceWork,
  origin: ChangeOrigin,
): Promise<void> {
  const { link } = work
  const isLatest = sql`requested = ${link.requested}`
  await database.transaction().execute(async (transaction) => {
    const syncState = await updateSourceLink(transaction, link, {
      sync_state: sql<'in_sync'>`case when ${isLatest} then 'in_sync' else sync_state end`,
      next_attempt_at: sql<Date | null>`case when ${isLatest} then null else next_attempt_at end`,
      last_verified_at: sql<Date>`clock_timestamp()`,
      attempts: 0,
      reason: null,
    })
    if (syncState !== 'in_sync' || link.syncState === 'in_sync') return
    const event = {
      kind: 'SYNC_SETTLED',
      detectionId: link.detectionId,
      change: sourceLinkChange(work),
    } as const
    await recordEvents(transaction, [event], origin)
  })
}

/** Changes the row of a link and returns its sync state after that. @throws SourceLinkGone */
export async function updateSourceLink(
  transaction: Transaction<Tables>,
  { detectionId, sourceId }: SourceLink,
  columns: UpdateObject<Tables, 'source_links', 'source_links'>,
): Promise<SourceLink['syncState']> {
  const [row] = await transaction
    .updateTable('source_links')
    .set(columns)
    .set({ updated_at: sql`clock_timestamp()` })
    .where('detection_id', '=', detectionId)
    .where('source_id', '=', sourceId)
    .returning('sync_state')
    .execute()
  if (row === undefined) throw new SourceLinkGone()
  return row.sync_state
}

/** What was refused is not agreed on: it keeps the base it had. */
export function withoutRefused(
  planned: SourceSyncBase,
  before: SourceSyncBase,
  refused: readonly { readonly field: TrackedField }[],
): SourceSyncBase {
  const base: Partial<Record<TrackedField, FieldBase>> = { ...planned }
  for (const { field } of refused) {
    const old = before[field]
    if (old === undefined) delete base[field]
    else base[field] = old
  }
  return base
}

function isEmpty(change: object): boolean {
  return Object.keys(change).length === 0
}
