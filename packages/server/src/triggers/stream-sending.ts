import type { Transaction } from 'kysely'
import type { JsonObject } from '@tripline/core'
import type { KnownTarget, OutgoingMessage, RemoteResponse } from '@tripline/triggers'
import type { Database } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import { enqueueMessages } from '../streams/enqueue-messages.ts'
import { takeStreamReplies } from '../streams/stream-replies.ts'

/** A message of a trigger, with who sent it. */
export interface SourcedMessage extends OutgoingMessage {
  readonly source: JsonObject
}

/** The targets that take messages. */
export async function listKnownTargets(database: Database): Promise<readonly KnownTarget[]> {
  return await database
    .selectFrom('stream_targets')
    .select(['name', 'kind'])
    .where('enabled', '=', true)
    .execute()
}

/** Queues messages within the transaction; for each `null`, or why it was not taken. */
export async function sendMessages(
  transaction: Transaction<Tables>,
  messages: readonly SourcedMessage[],
): Promise<readonly (string | null)[]> {
  const outcomes = await enqueueMessages(
    transaction,
    messages.map(({ target, message, source }) => ({
      target: { kind: message.kind, name: target },
      message,
      source,
    })),
  )
  return outcomes.map((outcome) => (outcome.accepted ? null : outcome.refusal.message))
}

/** An answer, and who sent what it answers. */
export interface SourcedReply {
  readonly source: JsonObject
  readonly response: RemoteResponse
}

/** Takes answers that came; each is had once, if the transaction commits. */
export async function takeReplies(
  transaction: Transaction<Tables>,
  most: number,
): Promise<readonly SourcedReply[]> {
  const replies = await takeStreamReplies(transaction, most)
  return replies.map(({ source, context, statusCode, headers, body }) => ({
    source,
    response: { statusCode, headers, context, body: body.toString('base64') },
  }))
}
