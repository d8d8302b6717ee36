import { DomainError, InvalidInput, Unauthenticated, Forbidden } from '@tripline/core'

/** A cursor that was not made by the list, or not for the order, that it is given to. */
export class InvalidCursor extends InvalidInput {
  override readonly code = 'INVALID_CURSOR'
}

/** The database cannot be reached; nothing is wrong with the request. */
export class DatabaseUnavailable extends DomainError {
  readonly code = 'DATABASE_UNAVAILABLE'
}

/** The operation asks for more than one request may. */
export class TooComplex extends DomainError {
  readonly code = 'TOO_COMPLEX'
}

/** The HTTP status of an operation that fails with an error before it begins. */
export function httpStatusOf(error: DomainError): number | undefined {
  if (error instanceof Unauthenticated) return 401
  if (error instanceof Forbidden) return 403
  if (error instanceof DatabaseUnavailable) return 503
  return error instanceof TooComplex ? 400 : undefined
}

/** Node's network codes, then PostgreSQL's: connection exceptions, too many connections, shutting down, starting up. */
const CONNECTION_CODES =
  /^(?:ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|08...|53300|57P0[1-3])$/u
/** pg's own words, which have no code. */
const CONNECTION_MESSAGES =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool after calling end)/u

/** Whether an error says that the database cannot be reached. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (error instanceof AggregateError && error.errors.some(isDatabaseUnavailable)) return true
  if (!(error instanceof Error)) return false
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return CONNECTION_CODES.test(code) || CONNECTION_MESSAGES.test(error.message)
}
