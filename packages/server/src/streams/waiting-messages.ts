import { sql } from 'kysely'
import type { JsonObject, QueuedMessage, StreamMessage } from '@tripline/core'
import type { Database } from '../database/client.ts'

/** A message that waits, with who sent it. */
export interface WaitingMessage extends QueuedMessage {
  readonly source: JsonObject
}

/** The messages to be sent next. */
export interface MessageBatch {
  readonly messages: readonly WaitingMessage[]
  /** Whether there are more behind them. */
  readonly more: boolean
}

/** How many messages are read at once at most. */
export const mostWaitingRead = 2_000

const MOST_BYTES = 2 * 1024 * 1024

/**
 * The next messages for a target behind a position, bounded in number and bytes; at least one, if there is one. The
 * position spares looking through what was deleted just now.
 */
export async function readWaiting(
  database: Database,
  targetId: string,
  after: string,
  most: number,
): Promise<MessageBatch> {
  const { rows } = await sql<{
    message_id: string
    message: StreamMessage
    source: JsonObject
    attempts: number
    queued_at: Date
    count: string
  }>`
    select message_id, message, source, attempts, queued_at, count from (
      select *, sum(size) over (order by message_id) - size as before, count(*) over () as count from (
        select * from stream_messages
        where target_id = ${targetId}::uuid and state = 'waiting' and message_id > ${after}::bigint
        order by message_id limit ${most + 1}
      ) next
    ) sized
    where before < ${MOST_BYTES}
    order by message_id`.execute(database)
  const messages = rows.slice(0, most).map(({ message_id, message, source, attempts, queued_at }) => ({
    id: message_id,
    message,
    source,
    attempts,
    queuedAt: queued_at,
  }))
  return { messages, more: Number(rows[0]?.count ?? 0) > messages.length }
}
