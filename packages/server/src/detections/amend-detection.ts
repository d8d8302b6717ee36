import { NotFound, requireTracking, type ActorKind, type TrackingChange } from '@tripline/core'
import type { Database } from '../database/client.ts'
import type { ChangeOrigin } from '../ledger/ledger.ts'
import { getTrackingSettings } from '../tracking/tracking-settings-store.ts'
import { changeParticipants, type ParticipantChange } from './participants.ts'
import { trackWithin } from './track-detections.ts'

/** What is to be different about one detection. */
interface Amendment {
  readonly tracking: TrackingChange
  readonly participants: readonly ParticipantChange[]
}

/**
 * Changes the tracking state of a detection and what is known of its participants: both, or neither.
 *
 * @throws DetectionNotFound, InvalidInput, TrackingDisabled, InvalidStatusTransition, ResolutionNotAllowed
 */
export async function amendDetection(
  database: Database,
  detectionId: string,
  { tracking, participants }: Amendment,
  actorKind: ActorKind,
  origin: ChangeOrigin,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const requests = [{ detectionId, change: tracking }]
    for (const { error } of await trackWithin(transaction, requests, actorKind, origin)) {
      if (error !== null) throw error
    }
    if (participants.length > 0) await changeParticipants(transaction, detectionId, participants, origin)
  })
}

/**
 * Changes the tracking state of every detection that carries a ticket id: all of them, or none.
 *
 * @throws NotFound when none does; TrackingDisabled, InvalidStatusTransition, ResolutionNotAllowed
 */
export async function trackTicket(
  database: Database,
  ticketId: string,
  change: TrackingChange,
  actorKind: ActorKind,
  origin: ChangeOrigin,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    requireTracking(await getTrackingSettings(transaction), actorKind)
    const rows = await transaction
      .selectFrom('detections')
      .select('detection_id')
      .where('ticket_id', '=', ticketId)
      .execute()
    if (rows.length === 0) throw new NotFound('ticket of a detection', ticketId)
    const requests = rows.map(({ detection_id: detectionId }) => ({ detectionId, change }))
    for (const { error } of await trackWithin(transaction, requests, actorKind, origin)) {
      if (error !== null) throw error
    }
  })
}
