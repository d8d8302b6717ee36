import type { Transaction } from 'kysely'
import { VersionConflict, type DomainError, type TrackedField, type TrackingChange } from '@tripline/core'
import type { Tables } from '../database/tables.ts'
import { trackWithin } from '../detections/track-detections.ts'
import type { ChangeOrigin } from '../ledger/ledger.ts'

/** A change from the other side that our own rules refuse. */
export interface RefusedInbound {
  readonly field: TrackedField
  readonly error: DomainError
}

/**
 * Applies what comes in from a ticket or a source: all of it, or what our rules allow of it. `outdated`: the detection
 * is at another version by now, and nothing was applied.
 */
export async function trackInbound(
  transaction: Transaction<Tables>,
  detectionId: string,
  change: TrackingChange,
  expectedVersion: number,
  origin: ChangeOrigin,
): Promise<readonly RefusedInbound[] | 'outdated'> {
  if (Object.keys(change).length === 0) return []
  const attempt = async (part: TrackingChange, version?: number): Promise<DomainError | null> => {
    const request = { detectionId, change: part, expectedVersion: version }
    const [result] = await trackWithin(transaction, [request], 'integration', origin)
    return result?.error ?? null
  }
  const error = await attempt(change, expectedVersion)
  if (error === null) return []
  if (error instanceof VersionConflict) return 'outdated'
  // Together they are refused: each by itself, so that a status the rules refuse does not keep an assignee out.
  const { status, resolution, assignee, ticketId } = change
  const parts: readonly (readonly [TrackedField, TrackingChange | null])[] = [
    ['assignee', assignee === undefined ? null : { assignee }],
    ['ticketId', ticketId === undefined ? null : { ticketId }],
    ['status', status === undefined ? null : { status, ...(resolution === undefined ? {} : { resolution }) }],
  ]
  const refused: RefusedInbound[] = []
  for (const [field, part] of parts) {
    const reason = part === null ? null : await attempt(part)
    if (reason !== null) refused.push({ field, error: reason })
  }
  return refused
}
