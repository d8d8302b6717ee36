import {
  dedupeKeySchema,
  fromMarkdown,
  TicketingError,
  type CallOptions,
  type TicketingAdapter,
} from '@tripline/core'
import type { Database } from '../database/client.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import type { Standing } from './link-standing.ts'
import type { LinkWork } from './link-work.ts'
import { linkChange } from './link.ts'

/**
 * Writes the notes that are meant for a link's ticket and are not there yet, oldest first, each by itself. A note that
 * the ticketing system refuses is recorded with the reason and does not keep the others back.
 *
 * @throws a retryable TicketingError, before the notes that come after it
 */
export async function writeComments(
  { database }: { readonly database: Database },
  adapter: TicketingAdapter,
  call: () => CallOptions,
  work: LinkWork,
  origin: ChangeOrigin,
): Promise<Standing | null> {
  const { link, detection } = work
  const { ticket } = link
  if (ticket === null || adapter.comment === undefined) return null
  const waiting = await database
    .selectFrom('ticket_comments')
    .innerJoin('detection_notes', 'detection_notes.note_id', 'ticket_comments.note_id')
    .select(['ticket_comments.note_id', 'marker', 'text', 'author'])
    .where('link_id', '=', link.linkId)
    .where('comment_id', 'is', null)
    .where('reason', 'is', null)
    .orderBy('created_at')
    .execute()
  let refused: Standing | null = null
  for (const { note_id: noteId, marker, text, author } of waiting) {
    const body = [
      { kind: 'paragraph' as const, runs: [{ text: `${author}:`, bold: true as const }] },
      ...fromMarkdown(text),
    ]
    try {
      const comment = await adapter.comment(ticket, body, dedupeKeySchema.parse(marker), call())
      await database.transaction().execute(async (transaction) => {
        await transaction
          .updateTable('ticket_comments')
          .set({ comment_id: comment.id })
          .where('note_id', '=', noteId)
          .where('link_id', '=', link.linkId)
          .execute()
        const change = { ...linkChange(work), noteId }
        await recordEvents(
          transaction,
          [{ kind: 'COMMENT_WRITTEN', detectionId: detection.detectionId, change }],
          origin,
        )
      })
    } catch (error) {
      if (!(error instanceof TicketingError) || error.code !== 'REJECTED') throw error
      const reason = { code: error.code, message: `A note was refused: ${error.message}`, field: 'comment' }
      await database
        .updateTable('ticket_comments')
        .set({ reason: JSON.stringify(reason) })
        .where('note_id', '=', noteId)
        .where('link_id', '=', link.linkId)
        .execute()
      refused = { syncState: 'blocked', reason, retryAt: null }
    }
  }
  return refused
}
