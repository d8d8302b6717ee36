import { missingRoute, type HttpAnswer } from '@tripline/adapter-http'
import {
  AccessDenied,
  type Issue,
  RateLimited,
  Rejected,
  singleLine,
  type TicketingError,
  TicketNotFound,
  Unauthorized,
  Unavailable,
} from '@tripline/core'
import { errorsSchema, tokenErrorSchema } from './salesforce-payloads.ts'

/** The session ended or was revoked: a new one may be had with the same credentials. */
export class SessionRefused extends Unauthorized {}

/** The record was changed after the instant that the request named. */
export class ModifiedSince extends Unavailable {}

/** The user may not do this, as Salesforce says it of fields, records and objects. */
export class Forbidden extends AccessDenied {
  readonly issues: readonly Issue[]

  constructor(message: string, issues: readonly Issue[]) {
    super(message)
    this.issues = issues
  }
}

/** One error of Salesforce's list, with the fields it names. */
interface SalesforceIssue {
  readonly code: string
  readonly message: string
  readonly fields: readonly string[]
}

/** What Salesforce says is wrong; none when the body is not Salesforce's. */
function salesforceIssues(text: string): readonly SalesforceIssue[] {
  const body = errorsSchema.safeParse(json(text))
  if (!body.success) return []
  return body.data.map(({ errorCode, message, fields }) => ({
    code: errorCode ?? '',
    message,
    fields: fields ?? [],
  }))
}

/** The same by field, where an error names several, or none. */
export function readSalesforceIssues(text: string): readonly Issue[] {
  return salesforceIssues(text).flatMap(({ code, message, fields }) => {
    const said = code === '' ? message : `${message} (${code})`
    return fields.length === 0
      ? [{ path: '', message: said }]
      : fields.map((path) => ({ path, message: said }))
  })
}

// Somebody else, a long transaction or an approval holds the record; it is let go without anybody of us doing anything.
const BUSY = new Set(['UNABLE_TO_LOCK_ROW', 'ENTITY_IS_LOCKED', 'SERVER_UNAVAILABLE', 'QUERY_TIMEOUT'])
const SESSION_ENDED = new Set(['INVALID_SESSION_ID'])
const LIMITS = new Set(['REQUEST_LIMIT_EXCEEDED', 'TOO_MANY_REQUESTS'])
const NOT_ALLOWED_IN = new Set([
  'API_DISABLED_FOR_ORG',
  'API_CURRENTLY_DISABLED',
  'INACTIVE_USER',
  'USER_NOT_API_ENABLED',
])
const FORBIDDEN = new Set([
  'INSUFFICIENT_ACCESS',
  'INSUFFICIENT_ACCESS_OR_READONLY',
  'INVALID_FIELD_FOR_INSERT_UPDATE',
  'INVALID_TYPE',
  'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY_BY_USER',
  'NO_ACCESS',
])
const GONE = new Set(['ENTITY_IS_DELETED', 'NOT_FOUND', 'INVALID_CROSS_REFERENCE_KEY'])

/** What Salesforce says in its own codes, where the status alone would mislead. */
export function classifyAnswer(answer: HttpAnswer, issues: readonly Issue[]): TicketingError | null {
  const { headers, request, status, text } = answer
  const said = salesforceIssues(text)
  const has = (codes: ReadonlySet<string>): boolean => said.some(({ code }) => codes.has(code))
  const message = `${request} answered ${status}${issues.length === 0 ? '.' : `: ${singleLine(issues.map((issue) => issue.message).join('; '), 1000)}`}`
  if (status === 300) {
    return new Rejected(
      `${request} found several cases with one external id. Make the external id field unique, and empty it on the cases that were made by others.`,
      issues,
    )
  }
  if (status === 401 && has(SESSION_ENDED)) return new SessionRefused(message)
  if (status === 412) return new ModifiedSince(message)
  if (status < 400 || status > 499) return null
  if (has(LIMITS)) {
    const usage = headers.get('sforce-limit-info')
    return new RateLimited(usage === null ? message : `${message} (${singleLine(usage, 100)})`, null)
  }
  if (has(NOT_ALLOWED_IN)) return new Unauthorized(message)
  if (has(BUSY)) return new Unavailable(message)
  if (status !== 404 && said.some(({ code }) => code === 'ENTITY_IS_DELETED'))
    return new TicketNotFound(message)
  if (has(FORBIDDEN)) return new Forbidden(message, issues)
  return null
}

/**
 * The error for a 404: the record is not there, the external id field or the object is not for us, or the whole route.
 * Salesforce says most of it with the same code, so that only the path tells them apart.
 */
export function missingThing(answer: HttpAnswer): TicketingError {
  const issues = readSalesforceIssues(answer.text)
  const said = salesforceIssues(answer.text)
  if (said.some(({ message }) => /external id field/iu.test(message))) {
    return new Rejected(
      `${answer.request} answered 404: the external id field does not exist, is no External ID, or may not be seen. A check of the connection says how to set it up.`,
      issues,
    )
  }
  const isRecord = /\/sobjects\/[A-Za-z]+\/[A-Za-z0-9]{15,18}$/u.test(answer.request)
  if (isRecord && said.some(({ code }) => GONE.has(code))) {
    return new TicketNotFound(`${answer.request} answered 404: there is no such record (any more).`)
  }
  if (said.length > 0 && /\/sobjects\/[A-Za-z]+\/describe$/u.test(answer.request)) {
    return new Forbidden(`${answer.request} answered 404: we may not see that object.`, issues)
  }
  return missingRoute(
    answer,
    `${answer.request} answered 404: this organisation does not have that part of the API. The API version or the address in the settings may be wrong.`,
  )
}

/** Why no session was given. Nothing of the request is repeated: it holds the credentials. */
export function classifyTokenAnswer(answer: HttpAnswer): TicketingError | null {
  const { request, status, text } = answer
  if (status >= 500 || status === 429) return null
  const body = tokenErrorSchema.safeParse(json(text))
  if (!body.success) return status === 400 ? new Unauthorized(`${request} answered ${status}.`) : null
  const { error, error_description: description = '' } = body.data
  const reason = singleLine(`${error}: ${description}`, 300)
  if (/login rate exceeded|too many/iu.test(description))
    return new RateLimited(`${request} answered ${status}: ${reason}`, null)
  return new Unauthorized(`Salesforce gives no session (${reason}).`)
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
