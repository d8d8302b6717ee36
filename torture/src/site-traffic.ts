import type { Exchange } from '@tripline/adapter-testkit/simulator'
import type { TrackedField } from './site.ts'

/** One request of the gateway. */
export interface SiteRequest extends RequestMeaning {
  readonly at: number
  readonly method: string
  readonly path: string
  readonly body: string
  readonly status: number | null
  readonly fault: string | null
}

/** What a request is about, which each kind of site tells in its own way. */
export interface RequestMeaning {
  /** `null`: no ticket, several, or one that is not known from it. */
  readonly ticketId: string | null
  /** Whether it may have changed something. */
  readonly isWrite: boolean
  /** Whether its answer, if it is good, tells of the ticket's status and assignee. */
  readonly isRead: boolean
  /** Which of these it writes. */
  readonly fields: readonly TrackedField[]
}

const KEPT_REQUESTS = 20_000

/** What the gateway asked of a site. */
export class SiteTraffic {
  /** Every request that may have changed something, oldest first. */
  readonly writes: SiteRequest[] = []
  /** The newest requests. */
  readonly requests: SiteRequest[] = []
  count = 0
  readonly #meaning: (exchange: Exchange) => RequestMeaning

  constructor(meaning: (exchange: Exchange) => RequestMeaning) {
    this.#meaning = meaning
  }

  /** For the simulator to tell of each exchange; `at`: from when on the answer may have been found. */
  readonly record = (exchange: Exchange, at = Date.now()): void => {
    const { answer, fault, request } = exchange
    const { body, method, path, query } = request
    this.count += 1
    const entry = {
      at,
      method,
      path: query === '' ? path : `${path}?${query}`,
      body,
      status: answer?.status ?? null,
      fault,
      ...this.#meaning(exchange),
    }
    this.requests.push(entry)
    if (this.requests.length > KEPT_REQUESTS) this.requests.splice(0, KEPT_REQUESTS / 2)
    if (entry.isWrite) this.writes.push(entry)
  }

  /** When the gateway was told how a ticket is, oldest first. */
  readsOf(ticketId: string): readonly number[] {
    return this.requests
      .filter(
        ({ fault, isRead, status, ticketId: id }) =>
          isRead &&
          id === ticketId &&
          status !== null &&
          status < 300 &&
          (fault === null || fault === 'delay'),
      )
      .map(({ at }) => at)
  }
}
