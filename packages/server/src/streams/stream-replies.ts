import { sql, type Transaction } from 'kysely'
import type { JsonObject, JsonValue, StreamReply } from '@tripline/core'
import type { Database } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import type { WaitingMessage } from './waiting-messages.ts'

/** The answer of a target to a message whose sender wants it. */
export interface StoredReply {
  readonly replyId: string
  readonly targetId: string
  readonly messageId: string
  /** Who sent the message, as he said when he queued it. */
  readonly source: JsonObject
  /** What he wanted back with the answer. */
  readonly context: JsonValue
  readonly statusCode: number
  /** By lower-case name; a repeated header is a list. */
  readonly headers: StreamReply['headers']
  readonly body: Buffer
  readonly receivedAt: Date
}

/** An answer that came. */
export interface NewReply {
  readonly message: WaitingMessage
  readonly reply: StreamReply
}

/**
 * Called in the transaction that stores answers and removes their messages, so that what it queues there is done if and
 * only if they are stored. It must not take long.
 */
export type OnReplies = (transaction: Transaction<Tables>, count: number) => Promise<void>

/** Stores answers, each once, until somebody takes them. */
export async function storeReplies(
  transaction: Transaction<Tables>,
  targetId: string,
  replies: readonly NewReply[],
  onReplies: OnReplies | null,
): Promise<void> {
  if (replies.length === 0) return
  await transaction
    .insertInto('stream_replies')
    .values(
      replies.map(({ message, reply }) => ({
        target_id: targetId,
        message_id: message.id,
        source: JSON.stringify(message.source),
        context: JSON.stringify({ context: contextOf(message) }),
        status_code: reply.statusCode,
        headers: JSON.stringify(reply.headers),
        body: Buffer.from(reply.body),
      })),
    )
    .execute()
  await onReplies?.(transaction, replies.length)
}

/**
 * Takes answers, oldest first: they are gone when the transaction commits, and back when it does not. Any number of
 * processes may do so at once; each answer is had by one.
 */
export async function takeStreamReplies(
  transaction: Transaction<Tables>,
  most: number,
): Promise<readonly StoredReply[]> {
  const { rows } = await sql<{
    reply_id: string
    target_id: string
    message_id: string
    source: JsonObject
    context: { readonly context: JsonValue }
    status_code: number
    headers: StreamReply['headers']
    body: Buffer
    received_at: Date
  }>`
    with taken as (
      delete from stream_replies where reply_id in (
        select reply_id from stream_replies order by reply_id limit ${most} for update skip locked
      ) returning *
    )
    select * from taken order by reply_id`.execute(transaction)
  return rows.map((row) => ({
    replyId: row.reply_id,
    targetId: row.target_id,
    messageId: row.message_id,
    source: row.source,
    context: row.context.context,
    statusCode: row.status_code,
    headers: row.headers,
    body: row.body,
    receivedAt: row.received_at,
  }))
}

const KEPT_DAYS = 7

/** Forgets answers that nobody has taken for a week. */
export async function forgetOldReplies(database: Database): Promise<void> {
  await sql`delete from stream_replies where received_at < clock_timestamp() - make_interval(days => ${KEPT_DAYS})`.execute(
    database,
  )
}

function contextOf({ message }: WaitingMessage): JsonValue {
  return message.kind === 'http' ? (message.reply?.context ?? null) : null
}
