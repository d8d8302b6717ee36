import { type HttpAnswer, maxRetryAfterMs, missingRoute as routeError } from '@tripline/adapter-http'
import {
  type Issue,
  PluginOutdated,
  RateLimited,
  Rejected,
  singleLine,
  type TicketingError,
  Unauthorized,
  Unavailable,
} from '@tripline/core'
import { errorSchema, tokenErrorSchema } from './servicenow-payloads.ts'

/** The token ended or was revoked, as far as the instance itself says: a new one may be had with the same credentials. */
export class LoginRefused extends Unauthorized {}

/** What ServiceNow says is wrong; none when the body is not ServiceNow's. It names no fields but in its words. */
export function readServiceNowIssues(text: string): readonly Issue[] {
  const body = json(text)
  const refusal = errorSchema.safeParse(body)
  if (refusal.success) {
    const { detail, message } = refusal.data.error
    const said = [message, detail].filter((part) => part !== undefined && part !== null && part !== '')
    return said.length === 0 ? [] : [{ path: '', message: singleLine(said.join(': '), 1_000) }]
  }
  const token = tokenErrorSchema.safeParse(body)
  if (!token.success) return []
  const { error, error_description: description } = token.data
  return [{ path: '', message: singleLine([error, description ?? ''].join(' '), 300).trim() }]
}

// A rule of the data and not of access: what is asked for is refused, whoever asks.
const BY_RULE = /was aborted by Business Rule|Data Policy Exception|mandatory/iu

/** What only ServiceNow's words tell, where the status alone would mislead. */
export function classifyAnswer(
  now: () => Date,
): (answer: HttpAnswer, issues: readonly Issue[]) => TicketingError | null {
  return (answer, issues) => {
    if (isHibernating(answer)) return hibernating(answer)
    const { headers, request, status } = answer
    const said = issues.map(({ message }) => message).join('; ')
    const message = `${request} answered ${status}${said === '' ? '.' : `: ${said}`}`
    if (status === 401 && /not authenticated/iu.test(said)) return new LoginRefused(message)
    if (status === 403 && BY_RULE.test(said)) return new Rejected(message, issues)
    if (status === 400 && /does not represent any resource/iu.test(said)) return new PluginOutdated(message)
    const resetsAt = Number(headers.get('x-ratelimit-reset') ?? Number.NaN) * 1000
    if (status === 429 && headers.get('retry-after') === null && !Number.isNaN(resetsAt)) {
      const waitMs = Math.min(Math.max(resetsAt - now().getTime(), 0), maxRetryAfterMs)
      return new RateLimited(message, waitMs)
    }
    return null
  }
}

/**
 * Whether an instance sleeps, as those for development do after some days. Its page comes with whatever status the way
 * there gives it, 200 included, and the request was not carried out.
 */
export function isHibernating({ text }: HttpAnswer): boolean {
  return /^\s*</u.test(text) && /hibernat/iu.test(text)
}

/**
 * Whether an answer with a good status ends with an error: a transaction that takes too long is cancelled when a part of the
 * rows is written already, at times in the middle of one.
 */
export function isCutShort({ text }: HttpAnswer): boolean {
  const body = json(text)
  if (typeof body === 'object' && body !== null) return errorSchema.safeParse(body).success
  return /"status"\s*:\s*"failure"\s*\}\s*$/u.test(text)
}

export function cutShort({ request, status, writes }: HttpAnswer): Unavailable {
  return new Unavailable(
    `${request} answered ${status} and an error: ServiceNow cancelled it on the way.`,
    writes ? { outcome: 'unknown' } : {},
  )
}

export function hibernating({ request }: HttpAnswer): Unavailable {
  return new Unavailable(
    `${request} was answered by a page that says that the instance is hibernating; wake it up on developer.servicenow.com.`,
  )
}

/** Whether a 404 says in ServiceNow's own words that a record, or a row of a query, is not there. */
export function saysNoRecord({ text }: HttpAnswer): boolean {
  return readServiceNowIssues(text).some(({ message }) => /no record/iu.test(message))
}

export function missingRoute(answer: HttpAnswer): TicketingError {
  return routeError(
    answer,
    `${answer.request} answered 404, and not as the Table API does; is the base URL that of a ServiceNow instance?`,
  )
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
