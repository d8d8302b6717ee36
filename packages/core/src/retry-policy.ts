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
  return backOffMs(attempts, random, LONGEST_DELAY_MS)
}

const LONGEST_STREAM_DELAY_MS = 60_000
const LONGEST_STREAM_RETRY_AFTER_MS = 60 * 60_000

/**
 * How long a target of an open data stream is left alone after a failure, in milliseconds: as long as it asked for, else
 * from one second to a minute, so that a target that is back is noticed soon.
 *
 * @param failures how many attempts have failed in a row, this one included; from 1
 * @param random a number from 0 to 1, 1 excluded
 */
export function streamRetryDelayMs(retryAfterMs: number | null, failures: number, random: number): number {
  if (retryAfterMs === null) return backOffMs(failures, random, LONGEST_STREAM_DELAY_MS)
  return Math.min(Math.max(retryAfterMs, 0), LONGEST_STREAM_RETRY_AFTER_MS) + Math.round(250 * random)
}

function backOffMs(attempts: number, random: number, longestMs: number): number {
  const delay = Math.min(FIRST_DELAY_MS * 2 ** Math.min(attempts - 1, 30), longestMs)
  return Math.round(delay / 2 + (delay / 2) * random)
}
