import { GenericError, MultipleErrors } from '@platformatic/kafka'
import { GatewayError, type StreamResult } from '@tripline/core'

// https://kafka.apache.org/protocol.html#protocol_error_codes
const REFUSED = new Set([
  'MESSAGE_TOO_LARGE',
  'INVALID_TOPIC_EXCEPTION',
  'RECORD_LIST_TOO_LARGE',
  'TOPIC_AUTHORIZATION_FAILED',
  'INVALID_RECORD',
  'POLICY_VIOLATION',
])
const FAILED = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'CORRUPT_MESSAGE', 'UNKNOWN_SERVER_ERROR'])

/** What an error of the client means for the message that was sent. */
export function outcomeOfFault(error: unknown): StreamResult {
  const errors = [...errorsOf(error)]
  const raised = errors.find((each) => each instanceof GatewayError)
  if (raised !== undefined) return { outcome: 'unavailable', reason: raised.message, retryAfterMs: null }
  const ids = errors.flatMap((each) =>
    'apiId' in each && typeof each.apiId === 'string' ? [each.apiId] : [],
  )
  const id = ids.find((each) => REFUSED.has(each) || FAILED.has(each)) ?? ids[0]
  if (id !== undefined) {
    const reason = `Kafka answered ${id}.`
    if (REFUSED.has(id)) return { outcome: 'refused', reason }
    if (FAILED.has(id)) return { outcome: 'failed', reason }
    return { outcome: 'unavailable', reason, retryAfterMs: null }
  }
  const codes = errors.flatMap((each) => ('code' in each && typeof each.code === 'string' ? [each.code] : []))
  const reason = `Kafka cannot be sent to (${[...new Set(codes)].join(', ') || 'no reason given'}).`
  return { outcome: 'unavailable', reason, retryAfterMs: null }
}

/** Whether the brokers understood and one message may be to blame. */
export function isAboutMessages(error: unknown): boolean {
  return outcomeOfFault(error).outcome !== 'unavailable'
}

function* errorsOf(error: unknown, depth = 0): Generator<Error> {
  if (!(error instanceof Error) || depth > 6) return
  yield error
  const members =
    error instanceof AggregateError || MultipleErrors.isMultipleErrors(error)
      ? (error as AggregateError).errors
      : []
  for (const member of members) yield* errorsOf(member, depth + 1)
  if (GenericError.isGenericError(error) || error.cause !== undefined) yield* errorsOf(error.cause, depth + 1)
}
