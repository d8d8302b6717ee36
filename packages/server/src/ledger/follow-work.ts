import type { DatabaseLog } from '../database/database-log.ts'
import type { EventFeed } from './event-feed.ts'
import { isContentChange } from './event-reader.ts'

/** Work of a process that is done when detections change. */
export interface FollowedWork {
  /** Looks soon what there is to do. */
  wake(): void
  /** Lets what is under way finish. */
  stop(): Promise<void>
}

/** What is done, and how it is noticed that there is something to do. */
export interface FollowedWorkOptions {
  readonly feed: EventFeed
  readonly log: DatabaseLog
  /** Does a part of it; returns whether there may be more. `isStopped` tells when to leave the rest. */
  readonly round: (isStopped: () => boolean) => Promise<boolean>
  /** How often it is looked although nothing was announced; default 1 second. */
  readonly pollMs?: number
}

/** Does `round` again and again as long as there is more, when detections change, and at intervals. */
export function followWork({ feed, log, round, pollMs = 1_000 }: FollowedWorkOptions): FollowedWork {
  let stopped = false
  let announced = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | null = null

  async function work(): Promise<void> {
    do {
      announced = false
      while (!stopped && (await round(() => stopped))) continue
    } while (announced && !stopped)
  }

  function wake(): void {
    announced = true
    if (stopped || running !== null) return
    clearTimeout(timer)
    running = work()
      .catch((error: unknown) => {
        if (!stopped) log.warn({ err: error }, 'the work on changes failed; trying again')
      })
      .then(() => {
        running = null
        if (!stopped) timer = setTimeout(wake, pollMs)
      })
  }

  const unfollow = feed.follow((events) => {
    if (events.some(isContentChange)) wake()
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
