import {
  AccessDenied,
  type Issue,
  RateLimited,
  Rejected,
  singleLine,
  type TicketingError,
  Unauthorized,
  Unavailable,
  UnexpectedResponse,
} from '@tripline/core'
import type { HttpAnswer } from './http-exchange.ts'
import { missingRoute } from './missing-route.ts'
import { parseRetryAfter } from './retry-after.ts'

/** What an adapter knows about its system's refusals. */
export interface ErrorReading {
  /** Finds what the system says is wrong in the body of a refusal; none when it is not understood. Must not throw. */
  readonly readIssues: (text: string) => readonly Issue[]
  /** Decides about an answer before the usual rules do; `null`: they shall. Must not throw. */
  readonly classify?: (answer: HttpAnswer, issues: readonly Issue[]) => TicketingError | null
  readonly now: () => Date
}

/** The error that an answer of no 2xx status stands for. */
export function errorOf(answer: HttpAnswer, reading: ErrorReading): TicketingError {
  const issues = reading.readIssues(answer.text)
  const own = reading.classify?.(answer, issues)
  if (own !== undefined && own !== null) return own
  const { status, writes } = answer
  const message = refusal(answer, issues)
  // A gateway may give up on a request that its backend then completes.
  const unknown = writes ? { outcome: 'unknown' as const } : {}
  const retryAfter = answer.headers.get('retry-after')
  if (status === 429) return new RateLimited(message, parseRetryAfter(retryAfter, reading.now()))
  if (status === 503 && retryAfter !== null) {
    return new RateLimited(message, parseRetryAfter(retryAfter, reading.now()), unknown)
  }
  if (status >= 500) return new Unavailable(message, unknown)
  switch (status) {
    case 401:
      return new Unauthorized(message)
    case 403:
      return new AccessDenied(message)
    case 404:
    case 405:
    case 410:
      return missingRoute(answer, message)
    case 408:
      return new Unavailable(message, unknown)
    case 409:
    case 423:
    case 425:
      // Somebody else holds or changes the thing at this moment.
      return new Unavailable(message)
  }
  if (status >= 400) return new Rejected(message, issues)
  if (status >= 300) {
    const host = URL.parse(answer.headers.get('location') ?? '')?.host
    return new UnexpectedResponse(
      `${answer.request} was redirected (${status}${host === undefined ? '' : `, to ${host}`}); the address in the settings must be the final one.`,
    )
  }
  return new UnexpectedResponse(message, unknown)
}

function refusal({ request, status }: HttpAnswer, issues: readonly Issue[]): string {
  const said = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
  return said === ''
    ? `${request} answered ${status}.`
    : `${request} answered ${status}: ${singleLine(said, 1000)}`
}
