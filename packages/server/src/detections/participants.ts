import { sql, type Transaction } from 'kysely'
import { InvalidInput, type Participant } from '@tripline/core'
import type { Tables } from '../database/tables.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import { toDetection, toSearchColumns } from './detection-row.ts'

/** What an integration knows of a participant; an absent member is unchanged. */
export interface ParticipantChange {
  readonly id: number
  readonly usernames?: readonly string[] | undefined
  readonly origins?: readonly string[] | undefined
}

/** The number of each participant: the sensor's own, else the first that is free, counted from 1. */
export function participantIds(participants: readonly Pick<Participant, 'id'>[]): readonly number[] {
  const taken = new Set(participants.flatMap(({ id }) => id ?? []))
  let next = 0
  return participants.map(({ id }) => {
    if (id !== null) return id
    do next += 1
    while (taken.has(next))
    return next
  })
}

/**
 * Sets user names and origins of participants of a detection, whose row the transaction has locked. They stay until the
 * sensor reports the detection anew with different content.
 *
 * @throws InvalidInput when the detection has no such participant
 */
export async function changeParticipants(
  transaction: Transaction<Tables>,
  detectionId: string,
  changes: readonly ParticipantChange[],
  origin: ChangeOrigin,
): Promise<void> {
  const row = await transaction
    .selectFrom('detections')
    .selectAll()
    .where('detection_id', '=', detectionId)
    .executeTakeFirstOrThrow()
  const detection = toDetection(row)
  const ids = participantIds(detection.participants)
  const participants = detection.participants.map((participant) => ({ ...participant }))
  for (const { id, usernames, origins } of changes) {
    const participant = participants[ids.indexOf(id)]
    if (participant === undefined) {
      const message = `The detection has no participant ${id}; participants cannot be added.`
      throw new InvalidInput(message, [{ path: 'participants', message }])
    }
    if (usernames !== undefined) participant.usernames = [...new Set(usernames)]
    if (origins !== undefined) participant.origins = [...new Set(origins)]
  }
  const participantIdsChanged = ids.filter(
    (_, index) => JSON.stringify(participants[index]) !== JSON.stringify(detection.participants[index]),
  )
  if (participantIdsChanged.length === 0) return
  const { search_text: searchText } = toSearchColumns({
    ...detection,
    participants,
    preferredId: null,
    tracking: null,
  })
  await sql`
    update detections set participants = ${JSON.stringify(participants)}::jsonb, search_text = ${searchText},
      mod_time = clock_timestamp()
    where detection_id = ${detectionId}`.execute(transaction)
  const change = { participantIds: participantIdsChanged }
  await recordEvents(transaction, [{ kind: 'PARTICIPANTS_CHANGED', detectionId, change }], origin)
}
