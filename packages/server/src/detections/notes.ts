import { sql, type Transaction } from 'kysely'
import { DetectionNotFound, InvalidInput, requireTracking, type ActorKind } from '@tripline/core'
import type { Database } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import { requestReconcile } from '../tracking/reconcile-jobs.ts'
import { getTrackingSettings } from '../tracking/tracking-settings-store.ts'

const LONGEST_NOTE = 50_000

/** A note to be added to a detection. */
export interface NewNote {
  readonly detectionId: string
  /** Markdown, not empty. */
  readonly text: string
  /** `internal`: stays here; `ticket`: becomes a comment on every ticket of the detection, and of later ones. */
  readonly visibility: 'internal' | 'ticket'
}

/**
 * Adds a note and returns its id.
 *
 * @throws DetectionNotFound, InvalidInput, TrackingDisabled
 */
export async function addNote(
  database: Database,
  note: NewNote,
  actorKind: ActorKind,
  origin: ChangeOrigin,
): Promise<string> {
  const text = checkNoteText(note.text)
  return await database.transaction().execute(async (transaction) => {
    requireTracking(await getTrackingSettings(transaction), actorKind)
    const { rows } = await sql<{ detection_id: string }>`
      update detections set mod_time = clock_timestamp() where detection_id = ${note.detectionId}
      returning detection_id`.execute(transaction)
    if (rows.length === 0) throw new DetectionNotFound(note.detectionId)
    const noteId = await insertNote(transaction, { ...note, text }, origin)
    if (note.visibility === 'ticket') {
      await requestReconcile(transaction, [note.detectionId], null, origin.traceId)
    }
    return noteId
  })
}

/** Stores a note whose text was checked, and returns its id. */
export async function insertNote(
  transaction: Transaction<Tables>,
  { detectionId, text, visibility }: NewNote,
  origin: ChangeOrigin,
): Promise<string> {
  const { note_id: noteId } = await transaction
    .insertInto('detection_notes')
    .values({
      detection_id: detectionId,
      author: origin.actor.name,
      text,
      visibility,
      created_at: sql`clock_timestamp()`,
    })
    .returning('note_id')
    .executeTakeFirstOrThrow()
  await recordEvents(transaction, [{ kind: 'NOTE_ADDED', detectionId, change: { noteId } }], origin)
  return noteId
}

/** A note's text without what cannot be stored, and without space around it. */
export function trimNoteText(given: string): string {
  return given.replaceAll('\u0000', '').toWellFormed().trim()
}

/**
 * The text of a note as it is stored.
 *
 * @throws InvalidInput when it is empty or too long
 */
export function checkNoteText(given: string): string {
  const text = trimNoteText(given)
  if (text === '')
    throw new InvalidInput('A note must not be empty.', [{ path: 'text', message: 'is empty' }])
  if (text.length > LONGEST_NOTE) {
    const message = `has ${text.length} characters; ${LONGEST_NOTE} is the most`
    throw new InvalidInput(`The note is too long: it ${message}.`, [{ path: 'text', message }])
  }
  return text
}
