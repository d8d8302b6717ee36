import type { EventPosition } from '../../ledger/event-position.ts'
import type { Burst } from './burst.ts'

/** One thing to deliver: the value that the subscription's root field resolves from, and its place in the ledger. */
interface TopicValue {
  readonly position: EventPosition
  readonly value: unknown
}

/** What a subscription is about. */
export interface Topic {
  /** What to deliver of a burst, in its order. */
  select(burst: Burst): Promise<readonly TopicValue[]>
}
