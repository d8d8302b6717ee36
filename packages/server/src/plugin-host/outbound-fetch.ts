import { Agent, fetch as undiciFetch, type RequestInit as UndiciRequestInit } from 'undici'
import { DestinationRefused } from './destination-refused.ts'
import { createGuardedConnector } from './guarded-connector.ts'
import { createOutboundGuard, type OutboundPolicy } from './outbound-guard.ts'

/** How requests leave the gateway. */
export interface OutboundOptions extends OutboundPolicy {
  /** Certificates to trust in place of the usual ones, as PEM. */
  readonly ca?: string
}

/** The only way out for plugins. */
export interface OutboundFetch {
  readonly fetch: typeof globalThis.fetch
  /** Ends all connections. */
  close(): Promise<void>
}

const KEEP_ALIVE_MS = 30_000
const CONNECTIONS_PER_ORIGIN = 32

/**
 * Makes a `fetch` that reaches public addresses and what is allowed besides, by http and https only.
 *
 * Proxy variables of the environment are not obeyed, and certificates are always verified. Redirects are the caller's to
 * follow: by default they are returned as they are.
 */
export function createOutboundFetch(options: OutboundOptions): OutboundFetch {
  const { ca } = options
  const agent = new Agent({
    connections: CONNECTIONS_PER_ORIGIN,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: createGuardedConnector(createOutboundGuard(options), {
      // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca }),
    }),
  })
  return {
    fetch: async (input, init) => {
      const address = input instanceof Request ? input.url : String(input)
      const protocol = URL.parse(address)?.protocol ?? 'no address'
      if (!['http:', 'https:'].includes(protocol)) {
        throw new DestinationRefused(`Only http and https addresses can be called; this one is ${protocol}.`)
      }
      const sent = {
        redirect: 'manual',
        ...(input instanceof Request ? requestInit(input) : {}),
        ...init,
        dispatcher: agent,
      } as UndiciRequestInit
      return (await undiciFetch(address, sent)) as unknown as Response
    },
    close: () => agent.destroy(),
  }
}

function requestInit({ method, headers, body, signal, redirect }: Request): object {
  return {
    method,
    headers: [...headers],
    body,
    signal,
    redirect,
    ...(body === null ? {} : { duplex: 'half' }),
  }
}
