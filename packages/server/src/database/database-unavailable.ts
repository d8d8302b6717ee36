// Connections lost or refused (also by name, password or for want of the database), by PostgreSQL (https://www.postgresql.org/docs/current/errcodes-appendix.html) and by
// Node.js.
const CODES =
  /^(08...|28...|3D000|57P0[1-5]|53300|25006|ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/u
// What pg throws without a code.
const MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool after calling end|Client was closed|driver has already been destroyed|database .* is not currently accepting connections)/u

/** Whether an error means that the database cannot be reached now, rather than that it refused something. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof AggregateError && error.errors.some(isDatabaseUnavailable)) return true
  return CODES.test(databaseCode(error) ?? '') || MESSAGES.test(error.message)
}

/** The five characters by which PostgreSQL names what went wrong, or Node.js's code; `null`: the error has none. */
export function databaseCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null
}
