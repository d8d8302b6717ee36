import { DomainError, InvalidInput, TicketingError, type GatewayError } from '@tripline/core'
import { GraphQLError, type ExecutionResult } from 'graphql'
import type { DatabaseLog } from '../../database/database-log.ts'
import { DatabaseUnavailable, httpStatusOf, isDatabaseUnavailable } from '../errors.ts'

/** What a client is told of an error. */
export interface ErrorReport {
  /** Of anything that was thrown; what nobody expected is logged whole, and the client learns only its trace id. */
  toClient(error: unknown, traceId: string): GraphQLError
  /** The same result with every error as clients may see it. */
  result<Result extends ExecutionResult>(result: Result, traceId: string): Result
}

/** Makes the report of errors that logs to `log`. */
export function createErrorReport(log: DatabaseLog): ErrorReport {
  const report: ErrorReport = {
    toClient(error, traceId) {
      const original = innermost(error)
      // The parser's, the validator's and the executor's own words.
      if (original instanceof GraphQLError)
        return original === error ? original : withPlace(original.message, error, original.extensions)
      if (original instanceof DomainError || original instanceof TicketingError) {
        return withPlace(original.message, error, extensionsOf(original))
      }
      if (isDatabaseUnavailable(original)) {
        log.error({ err: original, traceId }, 'the database is not available')
        const unavailable = new DatabaseUnavailable('The database cannot be reached; try again.')
        return withPlace(unavailable.message, error, extensionsOf(unavailable))
      }
      const path = error instanceof GraphQLError ? error.path : undefined
      log.error({ err: original, traceId, path }, 'an operation failed unexpectedly')
      return withPlace('Unexpected error.', error, { code: 'INTERNAL_SERVER_ERROR', traceId })
    },
    result(result, traceId) {
      if (result.errors === undefined) return result
      return { ...result, errors: result.errors.map((error) => report.toClient(error, traceId)) }
    },
  }
  return report
}

/** Whether an operation failed because the database could not be reached. */
export function failedForDatabase(result: ExecutionResult): boolean {
  return result.errors?.some((error) => isDatabaseUnavailable(innermost(error))) ?? false
}

function innermost(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError !== undefined
    ? innermost(error.originalError)
    : error
}

function withPlace(
  message: string,
  error: unknown,
  extensions: Readonly<Record<string, unknown>>,
): GraphQLError {
  if (!(error instanceof GraphQLError)) return new GraphQLError(message, { extensions })
  const { nodes, source, positions, path } = error
  return new GraphQLError(message, {
    extensions,
    ...(nodes === undefined ? {} : { nodes }),
    ...(source === undefined ? {} : { source }),
    ...(positions === undefined ? {} : { positions }),
    ...(path === undefined ? {} : { path }),
  })
}

function extensionsOf(error: GatewayError): Readonly<Record<string, unknown>> {
  const status = error instanceof DomainError ? httpStatusOf(error) : undefined
  return {
    code: error.code,
    ...(error instanceof InvalidInput && error.issues.length > 0 ? { issues: error.issues } : {}),
    ...(status === undefined ? {} : { http: { status } }),
  }
}
