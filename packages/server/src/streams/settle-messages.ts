import { sql, type Transaction } from 'kysely'
import { streamRetryDelayMs, type StreamReply, type StreamResult } from '@tripline/core'
import type { PooledDatabase } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import { storeReplies, type NewReply, type OnReplies } from './stream-replies.ts'
import type { StreamTarget } from './stream-target.ts'
import type { WaitingMessage } from './waiting-messages.ts'

/** What the results of a batch mean for the target. */
export interface Settlement {
  /** For how long it is to be left alone; `null`: it can go on at once. */
  readonly pauseMs: number | null
}

interface Verdicts {
  readonly sent: string[]
  readonly failed: { readonly id: string; readonly reason: string }[]
  readonly dead: { readonly id: string; readonly reason: string }[]
  readonly replies: NewReply[]
  /** Why the target is to be left alone. */
  fault: { readonly reason: string; readonly retryAfterMs: number | null } | null
  laterMs: number | null
}

/** Records in one transaction what became of messages: they are gone, put aside, or wait on. */
export async function settleMessages(
  database: PooledDatabase,
  target: StreamTarget,
  messages: readonly WaitingMessage[],
  results: readonly StreamResult[],
  onReplies: OnReplies | null,
): Promise<Settlement> {
  const verdicts = judge(target, messages, results)
  const { sent, failed, dead, replies, fault, laterMs } = verdicts
  const progress = sent.length > 0
  const failures = fault === null ? 0 : progress ? 1 : target.failures + 1
  const pauseMs =
    fault === null ? laterMs : streamRetryDelayMs(fault.retryAfterMs, Math.max(failures, 1), Math.random())
  await database.transaction().execute(async (transaction) => {
    if (sent.length > 0) {
      await sql`delete from stream_messages where message_id = any(${sent}::bigint[])`.execute(transaction)
    }
    await blame(transaction, failed, sql`attempts = attempts + 1`)
    await blame(transaction, dead, sql`attempts = attempts + 1, state = 'dead', dead_at = clock_timestamp()`)
    await storeReplies(transaction, target.targetId, replies, onReplies)
    const last =
      fault === null ? null : JSON.stringify({ reason: fault.reason, at: new Date().toISOString() })
    await sql`
      update stream_targets set
        failures = ${failures}::integer,
        not_before = clock_timestamp() + ${pauseMs === null ? null : pauseMs / 1_000}::float8 * interval '1 second',
        last_fault = coalesce(${last}::jsonb, last_fault),
        delivered = delivered + ${sent.length}::bigint,
        delivered_at = case when ${progress}::boolean then clock_timestamp() else delivered_at end
      where target_id = ${target.targetId}::uuid`.execute(transaction)
  })
  return { pauseMs }
}

function judge(
  target: StreamTarget,
  messages: readonly WaitingMessage[],
  results: readonly StreamResult[],
): Verdicts {
  const verdicts: Verdicts = { sent: [], failed: [], dead: [], replies: [], fault: null, laterMs: null }
  for (const [index, result] of results.entries()) {
    const message = messages[index]
    if (message === undefined) continue
    const { id } = message
    switch (result.outcome) {
      case 'sent':
        verdicts.sent.push(id)
        addReply(verdicts.replies, message, result.reply)
        break
      case 'later':
        verdicts.laterMs = Math.max(verdicts.laterMs ?? 0, result.afterMs)
        break
      case 'unavailable':
        verdicts.fault ??= { reason: result.reason, retryAfterMs: result.retryAfterMs }
        break
      case 'refused':
        verdicts.dead.push({ id, reason: result.reason })
        addReply(verdicts.replies, message, result.reply)
        break
      case 'failed': {
        const isLast = message.attempts + 1 >= target.maxAttempts
        verdicts[isLast ? 'dead' : 'failed'].push({ id, reason: result.reason })
        if (isLast) addReply(verdicts.replies, message, result.reply)
        verdicts.fault ??= { reason: result.reason, retryAfterMs: null }
        break
      }
    }
  }
  return verdicts
}

function addReply(replies: NewReply[], message: WaitingMessage, reply: StreamReply | null | undefined): void {
  if (reply !== null && reply !== undefined) replies.push({ message, reply })
}

async function blame(
  transaction: Transaction<Tables>,
  blamed: readonly { readonly id: string; readonly reason: string }[],
  change: ReturnType<typeof sql>,
): Promise<void> {
  if (blamed.length === 0) return
  await sql`
    update stream_messages m set fault = blamed.reason, ${change}
    from unnest(${blamed.map(({ id }) => id)}::bigint[], ${blamed.map(({ reason }) => reason)}::text[]) blamed(id, reason)
    where m.message_id = blamed.id`.execute(transaction)
}
