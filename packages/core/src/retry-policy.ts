import { RateLimited, type TicketingError } from './errors.ts'

const FIRST_DELAY_MS = 1_000
const LONGEST_DELAY_MS = 10 * 60_000
const LONGEST_RETRY_AFTER_MS = 24 * 60 * 60_000

/**
 * How long to wait, in milliseconds, before the next attempt after a retryable error: what the other side asked for,
 * else exponential back-off from one second to ten minutes with full jitter over its upper half.
 *
 * @param attempts how many attempts have failed in a row, this one included; from 1
 * @param random a number from 0 to 1, 1 excluded
 */
export function retryDelayMs(error: TicketingError, attempts: number, random: number): number {
  if (error instanceof RateLimited && error.retryAfterMs !== null) {
    // A little more than asked for, and not all at the same moment.
    return Math.min(Math.max(error.retryAfterMs, 0), LONGEST_RETRY_AFTER_MS) + Math.round(250 * random)
  }
  const delay = Math.min(FIRST_DELAY_MS * 2 ** Math.min(attempts - 1, 30), LONGEST_DELAY_MS)
  return Math.round(delay / 2 + (delay / 2) * random)
}
