import { parseRetryAfter } from '@tripline/adapter-http'
import type { StreamHttpAnswer, StreamResult } from '@tripline/core'
import { isNotConnected, reasonOf, unavailable } from '../fault.ts'

/**
 * What an answer means for the message: done (2xx and 3xx), not now (401, 407, 408, 425, 429, 502, 503, 504), never (other
 * 4xx), or a failure of this message (other 5xx).
 */
export function outcomeOf(answer: StreamHttpAnswer, wantsReply: boolean, now: Date): StreamResult {
  const { statusCode } = answer
  const reply = wantsReply ? answer : null
  if (statusCode < 400) return { outcome: 'sent', reply }
  const reason = `The target answered ${statusCode}.`
  if (statusCode === 401 || statusCode === 407)
    return { outcome: 'unavailable', reason: `${reason} The credentials are not taken.`, retryAfterMs: null }
  if ([408, 425, 429, 502, 503, 504].includes(statusCode)) {
    const retryAfter = answer.headers['retry-after']
    const retryAfterMs = parseRetryAfter(typeof retryAfter === 'string' ? retryAfter : null, now)
    return { outcome: 'unavailable', reason, retryAfterMs }
  }
  return { outcome: statusCode < 500 ? 'refused' : 'failed', reason, reply }
}

/** What it means when no answer came. The message is to blame only when it was on its way. */
export function outcomeOfFault(error: unknown): StreamResult {
  return isNotConnected(error) ? unavailable(error) : { outcome: 'failed', reason: reasonOf(error) }
}
