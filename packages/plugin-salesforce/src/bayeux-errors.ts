import {
  AccessDenied,
  RateLimited,
  Rejected,
  singleLine,
  type TicketingError,
  Unavailable,
  UnexpectedResponse,
} from '@tripline/core'
import type { BayeuxMessage } from './bayeux-payloads.ts'
import { SessionRefused } from './salesforce-errors.ts'

/** The other side has forgotten who we are, and everything we subscribed to: it may be told anew. */
export class ClientForgotten extends Unavailable {}

/** The other side keeps no events as old as the one to begin after. */
export class ReplayRefused extends Rejected {}

/**
 * The error that an unsuccessful message stands for.
 *
 * @see https://developer.salesforce.com/docs/atlas.en-us.api_streaming.meta/api_streaming/streaming_error_codes.htm
 */
export function bayeuxError(message: BayeuxMessage): TicketingError {
  const { advice, channel, error = '', ext } = message
  // A refused handshake has its cause beside an error that is always the same.
  const said = ext?.sfdc?.failureReason ?? error
  const code = /^(\d{3}):/u.exec(said)?.[1] ?? ''
  const text = `Salesforce refused ${channel}: ${singleLine(said, 300) || 'it did not say why'}`
  if (/replay ?id/iu.test(said)) return new ReplayRefused(text)
  if (/unknown (?:client|session)/iu.test(said) || code === '402') return new ClientForgotten(text)
  if (code === '401') return new SessionRefused(text)
  if (/limit|too many|create_denied/iu.test(said)) return new RateLimited(text, null)
  if (code === '403') return new AccessDenied(text)
  if (code.startsWith('4')) return new Rejected(text)
  if (code.startsWith('5')) return new Unavailable(text)
  return advice?.reconnect === 'handshake' ? new ClientForgotten(text) : new UnexpectedResponse(text)
}
