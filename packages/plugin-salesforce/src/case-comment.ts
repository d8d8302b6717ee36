import {
  type DedupeKey,
  fitDocument,
  type JsonObject,
  Rejected,
  type RichText,
  type TicketComment,
  TicketNotFound,
  type TicketRef,
  UnexpectedResponse,
} from '@tripline/core'
import { writtenText } from './case-mapping.ts'
import { plainCaseText } from './plain-case-text.ts'
import { caseId } from './record-id.ts'
import type { SalesforceClient } from './salesforce-client.ts'
import { caseCommentSchema, createdAtSchema, feedItemSchema } from './salesforce-payloads.ts'
import type { SalesforceSettings } from './settings.ts'
import { quoted } from './soql.ts'

// A case comment holds bytes, a post characters; the end of a line counts twice.
const COMMENT_BYTES = 4_000
const POST_LENGTH = 10_000

/**
 * Adds a comment unless one with this marker is there. The marker is the comment's last line: neither kind of comment has a
 * field for it.
 */
export async function addCommentOnce(
  client: SalesforceClient,
  ref: TicketRef,
  text: RichText,
  marker: DedupeKey,
  settings: SalesforceSettings,
): Promise<TicketComment> {
  const id = caseId(ref)
  const kind = settings.comments
  const found = (await listComments(client, id, kind)).find(
    ({ body }) => writtenText(body).split('\n').at(-1) === marker,
  )
  if (found !== undefined) return found.comment
  const type = kind === 'feed' ? 'FeedItem' : 'CaseComment'
  const added = await addComment(client, type, commentFields(id, commentText(text, marker, kind), kind), ref)
  const soql = `SELECT CreatedDate FROM ${type} WHERE Id = ${quoted(added)}`
  const [row] = await client.query(soql, createdAtSchema)
  if (row === undefined)
    throw new UnexpectedResponse(`The ${type} that was added cannot be read.`, { outcome: 'unknown' })
  return { id: added, createdAt: row.CreatedDate }
}

type Kind = SalesforceSettings['comments']

async function listComments(
  client: SalesforceClient,
  id: string,
  kind: Kind,
): Promise<readonly { readonly body: string; readonly comment: TicketComment }[]> {
  const order = `WHERE ParentId = ${quoted(id)} ORDER BY CreatedDate DESC, Id DESC`
  if (kind === 'feed') {
    const posts = await client.queryAll(`SELECT Id, Body, CreatedDate FROM FeedItem ${order}`, feedItemSchema)
    return posts.map(({ Id, Body, CreatedDate }) => ({
      body: Body ?? '',
      comment: { id: Id, createdAt: CreatedDate },
    }))
  }
  const comments = await client.queryAll(
    `SELECT Id, CommentBody, CreatedDate FROM CaseComment ${order}`,
    caseCommentSchema,
  )
  return comments.map(({ Id, CommentBody, CreatedDate }) => ({
    body: CommentBody ?? '',
    comment: { id: Id, createdAt: CreatedDate },
  }))
}

function commentFields(parentId: string, body: string, kind: Kind): JsonObject {
  return kind === 'feed'
    ? { ParentId: parentId, Type: 'TextPost', Body: body }
    : { ParentId: parentId, CommentBody: body, IsPublished: false }
}

function commentText(text: RichText, marker: DedupeKey, kind: Kind): string {
  const signed = (document: RichText): string =>
    plainCaseText([...document, { kind: 'paragraph', runs: [{ text: marker }] }]).trim()
  const size = (document: RichText): number => {
    const stored = signed(document).replaceAll('\n', '\r\n')
    return kind === 'feed' ? stored.length : Buffer.byteLength(stored)
  }
  // The marker is what a repetition is recognised by, so that the text makes room for it.
  return signed(fitDocument(text, kind === 'feed' ? POST_LENGTH : COMMENT_BYTES, size))
}

async function addComment(
  client: SalesforceClient,
  type: string,
  fields: JsonObject,
  ref: TicketRef,
): Promise<string> {
  try {
    return await client.createRecord(type, fields)
  } catch (error) {
    const isGone =
      error instanceof Rejected &&
      error.issues.some(({ message }) => /CROSS_REFERENCE|ENTITY_IS_DELETED/u.test(message))
    if (!isGone) throw error
    throw new TicketNotFound(`There is no case ${ref.key} (any more).`, { cause: error })
  }
}
