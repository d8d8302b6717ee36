import type { DedupeKey, RichText, TicketComment, TicketRef } from '@tripline/core'
import type { RtClient } from './rt-client.ts'
import { toMessage } from './rt-mapping.ts'
import type { RequestTrackerSettings } from './settings.ts'
import { ticketNumber } from './ticket-reference.ts'

/**
 * Adds a comment unless one with this marker is there. The marker is the subject of the comment's message, which RT keeps
 * with the history, so that no message has to be read to find it.
 */
export async function addCommentOnce(
  client: RtClient,
  ref: TicketRef,
  text: RichText,
  marker: DedupeKey,
  settings: RequestTrackerSettings,
): Promise<TicketComment> {
  const id = ticketNumber(ref)
  for await (const transaction of client.listHistory(id)) {
    if (transaction.Type === 'Comment' && transaction.Data?.trim() === marker)
      return { id: transaction.id, createdAt: new Date(transaction.Created) }
  }
  const added = await client.addComment(id, {
    Subject: marker,
    Content: toMessage(text, settings),
    ContentType: 'text/html',
  })
  const { Created } = await client.getTransaction(added)
  return { id: added, createdAt: new Date(Created) }
}
