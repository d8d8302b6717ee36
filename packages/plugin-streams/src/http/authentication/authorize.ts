import type { StreamHttpClient, StreamHttpRequest } from '@tripline/core'

/** A request without the credentials that it needs. */
export type OutgoingRequest = Omit<StreamHttpRequest, 'timeoutMs' | 'signal' | 'wantsBody'>

/** Says who we are. */
export interface Authorizer {
  /** The headers to add to a request, or to put in place of the request's. */
  authorize(request: OutgoingRequest, signal: AbortSignal): Promise<Readonly<Record<string, string>>>
  /** Forgets what was learnt before; whether that may help after an answer of 401. */
  renew(): boolean
}

/** What authorizers are made with. */
export interface AuthorizerDeps {
  readonly http: StreamHttpClient
  readonly now: () => Date
  readonly timeoutMs: number
}

/** One that adds the same to every request. */
export function constantAuthorizer(headers: Readonly<Record<string, string>>): Authorizer {
  return { authorize: () => Promise.resolve(headers), renew: () => false }
}
