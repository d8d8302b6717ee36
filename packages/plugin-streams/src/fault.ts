import { causesOf, codeOf } from '@tripline/adapter-http'
import { GatewayError, type StreamResult } from '@tripline/core'

// With these codes no connection was made, so nothing was sent.
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'CONNECT_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/** Whether an error says that no connection was made: nothing can have been sent. */
export function isNotConnected(error: unknown): boolean {
  const causes = [...causesOf(error)]
  const codes = causes.flatMap(codesOf)
  return (
    causes.some((cause) => cause instanceof GatewayError) ||
    (codes.length > 0 && codes.every((code) => NOT_CONNECTED.has(code)))
  )
}

/** What an error of the network was, in words that quote nothing that was sent. */
export function reasonOf(error: unknown): string {
  const causes = [...causesOf(error)]
  const raised = causes.find((cause) => cause instanceof GatewayError)
  if (raised !== undefined) return raised.message
  const codes = [...new Set(causes.flatMap(codesOf))].join(', ')
  if (isNotConnected(error)) return `No connection was made (${codes}).`
  return `The connection broke${codes === '' ? '' : ` (${codes})`}.`
}

/** A fault for which everything waits. */
export function unavailable(error: unknown): StreamResult {
  return { outcome: 'unavailable', reason: reasonOf(error), retryAfterMs: null }
}

function codesOf(error: Error): readonly string[] {
  return error.name === 'TimeoutError' ? ['TIMEOUT'] : codeOf(error)
}
