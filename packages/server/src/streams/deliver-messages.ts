import { sql } from 'kysely'
import { DomainError, type StreamResult } from '@tripline/core'
import type { PooledDatabase } from '../database/client.ts'
import type { Log } from '../log.ts'
import { judge, settleMessages, type Verdicts } from './settle-messages.ts'
import type { OnReplies } from './stream-replies.ts'
import type { StreamSenders } from './stream-senders.ts'
import { findStreamTarget, type StreamTarget } from './stream-target.ts'
import { mostWaitingRead, readWaiting, type MessageBatch, type WaitingMessage } from './waiting-messages.ts'

/** What delivery works with. */
export interface DeliveryDeps {
  readonly database: PooledDatabase
  readonly senders: StreamSenders
  readonly log: Log
  /** Told of answers in the transaction that stores them; `null`: nobody. */
  readonly onReplies: OnReplies | null
}

// What was sent is recorded while the next messages are sent: a process that dies would send two slices again at most, which
// is a second's work.
const SLICE_MS = 500
const COUNT_EVERY_MS = 1_000
const FIRST_READ = 500
const LEAST_READ = 50

/**
 * Delivers what waits for a target, batch by batch, until nothing does or the target is to be left alone. Only one
 * process may do so for a target at a time. What was sent is recorded when it settles.
 *
 * @param signal interrupts sending
 * @param stopping lets the batch under way be sent, and none after it
 */
export async function deliverMessages(
  deps: DeliveryDeps,
  targetId: string,
  signal: AbortSignal,
  stopping: AbortSignal,
): Promise<void> {
  const { database } = deps
  let after = '0'
  let most = FIRST_READ
  let failures: number | null = null
  let next: Promise<MessageBatch> | null = null
  let countAt = 0
  let recording: Promise<void> = Promise.resolve()

  async function record(target: StreamTarget, verdicts: Verdicts): Promise<void> {
    await settleMessages(database, target, verdicts, deps.onReplies)
    if (verdicts.pauseMs === null && performance.now() < countAt) return
    await countWaiting(database, targetId)
    countAt = performance.now() + COUNT_EVERY_MS
  }

  try {
    while (!signal.aborted && !stopping.aborted) {
      const target = await findStreamTarget(database, targetId)
      if (target === null || !target.enabled || isLeftAlone(target)) return
      const { messages, more }: MessageBatch = await (next ?? readWaiting(database, targetId, after, most))
      next = null
      if (messages.length === 0) {
        await recording
        await countWaiting(database, targetId)
        // A transaction that began earlier may have committed later: its messages lie before the position.
        if (after === '0') return
        after = '0'
        continue
      }
      // What comes next is read while these are sent.
      const behind: Promise<MessageBatch> | null = more ? readAhead(database, targetId, messages, most) : null
      const results = await send(deps, target, messages, more, signal)
      const verdicts = judge(target, failures ?? target.failures, messages, results)
      await recording
      recording = record(target, verdicts)
      if (verdicts.pauseMs !== null || results.length === 0) return
      // What goes wrong with it comes up where it is awaited, which is later than it happens.
      recording.catch(() => undefined)
      failures = 0
      after = messages[results.length - 1]?.id ?? after
      if (results.length === messages.length) next = behind
      // What a slow target does not get through within its slice is read for nothing.
      most = Math.min(Math.max(2 * results.length, LEAST_READ), mostWaitingRead)
    }
  } finally {
    // The target may be another process's as soon as this returns, which must not find what was sent here.
    await recording
  }
}

/** The batch behind another one. What goes wrong with reading it is of interest only to whoever uses it. */
function readAhead(
  database: PooledDatabase,
  targetId: string,
  messages: readonly WaitingMessage[],
  most: number,
): Promise<MessageBatch> {
  const batch = readWaiting(database, targetId, messages.at(-1)?.id ?? '0', most)
  batch.catch(() => undefined)
  return batch
}

async function send(
  { senders, log }: DeliveryDeps,
  target: StreamTarget,
  messages: readonly WaitingMessage[],
  more: boolean,
  signal: AbortSignal,
): Promise<readonly StreamResult[]> {
  try {
    return await senders.senderFor(target).send(messages, { signal, more, sliceMs: SLICE_MS })
  } catch (error) {
    if (signal.aborted) return []
    // Settings that cannot be used are said to the administrator; anything else is a fault of the plugin.
    const isExpected = error instanceof DomainError
    if (!isExpected)
      log.error({ err: error, target: target.name, kind: target.kind }, 'a stream plugin failed')
    const reason = isExpected ? error.message : 'The stream plugin failed; see the log.'
    return [{ outcome: 'unavailable', reason, retryAfterMs: null }]
  }
}

function isLeftAlone({ notBefore }: StreamTarget): boolean {
  return notBefore !== null && notBefore.getTime() > Date.now()
}

/** What the limit of the queue is compared with. */
async function countWaiting(database: PooledDatabase, targetId: string): Promise<void> {
  await sql`
    update stream_targets t set counted_at = clock_timestamp(), waiting = (
      select count(*) from (
        select 1 from stream_messages m where m.target_id = t.target_id and m.state = 'waiting' limit t.max_waiting
      ) counted
    ) where t.target_id = ${targetId}::uuid`.execute(database)
}
