import { GatewayError, Rejected, TicketingError, Unavailable } from '@tripline/core'
import { causesOf, codeOf } from './error-causes.ts'

// With these codes no connection was made, so the request cannot have been carried out.
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
])

/**
 * What a failed `fetch` means. Refusals that the host's own fetch raises on purpose, such as by its network policy, keep
 * their words. Nothing else of the error is kept but its codes: its text may quote headers.
 */
export function networkFault(error: unknown, request: string, writes: boolean): TicketingError {
  const causes = [...causesOf(error)]
  const raised = causes.find((cause) => cause instanceof GatewayError)
  if (raised instanceof TicketingError) return raised
  if (raised instanceof GatewayError) return new Rejected(`${request} was not sent: ${raised.message}`)
  const codes = causes.flatMap(codeOf)
  const unconnected = codes.length > 0 && codes.every((code) => NOT_CONNECTED.has(code))
  const reason = codes.length === 0 ? '' : ` (${[...new Set(codes)].join(', ')})`
  return new Unavailable(
    unconnected ? `${request} could not connect${reason}.` : `${request} got no whole answer${reason}.`,
    writes && !unconnected ? { outcome: 'unknown' } : {},
  )
}
