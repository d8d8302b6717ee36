import { MongoBulkWriteError, MongoServerError } from 'mongodb'
import { GatewayError, type StreamResult } from '@tripline/core'

const DUPLICATE_KEY = 11_000
// https://www.mongodb.com/docs/manual/reference/error-codes/
const NOT_NOW = new Set([
  6, // HostUnreachable
  7, // HostNotFound
  18, // AuthenticationFailed
  50, // MaxTimeMSExpired
  89, // NetworkTimeout
  91, // ShutdownInProgress
  189, // PrimarySteppedDown
  262, // ExceededTimeLimit
  9_001, // SocketException
  10_058, // LegacyNotPrimary
  10_107, // NotWritablePrimary
  11_600, // InterruptedAtShutdown
  11_602, // InterruptedDueToReplStateChange
  13_435, // NotPrimaryNoSecondaryOk
  13_436, // NotPrimaryOrSecondary
])

/** What an error of the driver means for the message that was sent. */
export function outcomeOfFault(error: unknown): StreamResult {
  if (error instanceof GatewayError)
    return { outcome: 'unavailable', reason: error.message, retryAfterMs: null }
  // A connection that broke during a bulk write comes as a server's error too, then without a code.
  if (error instanceof MongoServerError && typeof error.code === 'number') {
    const reason = `MongoDB answered ${error.codeName ?? 'an error'} (${error.code}).`
    return NOT_NOW.has(error.code)
      ? { outcome: 'unavailable', reason, retryAfterMs: null }
      : { outcome: 'refused', reason }
  }
  const name = error instanceof Error ? error.name : 'no reason given'
  return { outcome: 'unavailable', reason: `MongoDB cannot be written to (${name}).`, retryAfterMs: null }
}

/** Whether every fault of a write is that the document is there already. */
export function isStoredAlready(error: unknown): boolean {
  if (!(error instanceof MongoBulkWriteError)) return false
  const { writeErrors } = error
  const errors = Array.isArray(writeErrors) ? writeErrors : [writeErrors]
  return errors.length > 0 && errors.every(({ code }) => code === DUPLICATE_KEY)
}
