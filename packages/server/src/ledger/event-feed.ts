import type { PooledDatabase } from '../database/client.ts'
import type { DatabaseLog } from '../database/database-log.ts'
import { listenForEvents } from './event-listener.ts'
import type { EventPosition } from './event-position.ts'
import { readEvents, type RecordedEvent } from './event-reader.ts'
import { readSnapshot } from './ledger-snapshot.ts'

/** Follows the ledger for a whole process: one connection that listens, one fetch per burst, any number of followers. */
export interface EventFeed {
  /** Everything up to here has been handed to the followers. */
  readonly position: EventPosition
  /**
   * Hands every later event to `follower`, in order, in bursts; returns what ends it. Followers are called one after
   * another and must not throw.
   */
  follow(follower: (events: readonly RecordedEvent[]) => void): () => void
  /** At most `limit` events after a position, in order, none of which can be preceded by a later one. */
  read(after: EventPosition, limit: number): Promise<readonly RecordedEvent[]>
  close(): Promise<void>
}

/** How a feed keeps up. The defaults suit everything but tests. */
export interface EventFeedOptions {
  readonly log: DatabaseLog
  /** How often the ledger is read although nothing was announced; default 1 second. */
  readonly pollMs?: number
  /** The most events read at once; default 1,000. */
  readonly burst?: number
}

/** The least time between two reads that are announced: the events of busy times come in bursts. */
const PACE_MS = 10
const FIRST_RETRY_MS = 10
const LONGEST_RETRY_MS = 200

/** Starts following the ledger from where it stands now. Rejects when the database cannot be reached. */
export async function startEventFeed(
  database: PooledDatabase,
  options: EventFeedOptions,
): Promise<EventFeed> {
  const { log, pollMs = 1_000, burst = 1_000 } = options
  const followers = new Set<(events: readonly RecordedEvent[]) => void>()
  const beginning = await readSnapshot(database.pool)
  let position = beginning.from
  let closed = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | null = null
  let announced = false
  let retryMs = FIRST_RETRY_MS
  let notBefore = 0

  const deliver = (events: readonly RecordedEvent[]): void => {
    const last = events.at(-1)
    if (last === undefined) return
    position = last.position
    const news = events.filter((event) => !beginning.includes(event.position))
    if (news.length > 0) for (const follower of followers) follower(news)
  }

  /** Reads until nothing is left, and returns after how long to look again. */
  const catchUp = async (): Promise<number> => {
    for (;;) {
      announced = false
      const { events, more, unsettled } = await readEvents(database.pool, position, burst)
      if (closed) return pollMs
      deliver(events)
      if (more) continue
      if (announced) return 0
      if (!unsettled) {
        retryMs = FIRST_RETRY_MS
        return pollMs
      }
      // Committed rows wait for a transaction that began before them; its end is not announced if it wrote no events.
      const wait = Math.min(retryMs, pollMs)
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
      return wait
    }
  }

  const wake = (): void => {
    announced = true
    if (closed || running !== null) return
    clearTimeout(timer)
    const early = notBefore - performance.now()
    if (early > 0) {
      timer = setTimeout(wake, early)
      return
    }
    notBefore = performance.now() + PACE_MS
    running = catchUp()
      .catch((error: unknown) => {
        if (!closed) log.warn({ err: error }, 'the ledger could not be read; trying again')
        announced = false
        return pollMs
      })
      .then((waitMs) => {
        running = null
        if (closed) return
        if (announced) wake()
        else timer = setTimeout(wake, waitMs)
      })
  }

  const listener = listenForEvents(database, log, () => {
    retryMs = FIRST_RETRY_MS
    wake()
  })
  wake()

  return {
    get position() {
      return position
    },
    follow(follower) {
      followers.add(follower)
      return () => followers.delete(follower)
    },
    async read(after, limit) {
      return (await readEvents(database.pool, after, limit)).events
    },
    async close() {
      closed = true
      clearTimeout(timer)
      followers.clear()
      await Promise.all([listener.close(), running])
    },
  }
}
