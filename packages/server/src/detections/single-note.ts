import { sql, type Transaction } from 'kysely'
import { DetectionNotFound, requireTracking } from '@tripline/core'
import type { Database } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import { getTrackingSettings } from '../tracking/tracking-settings-store.ts'
import { checkNoteText, insertNote, trimNoteText } from './notes.ts'

/** A detection's notes as one text, for clients that know of one note for each detection. */
interface SingleNote {
  /** Who wrote last; `null`: there is none. */
  readonly author: string | null
  /** Markdown; empty: there is none. */
  readonly text: string
  readonly updatedAt: Date | null
}

const BETWEEN = '\n\n'

interface NoteRow {
  readonly note_id: string
  readonly author: string
  readonly text: string
  readonly created_at: Date
}

/**
 * The notes of a detection, oldest first, as one text.
 *
 * @throws DetectionNotFound, TrackingDisabled while external tracking is off
 */
export async function getSingleNote(database: Database, detectionId: string): Promise<SingleNote> {
  requireTracking(await getTrackingSettings(database), 'integration')
  const known = await database
    .selectFrom('detections')
    .select('detection_id')
    .where('detection_id', '=', detectionId)
    .executeTakeFirst()
  if (known === undefined) throw new DetectionNotFound(detectionId)
  return joined(await presentNotes(database, detectionId))
}

/**
 * Puts a text in the place of the one note. What was there is kept, to be read by people; a text that only goes on
 * where the one before ended is added to it as a note of its own. An empty text leaves no note.
 *
 * @throws DetectionNotFound, InvalidInput, TrackingDisabled while external tracking is off
 */
export async function replaceSingleNote(
  database: Database,
  detectionId: string,
  given: string,
  origin: ChangeOrigin,
): Promise<void> {
  const text = trimNoteText(given)
  await database.transaction().execute(async (transaction) => {
    requireTracking(await getTrackingSettings(transaction), 'integration')
    await lockDetection(transaction, detectionId)
    const before = await presentNotes(transaction, detectionId)
    const present = joined(before).text
    if (text === present) return
    const rest = text.startsWith(present + BETWEEN) ? text.slice(present.length + BETWEEN.length) : null
    // Only where both together are read as exactly this text.
    const continues = present !== '' && rest !== null && rest === rest.trim()
    if (!continues) await retire(transaction, detectionId, before, origin)
    const addition = continues ? rest : text
    if (addition !== '') {
      const note = { detectionId, text: checkNoteText(addition), visibility: 'internal' as const }
      await insertNote(transaction, note, origin)
    }
    await sql`update detections set mod_time = clock_timestamp() where detection_id = ${detectionId}`.execute(
      transaction,
    )
  })
}

/** One writer at a time, so that each sees what the one before it wrote. */
async function lockDetection(transaction: Transaction<Tables>, detectionId: string): Promise<void> {
  const row = await transaction
    .selectFrom('detections')
    .select('detection_id')
    .where('detection_id', '=', detectionId)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw new DetectionNotFound(detectionId)
}

async function presentNotes(database: Database, detectionId: string): Promise<readonly NoteRow[]> {
  return await database
    .selectFrom('detection_notes')
    .select(['note_id', 'author', 'text', 'created_at'])
    .where('detection_id', '=', detectionId)
    .where('replaced_at', 'is', null)
    .orderBy('created_at')
    .orderBy('note_id')
    .execute()
}

async function retire(
  transaction: Transaction<Tables>,
  detectionId: string,
  notes: readonly NoteRow[],
  origin: ChangeOrigin,
): Promise<void> {
  if (notes.length === 0) return
  const noteIds = notes.map(({ note_id: noteId }) => noteId)
  await transaction
    .updateTable('detection_notes')
    .set({ replaced_at: sql<Date>`clock_timestamp()` })
    .where('note_id', 'in', noteIds)
    .execute()
  await recordEvents(transaction, [{ kind: 'NOTES_REPLACED', detectionId, change: { noteIds } }], origin)
}

function joined(notes: readonly NoteRow[]): SingleNote {
  const last = notes.at(-1)
  return {
    author: last?.author ?? null,
    text: notes.map(({ text }) => text).join(BETWEEN),
    updatedAt: last?.created_at ?? null,
  }
}
