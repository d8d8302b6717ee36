import { sql } from 'kysely'
import { DomainError, PluginOutdated, RateLimited, TicketingError, Unauthorized } from '@tripline/core'
import type { Database } from '../database/client.ts'
import { recordEvents, type ChangeOrigin, type RefusedPart } from '../ledger/ledger.ts'
import { standingOf, type Standing } from '../tracking/link-standing.ts'
import type { RefusedInbound } from '../tracking/track-inbound.ts'
import { queueSourceSync } from './source-jobs.ts'
import { pauseSource } from './source-pause.ts'
import { updateSourceLink } from './source-round.ts'
import { sourceLinkChange, type SourceLink, type SourceWork } from './source-work.ts'

/** Where a link stands that is not in sync with its source. */
export interface SourceStanding extends Omit<Standing, 'syncState' | 'state'> {
  readonly syncState: Exclude<SourceLink['syncState'], 'in_sync'>
}

/** Where a link stands of which one side did not take something; `null`: both took all. */
export function refusedStanding(
  [inbound]: readonly RefusedInbound[],
  [outbound]: readonly RefusedPart[],
): SourceStanding | null {
  if (inbound !== undefined) {
    const message = `The change in the source was refused here: ${inbound.error.message}`
    return blocked(inbound.error.code, message, inbound.field)
  }
  return outbound === undefined ? null : blocked(outbound.code, outbound.message, outbound.field)
}

/** A person has to do something before it is worth while to try again. */
export function blocked(code: string, message: string, field: string | null): SourceStanding {
  return { syncState: 'blocked', reason: { code, message, field }, retryAt: null }
}

/**
 * Records that a link is not in sync, and queues the next attempt if there is one. When it was asked for again meanwhile,
 * that request stands as it is.
 *
 * @throws SourceLinkGone
 */
export async function haltSource(
  database: Database,
  work: SourceWork,
  { syncState, reason, retryAt, failedAttempt }: SourceStanding,
  origin: ChangeOrigin,
): Promise<void> {
  const { link } = work
  const isLatest = sql`requested = ${link.requested}`
  await database.transaction().execute(async (transaction) => {
    const stored = await updateSourceLink(transaction, link, {
      sync_state: sql<SourceLink['syncState']>`case when ${isLatest} then ${syncState} else 'pending' end`,
      reason: JSON.stringify(reason),
      attempts: failedAttempt === true ? link.attempts + 1 : link.attempts,
      next_attempt_at: sql<Date | null>`case when ${isLatest} then ${retryAt}::timestamptz else next_attempt_at end`,
    })
    if (link.syncState !== stored || link.reason?.code !== reason.code) {
      const change = { ...sourceLinkChange(work), syncState, reason }
      const event = { kind: 'SYNC_HALTED', detectionId: link.detectionId, change } as const
      await recordEvents(transaction, [event], origin)
    }
    if (retryAt !== null) await queueSourceSync(transaction, [link.detectionId], origin.traceId, retryAt)
  })
}

/**
 * Records what an error means for the link, and for its source.
 *
 * @throws the error itself when it is neither a ticketing nor a domain error
 */
export async function haltSourceAfter(
  database: Database,
  work: SourceWork,
  error: unknown,
  origin: ChangeOrigin,
  now: Date,
): Promise<void> {
  if (!(error instanceof TicketingError) && !(error instanceof DomainError)) throw error
  const { link, source } = work
  const { code, message } = error
  if (error instanceof DomainError || error instanceof Unauthorized || error instanceof PluginOutdated) {
    await pauseSource(database, source, { code, message }, origin)
    const reason = { code, message, field: null }
    return await haltSource(database, work, { syncState: 'pending', reason, retryAt: null }, origin)
  }
  const { syncState, ...standing } = standingOf(error, { attempts: link.attempts, isKnown: true }, now)
  if (error instanceof RateLimited && standing.retryAt !== null) {
    await sql`
      update detection_sources set not_before = greatest(not_before, ${standing.retryAt}::timestamptz)
      where source_id = ${source.sourceId}`.execute(database)
  }
  // Sources have no policy by which a person would be asked.
  const stands = syncState === 'conflict' ? 'blocked' : syncState
  await haltSource(database, work, { ...standing, syncState: stands }, origin)
}
