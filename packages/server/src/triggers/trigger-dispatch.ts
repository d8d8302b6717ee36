import { sql } from 'kysely'
import type { EventFeed } from '../ledger/event-feed.ts'
import { queueReplies } from './trigger-inputs.ts'
import { workOnTrigger, type TriggerWorkDeps } from './trigger-work.ts'

/** What the work of a process on triggers needs. */
export interface TriggerDispatchDeps extends TriggerWorkDeps {
  readonly feed: EventFeed
  /** How often it is looked what there is to do although nothing was announced; default 1 second. */
  readonly pollMs?: number
}

/** A process's work on triggers. */
export interface TriggerDispatch {
  /** Looks soon what there is to do. */
  wake(): void
  /** Lets what runs finish. */
  stop(): Promise<void>
}

/** Runs triggers until it is stopped. Any number of processes may do so on one database. */
export function startTriggerDispatch(deps: TriggerDispatchDeps): TriggerDispatch {
  const { database, feed, log, pollMs = 1_000 } = deps
  let stopped = false
  let announced = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | null = null

  /** One batch of each trigger, so that none waits for another to be done. */
  async function round(): Promise<boolean> {
    const replies = await queueReplies(database)
    const rows = await database
      .selectFrom('triggers')
      .selectAll()
      .where('disabled', '=', false)
      .where('paused_reason', 'is', null)
      .where(sql<boolean>`(leased_until is null or leased_until < clock_timestamp())`)
      .orderBy('trigger_id')
      .execute()
    let isMore = replies > 0
    for (const row of rows) {
      if (stopped) return false
      isMore = (await workOnTrigger(deps, row)) || isMore
    }
    return isMore
  }

  async function work(): Promise<void> {
    do {
      announced = false
      while (!stopped && (await round())) continue
    } while (announced && !stopped)
  }

  function wake(): void {
    announced = true
    if (stopped || running !== null) return
    clearTimeout(timer)
    running = work()
      .catch((error: unknown) => {
        if (!stopped) log.warn({ err: error }, 'triggers could not be run; trying again')
      })
      .then(() => {
        running = null
        if (!stopped) timer = setTimeout(wake, pollMs)
      })
  }

  const unfollow = feed.follow((events) => {
    if (events.some(({ kind }) => kind === 'DETECTION_CREATED' || kind === 'DETECTION_UPDATED')) wake()
  })
  wake()
  return {
    wake,
    async stop() {
      stopped = true
      unfollow()
      clearTimeout(timer)
      await running
    },
  }
}
