import { DetectionNotFound, DomainError, Forbidden, NotFound, Unauthenticated } from '@tripline/core'
import type { Answer } from '../http/answer.ts'
import { describeError } from '../http/error-answer.ts'
import { HttpError } from '../http/http-error.ts'
import { API_ROOT, TOKEN_PATH } from './paths.ts'
import type { InvalidBodyStatus } from './rest-route.ts'

/** Whether errors under a path are told in the words of ExtraHop's API. */
export function isRestPath(path: string): boolean {
  return path === API_ROOT || path.startsWith(`${API_ROOT}/`) || path === TOKEN_PATH
}

/**
 * An error as ExtraHop's clients read it: some look for `error_message`, others for `type` and `detail`. Only 401 has
 * `error_message` alone, because clients compare the whole body with it to tell that a token has to be renewed.
 */
export function restErrorAnswer(error: unknown, traceId: string, authorization: string | undefined): Answer {
  const { headers, body, status: usual } = describeError(error, traceId)
  const status = error instanceof DomainError ? statusOf(error) : usual
  const { code, message } = body
  if (status === 401) {
    const isToken = /^bearer /iu.test(authorization ?? '')
    return answer(401, { error_message: isToken ? 'Invalid access token' : message }, headers)
  }
  return answer(status, { error_message: message, type: code.toLowerCase(), detail: message }, headers)
}

/** A body or parameters that are not as declared. */
export function invalidRequest(status: InvalidBodyStatus, issues: readonly string[]): HttpError {
  const code = status === 400 ? 'INVALID_SEARCH' : 'INVALID_INPUT'
  return new HttpError(status, code, `The request cannot be taken: ${issues.join('; ')}.`)
}

function statusOf(error: DomainError): number {
  if (error instanceof Unauthenticated) return 401
  if (error instanceof Forbidden) return 403
  if (error instanceof NotFound || error instanceof DetectionNotFound) return 404
  return 422
}

function answer(status: number, value: object, headers: Readonly<Record<string, string>>): Answer {
  const type = { 'content-type': 'application/json', 'cache-control': 'no-store' }
  return { status, headers: { ...type, ...headers }, body: JSON.stringify(value) }
}
