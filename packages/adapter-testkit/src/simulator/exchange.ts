import type { IncomingHttpHeaders } from 'node:http'
import type { SimulatorAnswer } from './answer.ts'
import type { FaultKind } from './fault-script.ts'

/** One request and what the simulator answered, whole. Given to `onExchange`, for instance to check both against a specification. */
export interface Exchange {
  readonly request: {
    readonly method: string
    readonly path: string
    /** The query string without its question mark. */
    readonly query: string
    readonly headers: IncomingHttpHeaders
    readonly body: string
  }
  /** `null` when no answer of the simulator's own making was sent, because a scripted fault took its place. */
  readonly answer: SimulatorAnswer | null
  readonly fault: FaultKind | null
}
