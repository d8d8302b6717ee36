import { sql } from 'kysely'
import {
  AccessDenied,
  DomainError,
  isPassingRefusal,
  PluginOutdated,
  RateLimited,
  Rejected,
  retryDelayMs,
  TicketingError,
  TicketNotFound,
  Unauthorized,
  unappliedFields,
  UnexpectedResponse,
  type LinkReason,
  type LinkState,
  type LinkSyncState,
  type SyncPlan,
  type TicketUpdate,
} from '@tripline/core'
import type { Database } from '../database/client.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import { pauseConnection } from './connection-pause.ts'
import type { LinkWork } from './link-work.ts'
import { holdLink, linkChange, updateLink } from './link.ts'
import { queueReconcile } from './reconcile-jobs.ts'
import type { RefusedInbound } from './track-inbound.ts'

/** Where a link stands that is not in sync. */
export interface Standing {
  /** Absent: the link's state stays. */
  readonly state?: LinkState
  readonly syncState: Exclude<LinkSyncState, 'in_sync'>
  readonly reason: LinkReason
  /** When it is tried again by itself; `null`: only when something changes. */
  readonly retryAt: Date | null
  /** Whether this was a failed attempt, to be counted. */
  readonly failedAttempt?: true
}

/** After how many answers that make no sense in a row the link is given up until somebody looks. */
const NONSENSE_ATTEMPTS = 5

/** Where a link stands after a round of merging; `null`: in sync. */
export function standingAfter(
  plan: SyncPlan,
  update: TicketUpdate | null,
  inboundRefused: readonly RefusedInbound[],
): Standing | null {
  const open = plan.conflicts.find(({ winner }) => winner === null)
  if (open !== undefined) {
    const conflict = `Both sides changed the ${open.field}: here it is ${open.ours ?? 'nothing'}, in the ticket ${open.theirs ?? 'nothing'}. Choose a side.`
    const other = blockingReason(plan, update, inboundRefused)
    const message = other === null ? conflict : `${conflict} Besides: ${other.message}`
    return { syncState: 'conflict', reason: { code: 'CONFLICT', message, field: open.field }, retryAt: null }
  }
  const reason = blockingReason(plan, update, inboundRefused)
  return reason === null ? null : { syncState: 'blocked', reason, retryAt: null }
}

function blockingReason(
  plan: SyncPlan,
  update: TicketUpdate | null,
  [inbound]: readonly RefusedInbound[],
): LinkReason | null {
  if (inbound !== undefined) {
    return {
      code: inbound.error.code,
      message: `The ticket's change was refused here: ${inbound.error.message}`,
      field: inbound.field,
    }
  }
  const refusal = update?.refused.find((refused) => !isPassingRefusal(refused))
  if (refusal !== undefined) {
    return { code: refusal.code.toUpperCase(), message: refusal.message, field: refusal.field }
  }
  const dropped =
    update === null ? undefined : unappliedFields(plan, update).find(({ unchanged }) => unchanged)
  if (dropped !== undefined) {
    const message = `The ticketing system accepted the change of the ${dropped.field} and did not make it.`
    return { code: 'NOT_APPLIED', message, field: dropped.field }
  }
  const [unmapped] = plan.unmapped
  if (unmapped === undefined) return null
  const message = `No account in the ticketing system is known for ${unmapped.value}. Map the user name in the connection's identities.`
  return { code: 'UNMAPPED_USER', message, field: unmapped.field }
}

/**
 * Records that a link is not in sync, and queues the next attempt if there is one. When the link was asked for again
 * meanwhile, that request stands as it is.
 */
export async function halt(
  database: Database,
  work: LinkWork,
  standing: Standing,
  origin: ChangeOrigin,
): Promise<void> {
  const { link, detection } = work
  await database.transaction().execute(async (transaction) => {
    await holdLink(transaction, link)
    const { requested } = await transaction
      .selectFrom('ticket_links')
      .select('requested')
      .where('link_id', '=', link.linkId)
      .forUpdate()
      .executeTakeFirstOrThrow()
    const asked = requested !== link.requested
    await updateLink(transaction, link.linkId, {
      ...(standing.state === undefined ? {} : { state: standing.state }),
      sync_state: asked ? 'pending' : standing.syncState,
      reason: JSON.stringify(standing.reason),
      attempts: standing.failedAttempt === true ? link.attempts + 1 : link.attempts,
      ...(asked ? {} : { next_attempt_at: standing.retryAt }),
    })
    const isNews = link.syncState !== standing.syncState || link.reason?.code !== standing.reason.code
    if (isNews) {
      const change = { ...linkChange(work), syncState: standing.syncState, reason: standing.reason }
      await recordEvents(
        transaction,
        [{ kind: 'SYNC_HALTED', detectionId: detection.detectionId, change }],
        origin,
      )
    }
    if (standing.retryAt === null || asked) return
    const lane = link.ticket === null ? 'create' : 'change'
    await queueReconcile(
      transaction,
      [{ linkId: link.linkId, lane, runAt: standing.retryAt }],
      origin.traceId,
    )
  })
}

/**
 * Records what an error means for the link, and for its connection.
 *
 * @throws the error itself when it is neither a ticketing nor a domain error
 */
export async function haltAfter(
  database: Database,
  work: LinkWork,
  error: unknown,
  origin: ChangeOrigin,
  now: Date,
): Promise<void> {
  if (error instanceof DomainError) {
    const reason = { code: error.code, message: error.message, field: null }
    return await halt(database, work, { syncState: 'blocked', reason, retryAt: null }, origin)
  }
  if (!(error instanceof TicketingError)) throw error
  const { attempts, ticket } = work.link
  const standing = standingOf(error, { attempts, isKnown: ticket !== null }, now)
  if (error instanceof RateLimited && standing.retryAt !== null) {
    await sql`
      update ticketing_connections set not_before = greatest(not_before, ${standing.retryAt}::timestamptz)
      where connection_id = ${work.connection.connectionId}`.execute(database)
  }
  if (error instanceof Unauthorized || error instanceof PluginOutdated) {
    await pauseConnection(database, work.connection, { code: error.code, message: error.message }, origin)
  }
  await halt(database, work, standing, origin)
}

/**
 * Where something stands after an error of the other side.
 *
 * @param work how often it failed in a row before, and whether the other side is known to have had it
 */
export function standingOf(
  error: TicketingError,
  { attempts, isKnown }: { readonly attempts: number; readonly isKnown: boolean },
  now: Date,
): Standing {
  const reason = { code: error.code, message: error.message, field: null }
  const retryAt = new Date(now.getTime() + retryDelayMs(error, attempts + 1, Math.random()))
  if (error instanceof RateLimited) return { syncState: 'pending', reason, retryAt }
  if (error.retryable) return { syncState: 'pending', reason, retryAt, failedAttempt: true }
  if (error instanceof Unauthorized || error instanceof PluginOutdated) {
    return { syncState: 'pending', reason, retryAt: null }
  }
  if (error instanceof UnexpectedResponse) {
    const givenUp = attempts + 1 >= NONSENSE_ATTEMPTS
    return {
      syncState: givenUp ? 'failed' : 'pending',
      reason,
      retryAt: givenUp ? null : retryAt,
      failedAttempt: true,
    }
  }
  if (error instanceof AccessDenied && isKnown) {
    return { state: 'unreachable', syncState: 'blocked', reason, retryAt: null }
  }
  if (error instanceof TicketNotFound && isKnown) {
    // Reading it next will tell whether it is gone.
    return { syncState: 'pending', reason, retryAt, failedAttempt: true }
  }
  const field = error instanceof Rejected ? (error.issues[0]?.path ?? null) : null
  return { syncState: 'blocked', reason: { ...reason, field }, retryAt: null }
}
