import { sql } from 'kysely'
import { listenForEvents } from '../ledger/event-listener.ts'
import { createAdvisoryLocks } from '../database/advisory-locks.ts'
import { deliverMessages, type DeliveryDeps } from './deliver-messages.ts'
import { forgetOldReplies } from './stream-replies.ts'

/** What delivering takes. */
export interface StreamEngineOptions extends DeliveryDeps {
  /** How often it is looked what is due, beside what is announced; default one second. */
  readonly lookEveryMs?: number
}

/** Delivers messages in this process until it is stopped. */
export interface StreamEngine {
  /** Lets what is under way finish, for some seconds; what was sent meanwhile is recorded. */
  stop(): Promise<void>
}

const LOOK_EVERY_MS = 1_000
const TIDY_EVERY_MS = 60 * 60_000
const PATIENCE_MS = 5_000

/**
 * Starts delivering. Any number of processes may do so on one database: a target is one process's at a time, by an
 * advisory lock, which is free at once when that process dies.
 */
export function startStreamEngine(deps: StreamEngineOptions): StreamEngine {
  const { database, log } = deps
  const locks = createAdvisoryLocks(database.pool, 'tripline.stream')
  const stopping = new AbortController()
  const impatient = new AbortController()
  /** Targets that are being worked on here, and whether something was announced meanwhile. */
  const working = new Map<string, { readonly done: Promise<void>; again: boolean }>()
  let looking: Promise<void> | null = null
  let lookAgain = false

  function wake(): void {
    if (stopping.signal.aborted) return
    lookAgain = true
    looking ??= look().finally(() => {
      looking = null
    })
  }

  async function look(): Promise<void> {
    while (lookAgain && !stopping.signal.aborted) {
      lookAgain = false
      try {
        for (const targetId of await listDue()) startWork(targetId)
      } catch (error) {
        if (!stopping.signal.aborted) log.warn({ err: error }, 'it cannot be seen which messages wait')
      }
    }
  }

  async function listDue(): Promise<readonly string[]> {
    const { rows } = await sql<{ target_id: string }>`
      select t.target_id from stream_targets t
      where t.enabled and (t.not_before is null or t.not_before <= clock_timestamp()) and exists (
        select from stream_messages m where m.target_id = t.target_id and m.state = 'waiting'
      )`.execute(database)
    return rows.map(({ target_id }) => target_id)
  }

  function startWork(targetId: string): void {
    const known = working.get(targetId)
    if (known !== undefined) {
      known.again = true
      return
    }
    const done = work(targetId)
      .catch((error: unknown) => {
        if (!stopping.signal.aborted)
          log.warn({ err: error, targetId }, 'messages could not be delivered now')
      })
      .finally(() => {
        const { again } = working.get(targetId) ?? { again: false }
        working.delete(targetId)
        if (again) wake()
      })
    working.set(targetId, { done, again: false })
  }

  async function work(targetId: string): Promise<void> {
    await using lock = await locks.tryLock(targetId)
    if (lock === null || stopping.signal.aborted) return
    const signal = AbortSignal.any([lock.signal, impatient.signal])
    await deliverMessages(deps, targetId, signal, stopping.signal)
  }

  const listener = listenForEvents(database, log, wake, 'tripline_streams')
  const timer = setInterval(wake, deps.lookEveryMs ?? LOOK_EVERY_MS)
  const tidying = setInterval(() => {
    forgetOldReplies(database).catch((error: unknown) => log.warn({ err: error }, 'old answers stay for now'))
  }, TIDY_EVERY_MS)
  wake()
  return {
    async stop() {
      stopping.abort()
      clearInterval(timer)
      clearInterval(tidying)
      const patience = setTimeout(() => impatient.abort(new Error('The process is stopping.')), PATIENCE_MS)
      await listener.close()
      await looking
      await Promise.all([...working.values()].map(({ done }) => done))
      clearTimeout(patience)
      locks.close()
    },
  }
}
