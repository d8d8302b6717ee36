import {
  DetectionNotFound,
  DomainError,
  Forbidden,
  InvalidInput,
  NotFound,
  Unauthenticated,
  type Issue,
} from '@tripline/core'
import { jsonAnswer, type Answer } from './answer.ts'
import { isDatabaseUnavailable } from '../database/database-unavailable.ts'
import { HttpError } from './http-error.ts'

/** How an error is told to a client. */
export interface ErrorBody {
  readonly code: string
  readonly message: string
  /** Finds the request in the log. */
  readonly traceId: string
  readonly issues?: readonly Issue[]
}

/** The status and the words of an error. What nobody expected is masked: the log has it whole. */
export function describeError(
  error: unknown,
  traceId: string,
): { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: ErrorBody } {
  if (error instanceof HttpError) {
    return {
      status: error.status,
      headers: error.headers,
      body: { code: error.code, message: error.message, traceId },
    }
  }
  if (error instanceof DomainError) {
    const issues = error instanceof InvalidInput && error.issues.length > 0 ? { issues: error.issues } : {}
    const headers = error instanceof Unauthenticated ? { 'www-authenticate': 'Bearer' } : {}
    const body = { code: error.code, message: error.message, traceId, ...issues }
    return { status: statusOf(error), headers, body }
  }
  if (isDatabaseUnavailable(error)) {
    const message = 'The database cannot be reached now; try again in a while.'
    return {
      status: 503,
      headers: { 'retry-after': '5' },
      body: { code: 'DATABASE_UNAVAILABLE', message, traceId },
    }
  }
  const message = `Something went wrong in the gateway; its log says what, under the trace id ${traceId}.`
  return { status: 500, headers: {}, body: { code: 'INTERNAL', message, traceId } }
}

/** The answer to a request that failed. */
export function errorAnswer(error: unknown, traceId: string): Answer {
  const { status, headers, body } = describeError(error, traceId)
  return jsonAnswer(status, { error: body }, headers)
}

function statusOf(error: DomainError): number {
  if (error instanceof Unauthenticated) return 401
  if (error instanceof Forbidden) return 403
  if (error instanceof NotFound || error instanceof DetectionNotFound) return 404
  return error instanceof InvalidInput ? 400 : 409
}
