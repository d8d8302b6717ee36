import { sql, type Transaction } from 'kysely'
import { streamRetryDelayMs, type StreamReply, type StreamResult } from '@tripline/core'
import type { PooledDatabase } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import { storeReplies, type NewReply, type OnReplies } from './stream-replies.ts'
import type { StreamTarget } from './stream-target.ts'
import type { WaitingMessage } from './waiting-messages.ts'

/** What the results of a batch mean: for its messages, and for the target. */
export interface Verdicts {
  readonly sent: readonly string[]
  readonly failed: readonly BlamedMessage[]
  readonly dead: readonly BlamedMessage[]
  readonly replies: readonly NewReply[]
  /** Why the target is to be left alone; `null`: nothing is wrong with it. */
  readonly fault: { readonly reason: string; readonly retryAfterMs: number | null } | null
  /** How often in a row it could not be sent to. */
  readonly failures: number
  /** For how long it is to be left alone; `null`: it can go on at once. */
  readonly pauseMs: number | null
}

interface BlamedMessage {
  readonly id: string
  readonly reason: string
}

/** Records in one transaction what became of messages: they are gone, put aside, or wait on. */
export async function settleMessages(
  database: PooledDatabase,
  { targetId }: StreamTarget,
  { sent, failed, dead, replies, fault, failures, pauseMs }: Verdicts,
  onReplies: OnReplies | null,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    if (sent.length > 0) {
      await sql`delete from stream_messages where message_id = any(${sent}::bigint[])`.execute(transaction)
    }
    await blame(transaction, failed, sql`attempts = attempts + 1`)
    await blame(transaction, dead, sql`attempts = attempts + 1, state = 'dead', dead_at = clock_timestamp()`)
    await storeReplies(transaction, targetId, replies, onReplies)
    const last =
      fault === null ? null : JSON.stringify({ reason: fault.reason, at: new Date().toISOString() })
    await sql`
      update stream_targets set
        failures = ${failures}::integer,
        not_before = clock_timestamp() + ${pauseMs === null ? null : pauseMs / 1_000}::float8 * interval '1 second',
        last_fault = coalesce(${last}::jsonb, last_fault),
        delivered = delivered + ${sent.length}::bigint,
        delivered_at = case when ${sent.length > 0}::boolean then clock_timestamp() else delivered_at end
      where target_id = ${targetId}::uuid`.execute(transaction)
  })
}

/**
 * Judges the results of a batch.
 *
 * @param failures how often in a row the target could not be sent to before
 */
export function judge(
  { maxAttempts }: StreamTarget,
  failures: number,
  messages: readonly WaitingMessage[],
  results: readonly StreamResult[],
): Verdicts {
  const sent: string[] = []
  const failed: BlamedMessage[] = []
  const dead: BlamedMessage[] = []
  const replies: NewReply[] = []
  let fault: Verdicts['fault'] = null
  let laterMs: number | null = null
  for (const [index, result] of results.entries()) {
    const message = messages[index]
    if (message === undefined) continue
    const { id } = message
    switch (result.outcome) {
      case 'sent':
        sent.push(id)
        addReply(replies, message, result.reply)
        break
      case 'later':
        laterMs = Math.max(laterMs ?? 0, result.afterMs)
        break
      case 'unavailable':
        fault ??= { reason: result.reason, retryAfterMs: result.retryAfterMs }
        break
      case 'refused':
        dead.push({ id, reason: result.reason })
        addReply(replies, message, result.reply)
        break
      case 'failed': {
        const isLast = message.attempts + 1 >= maxAttempts
        const blamed = isLast ? dead : failed
        blamed.push({ id, reason: result.reason })
        if (isLast) addReply(replies, message, result.reply)
        fault ??= { reason: result.reason, retryAfterMs: null }
        break
      }
    }
  }
  if (fault === null) return { sent, failed, dead, replies, fault, failures: 0, pauseMs: laterMs }
  const inARow = sent.length > 0 ? 1 : failures + 1
  const pauseMs = streamRetryDelayMs(fault.retryAfterMs, inARow, Math.random())
  return { sent, failed, dead, replies, fault, failures: inARow, pauseMs }
}

function addReply(replies: NewReply[], message: WaitingMessage, reply: StreamReply | null | undefined): void {
  if (reply !== null && reply !== undefined) replies.push({ message, reply })
}

async function blame(
  transaction: Transaction<Tables>,
  blamed: readonly BlamedMessage[],
  change: ReturnType<typeof sql>,
): Promise<void> {
  if (blamed.length === 0) return
  await sql`
    update stream_messages m set fault = blamed.reason, ${change}
    from unnest(${blamed.map(({ id }) => id)}::bigint[], ${blamed.map(({ reason }) => reason)}::text[]) blamed(id, reason)
    where m.message_id = blamed.id`.execute(transaction)
}
