import { lookup as systemLookup, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { callbackify } from 'node:util'
import { Agent, buildConnector, fetch as undiciFetch, type RequestInit as UndiciRequestInit } from 'undici'
import { allowsAddress, allowsHost, type AllowedDestination } from './allowed-destination.ts'
import { DestinationRefused } from './destination-refused.ts'
import { isPublicAddress, plainAddress } from './public-address.ts'

/** Resolves a name to all of its addresses. */
export type ResolveHost = (hostname: string) => Promise<readonly LookupAddress[]>

/** How requests leave the gateway. */
export interface OutboundOptions {
  /** What may be called although it is private. */
  readonly allow: readonly AllowedDestination[]
  /** The operating system's resolver unless given. */
  readonly resolve?: ResolveHost
  /** Certificates to trust in place of the usual ones, as PEM. */
  readonly ca?: string
}

/** The only way out for plugins. */
export interface OutboundFetch {
  readonly fetch: typeof globalThis.fetch
  /** Ends all connections. */
  close(): Promise<void>
}

const CONNECT_TIMEOUT_MS = 10_000
const KEEP_ALIVE_MS = 30_000
const CONNECTIONS_PER_ORIGIN = 32

/**
 * Makes a `fetch` that reaches public addresses and what is allowed besides, by http and https only.
 *
 * The address is checked when the connection is made, on what the name was resolved to for that very connection: a name
 * that changes its mind between a check and a call gains nothing. Proxy variables of the environment are not obeyed,
 * and certificates are always verified. Redirects are the caller's to follow: by default they are returned as they are.
 */
export function createOutboundFetch(options: OutboundOptions): OutboundFetch {
  const { allow, ca } = options
  const resolve = options.resolve ?? resolveBySystem
  const connect = buildConnector({
    timeout: CONNECT_TIMEOUT_MS,
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    rejectUnauthorized: true,
    lookup: guardedLookup(allow, resolve),
    ...(ca === undefined ? {} : { ca }),
  })
  const agent = new Agent({
    connections: CONNECTIONS_PER_ORIGIN,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect(target, callback) {
      const address = target.hostname.replaceAll(/[[\]]/gu, '')
      // Addresses are connected to without a lookup.
      if (isIP(address) !== 0 && !isAllowed(allow, address)) {
        callback(refused(target.hostname, [address]), null)
        return
      }
      connect(target, callback)
    },
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

/** Hands on only those of a name's addresses that may be called. */
function guardedLookup(allow: readonly AllowedDestination[], resolve: ResolveHost): LookupFunction {
  const find = callbackify(async (hostname: string, family: number | null): Promise<LookupAddress[]> => {
    const addresses = (await resolve(hostname)).filter((each) => family === null || each.family === family)
    if (allowsHost(allow, hostname)) return addresses
    const good = addresses.filter(({ address }) => isAllowed(allow, address))
    if (good.length > 0) return good
    throw refused(
      hostname,
      addresses.map(({ address }) => address),
    )
  })
  return (hostname, options, callback) => {
    const family = options.family === 4 || options.family === 6 ? options.family : null
    find(hostname, family, (error, addresses) => {
      const first = addresses?.[0]
      if (error !== null) callback(error, [])
      else if (options.all === true) callback(null, addresses)
      else callback(null, first?.address ?? '', first?.family)
    })
  }
}

function isAllowed(allow: readonly AllowedDestination[], address: string): boolean {
  return isPublicAddress(address) || allowsAddress(allow, plainAddress(address))
}

function refused(hostname: string, addresses: readonly string[]): DestinationRefused {
  const isName = isIP(hostname.replaceAll(/[[\]]/gu, '')) === 0
  const where = isName ? `${hostname} (${addresses.join(', ') || 'no address'})` : hostname
  return new DestinationRefused(
    `${where} is not an address of the public Internet. If Tripline is to call it, name it in TRIPLINE_OUTBOUND_ALLOW: ` +
      'a host name, an address, or a network such as 10.1.0.0/16.',
  )
}

function resolveBySystem(hostname: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    systemLookup(hostname, { all: true, order: 'verbatim' }, (error, addresses) => {
      if (error === null) resolve(addresses)
      else reject(error)
    })
  })
}
