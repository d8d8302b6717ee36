import {
  fitDocument,
  type DedupeKey,
  type JsonValue,
  type RichText,
  type TicketComment,
  type TicketRef,
  TicketNotFound,
} from '@tripline/core'
import { issueId } from './issue-reference.ts'
import type { JiraClient } from './jira-client.ts'
import { textLength, toDate, toText, writtenText } from './jira-mapping.ts'
import type { JiraSettings } from './settings.ts'

/**
 * Adds a comment unless one with this marker is there. The marker is the comment's last line: Jira lists comments without their
 * properties, and asking for each one's would cost a request apiece.
 */
export async function addCommentOnce(
  client: JiraClient,
  ref: TicketRef,
  text: RichText,
  marker: DedupeKey,
  settings: JiraSettings,
): Promise<TicketComment> {
  const id = issueId(ref)
  const body = commentBody(text, marker, settings)
  const markerLine = writtenText(commentBody([], marker, settings))
  for (let startAt = 0, total = 1; startAt < total;) {
    const page = await client.listComments(id, startAt)
    if (page === null) throw missing(ref)
    const found = page.comments.find((comment) => writtenText(comment.body).split('\n').at(-1) === markerLine)
    if (found !== undefined) return { id: found.id, createdAt: toDate(found.created) }
    total = page.comments.length === 0 ? 0 : page.total
    startAt += page.comments.length
  }
  const added = await client.addComment(id, { body })
  if (added === null) throw missing(ref)
  return { id: added.id, createdAt: toDate(added.created) }
}

function commentBody(text: RichText, marker: DedupeKey, settings: JiraSettings): JsonValue {
  const signed = (document: RichText): RichText => [
    ...document,
    { kind: 'paragraph', runs: [{ text: marker }] },
  ]
  // The marker is what a repetition is recognised by, so that the text makes room for it.
  const fitted = fitDocument(text, settings.textLimit, (document) => textLength(signed(document), settings))
  return toText(signed(fitted), settings)
}

const missing = ({ key }: TicketRef): TicketNotFound =>
  new TicketNotFound(`There is no issue ${key} (any more).`)
