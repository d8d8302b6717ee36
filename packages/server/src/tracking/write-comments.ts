import {
  AccessDenied,
  dedupeKeySchema,
  fromMarkdown,
  Rejected,
  type CallOptions,
  type DedupeKey,
  type LinkReason,
  type TicketingAdapter,
} from '@tripline/core'
import type { Database } from '../database/client.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import type { Standing } from './link-standing.ts'
import type { LinkWork } from './link-work.ts'
import { linkChange } from './link.ts'

/**
 * Writes the notes that are meant for a link's ticket and are not there yet, oldest first, each by itself. A note that
 * the ticketing system refuses or forbids is recorded with the reason and does not keep the others back.
 *
 * @throws TicketingError of any other kind, before the notes that come after it
 */
export async function writeComments(
  { database }: { readonly database: Database },
  adapter: TicketingAdapter,
  call: () => CallOptions,
  work: LinkWork,
  origin: ChangeOrigin,
): Promise<Standing | null> {
  const { link, detection } = work
  const { linkId, ticket } = link
  if (ticket === null || adapter.comment === undefined || !work.hasComments) return null
  const waiting = await database
    .selectFrom('detection_notes as note')
    .leftJoin('ticket_comments as comment', (join) =>
      join.onRef('comment.note_id', '=', 'note.note_id').on('comment.link_id', '=', linkId),
    )
    .select(['note.note_id', 'note.text', 'note.author'])
    .where('note.detection_id', '=', link.detectionId)
    .where('note.visibility', '=', 'ticket')
    .where('comment.comment_id', 'is', null)
    .where('comment.reason', 'is', null)
    .orderBy('note.created_at')
    .execute()
  let refused: Standing | null = null
  for (const { note_id: noteId, text, author } of waiting) {
    const body = [
      { kind: 'paragraph' as const, runs: [{ text: `${author}:`, bold: true as const }] },
      ...fromMarkdown(text),
    ]
    try {
      const comment = await adapter.comment(ticket, body, commentMarker(noteId), call())
      await database.transaction().execute(async (transaction) => {
        await storeComment(transaction, { noteId, linkId, commentId: comment.id, reason: null })
        const change = { ...linkChange(work), noteId }
        await recordEvents(
          transaction,
          [{ kind: 'COMMENT_WRITTEN', detectionId: detection.detectionId, change }],
          origin,
        )
      })
    } catch (error) {
      // Forbidden is this note, as on an incident that is closed for good: the ticket itself was read just now.
      const isRefused = error instanceof Rejected || error instanceof AccessDenied
      if (!isRefused) throw error
      const reason = { code: error.code, message: `A note was refused: ${error.message}`, field: 'comment' }
      await storeComment(database, { noteId, linkId, commentId: null, reason })
      refused = { syncState: 'blocked', reason, retryAt: null }
    }
  }
  return refused
}

/** What became of a note on one ticket. */
interface StoredComment {
  readonly noteId: string
  readonly linkId: string
  readonly commentId: string | null
  /** Why the ticketing system refused it; `null`: it did not. */
  readonly reason: LinkReason | null
}

async function storeComment(
  database: Database,
  { noteId, linkId, commentId, reason }: StoredComment,
): Promise<void> {
  const outcome = { comment_id: commentId, reason: reason === null ? null : JSON.stringify(reason) }
  await database
    .insertInto('ticket_comments')
    .values({ note_id: noteId, link_id: linkId, marker: commentMarker(noteId), ...outcome })
    .onConflict((conflict) => conflict.columns(['note_id', 'link_id']).doUpdateSet(outcome))
    .execute()
}

/** What a note's comment is recognised by, whether or not its answer was lost. */
function commentMarker(noteId: string): DedupeKey {
  return dedupeKeySchema.parse(`tripline-note-${noteId}`)
}
