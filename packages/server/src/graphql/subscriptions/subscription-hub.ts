import type { ExecutionArgs, ExecutionResult } from 'graphql'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Database } from '../../database/client.ts'
import type { DatabaseLog } from '../../database/database-log.ts'
import type { EventFeed } from '../../ledger/event-feed.ts'
import { isAfter, type EventPosition } from '../../ledger/event-position.ts'
import type { RecordedEvent } from '../../ledger/event-reader.ts'
import type { GraphqlContext } from '../context.ts'
import type { ErrorReport } from '../execution/error-report.ts'
import { createBurst } from './burst.ts'
import type { EventCursor } from './event-cursor.ts'
import { Subscriber } from './subscriber.ts'
import { createSubscriptionGroup, type SubscriptionGroup } from './subscription-group.ts'
import type { Topic } from './topic.ts'

/** What is subscribed to, and by whom. */
interface SubscriptionRequest {
  readonly topic: Topic
  /** The same for subscriptions that may share their results. */
  readonly key: string
  readonly args: ExecutionArgs
  readonly context: GraphqlContext
  /** What comes after this is delivered. */
  readonly from: EventCursor
}

/** Hands what happens to all subscriptions of a process. */
export interface SubscriptionHub {
  subscribe(request: SubscriptionRequest): Subscription
  /** How many subscriptions there are, and how many groups they make. */
  count(): { readonly subscriptions: number; readonly groups: number }
  close(): void
}

/** The results of a subscription, and a way to end it from the server's side. */
interface Subscription extends AsyncIterableIterator<ExecutionResult> {
  end(lastWord: ExecutionResult | null): void
}

/** What a hub works with. */
export interface SubscriptionHubParts {
  readonly database: Database
  readonly feed: EventFeed
  readonly errors: ErrorReport
  readonly log: DatabaseLog
}

/** How many events wait for subscribers before they are read from the ledger again instead. */
const LONGEST_BACKLOG = 5_000
const READ_AT_ONCE = 500
const RETRY_MS = 500

/** Makes a hub that follows a feed. */
export function createSubscriptionHub({
  database,
  feed,
  errors,
  log,
}: SubscriptionHubParts): SubscriptionHub {
  const groups = new Map<string, SubscriptionGroup>()
  const subscribers = new Set<Subscriber>()
  /** Everything up to here has been pushed, or is being pushed. */
  let begun = feed.position
  let backlog: RecordedEvent[] = []
  let overflown = false
  let working = false
  let retry: NodeJS.Timeout | undefined

  const nextEvents = async (): Promise<readonly RecordedEvent[]> => {
    const events = backlog
    backlog = []
    if (!overflown) return events
    // What arrives from here on is kept again, unless there turns out to be more to read before it.
    overflown = false
    const read = await feed.read(begun, READ_AT_ONCE)
    if (read.length === READ_AT_ONCE) {
      overflown = true
      backlog = []
    }
    return read
  }

  const dispatch = async (events: readonly RecordedEvent[], upTo: EventPosition): Promise<void> => {
    const burst = createBurst(database, events)
    await Promise.all(
      [...groups.values()].map(async (group) => {
        if (![...group.subscribers].some(({ state }) => state === 'live')) return
        try {
          const deliveries = await group.deliveries(burst)
          for (const subscriber of group.subscribers) {
            if (subscriber.state === 'live') subscriber.push(deliveries, upTo)
          }
        } catch (error) {
          log.warn(
            { err: error },
            'a subscription could not be served; its subscribers read the ledger instead',
          )
          for (const subscriber of group.subscribers) subscriber.fallBehind()
        }
      }),
    )
  }

  const work = async (): Promise<void> => {
    if (working) return
    working = true
    try {
      while (backlog.length > 0 || overflown) {
        const events = (await nextEvents()).filter(({ position }) => isAfter(position, begun))
        const last = events.at(-1)
        if (last === undefined) continue
        begun = last.position
        await dispatch(events, last.position)
      }
    } catch (error) {
      log.warn({ err: error }, 'the ledger could not be read for subscriptions; trying again')
      overflown = true
      retry = setTimeout(() => void work(), RETRY_MS)
    } finally {
      working = false
    }
  }

  const unfollow = feed.follow((events) => {
    if (overflown || backlog.length + events.length > LONGEST_BACKLOG) {
      backlog = []
      overflown = true
    } else {
      backlog.push(...events)
    }
    void work()
  })

  /** Reads the ledger for one subscriber until it has what was pushed to the others meanwhile, then lets it join them. */
  const catchUp = async (subscriber: Subscriber, group: SubscriptionGroup): Promise<void> => {
    try {
      const events = await feed.read(subscriber.position, READ_AT_ONCE)
      const last = events.at(-1)
      if (last === undefined) {
        // Nothing was left to read. Unless something was pushed to the others since, it can join them.
        if (!isAfter(begun, subscriber.position)) subscriber.goLive()
        return
      }
      subscriber.push(await group.deliveries(createBurst(database, events)), last.position)
    } catch (error) {
      log.warn({ err: error }, 'the ledger could not be read for a subscription; trying again')
      await sleep(RETRY_MS)
    }
  }

  async function* resultsOf(
    subscriber: Subscriber,
    group: SubscriptionGroup,
  ): AsyncGenerator<ExecutionResult> {
    for (;;) {
      const result = subscriber.take()
      if (result !== undefined) {
        yield result
        continue
      }
      if (subscriber.state === 'ended') return
      if (subscriber.state === 'behind') await catchUp(subscriber, group)
      else await subscriber.somethingToDo()
    }
  }

  return {
    subscribe({ topic, key, args, context, from }) {
      const group = groups.get(key) ?? createSubscriptionGroup(topic, args, context, errors)
      groups.set(key, group)
      const subscriber = new Subscriber(from)
      // Everything behind what is being pushed now is still to be pushed.
      if (!isAfter(begun, from.position)) subscriber.goLive()
      group.subscribers.add(subscriber)
      subscribers.add(subscriber)
      const results = resultsOf(subscriber, group)
      const forget = (): void => {
        subscribers.delete(subscriber)
        group.subscribers.delete(subscriber)
        if (group.subscribers.size === 0 && groups.get(key) === group) groups.delete(key)
      }
      const end = (lastWord: ExecutionResult | null): void => {
        subscriber.end(lastWord)
        forget()
      }
      return {
        end,
        next: () => results.next(),
        // Not the generator's own: that would wait for the result it is waiting for.
        return: async () => {
          end(null)
          return { done: true, value: undefined }
        },
        throw: async (error) => {
          end(null)
          throw error
        },
        [Symbol.asyncIterator]() {
          return this
        },
      }
    },
    count: () => ({ subscriptions: subscribers.size, groups: groups.size }),
    close() {
      unfollow()
      clearTimeout(retry)
      for (const subscriber of subscribers) subscriber.end(null)
      subscribers.clear()
      groups.clear()
    },
  }
}
