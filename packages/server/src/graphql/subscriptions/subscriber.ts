import type { ExecutionResult } from 'graphql'
import { isAfter, type EventPosition } from '../../ledger/event-position.ts'
import type { LedgerSnapshot } from '../../ledger/ledger-snapshot.ts'
import type { EventCursor } from './event-cursor.ts'

/** A result on its way to subscribers. */
export interface Delivery {
  readonly position: EventPosition
  readonly result: ExecutionResult
}

/** How many results wait for a slow subscriber before it is left to read the ledger by itself. */
const LONGEST_QUEUE = 256

/**
 * Where one subscriber stands. It is `live` while results are pushed to it, and `behind` while it reads the ledger by
 * itself: at the beginning after a cursor, and whenever it is too slow for what is pushed.
 */
export class Subscriber {
  #position: EventPosition
  readonly #seen: LedgerSnapshot | null
  #queue: Delivery[] = []
  #state: 'behind' | 'live' | 'ended' = 'behind'
  #lastWord: ExecutionResult | null = null
  #wake: () => void = () => {}

  constructor({ position, seen }: EventCursor) {
    this.#position = position
    this.#seen = seen
  }

  /** Everything up to here has been handed to the subscriber, or waits in its queue. */
  get position(): EventPosition {
    return this.#position
  }

  get state(): 'behind' | 'live' | 'ended' {
    return this.#state
  }

  /** From now on results are pushed; whoever calls this knows that nothing up to `position` will be. */
  goLive(): void {
    if (this.#state === 'behind') this.#state = 'live'
  }

  /** Hands over results up to a position, leaving out what the subscriber has had. */
  push(deliveries: readonly Delivery[], upTo: EventPosition): void {
    if (this.#state === 'ended') return
    const fresh = deliveries.filter(
      ({ position }) => isAfter(position, this.#position) && this.#seen?.includes(position) !== true,
    )
    if (
      this.#state === 'live' &&
      this.#queue.length + fresh.length > LONGEST_QUEUE &&
      this.#queue.length > 0
    ) {
      // It finds the rest in the ledger, from its position on; so nothing grows without bound and nothing is lost.
      this.#state = 'behind'
      return
    }
    this.#queue.push(...fresh)
    if (isAfter(upTo, this.#position)) this.#position = upTo
    this.#wake()
  }

  /** Lets the subscriber read the ledger by itself, because results could not be made. */
  fallBehind(): void {
    if (this.#state !== 'live') return
    this.#state = 'behind'
    this.#wake()
  }

  /** Ends it, after what is queued or at once; with a last word, for instance why. */
  end(lastWord: ExecutionResult | null): void {
    if (this.#state === 'ended') return
    this.#state = 'ended'
    this.#queue = []
    this.#lastWord = lastWord
    this.#wake()
  }

  /** The next result that waits, or the last word. */
  take(): ExecutionResult | undefined {
    const next = this.#queue.shift()
    if (next !== undefined) return next.result
    const lastWord = this.#lastWord ?? undefined
    this.#lastWord = null
    return lastWord
  }

  /** Resolves when there may be something to do. */
  async somethingToDo(): Promise<void> {
    if (this.#queue.length > 0 || this.#state !== 'live') return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }
}
