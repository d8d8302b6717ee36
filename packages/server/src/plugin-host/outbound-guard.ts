import { lookup as systemLookup, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { callbackify } from 'node:util'
import { allowsAddress, allowsHost, type AllowedDestination } from './allowed-destination.ts'
import { DestinationRefused } from './destination-refused.ts'
import { isPublicAddress, plainAddress } from './public-address.ts'

/** Resolves a name to all of its addresses. */
export type ResolveHost = (hostname: string) => Promise<readonly LookupAddress[]>

/** What the network policy is made from. */
export interface OutboundPolicy {
  /** What may be called although it is private. */
  readonly allow: readonly AllowedDestination[]
  /** The operating system's resolver unless given. */
  readonly resolve?: ResolveHost
}

/** Says which addresses may be connected to. */
export interface OutboundGuard {
  /** Hands on only those of a name's addresses that may be connected to. */
  readonly lookup: LookupFunction
  /** Addresses are connected to without a lookup. @throws DestinationRefused for one that is not allowed */
  checkAddress(hostname: string): void
  /** The first address of a host that may be connected to. @throws DestinationRefused, or the resolver's error */
  resolve(hostname: string): Promise<LookupAddress>
}

/**
 * Makes the guard that every connection passes: public addresses, and what is allowed besides.
 *
 * The address is checked when the connection is made, on what the name was resolved to for that very connection: a name
 * that changes its mind between a check and a call gains nothing.
 */
export function createOutboundGuard({ allow, resolve = resolveBySystem }: OutboundPolicy): OutboundGuard {
  const isAllowed = (address: string): boolean =>
    isPublicAddress(address) || allowsAddress(allow, plainAddress(address))

  function checkAddress(hostname: string): void {
    const address = bare(hostname)
    if (isIP(address) !== 0 && !isAllowed(address)) throw refused(hostname, [address])
  }

  async function allowedAddresses(hostname: string, family: number | null): Promise<LookupAddress[]> {
    const addresses = (await resolve(hostname)).filter((each) => family === null || each.family === family)
    if (allowsHost(allow, hostname)) return addresses
    const good = addresses.filter(({ address }) => isAllowed(address))
    if (good.length > 0) return good
    throw refused(
      hostname,
      addresses.map(({ address }) => address),
    )
  }

  const find = callbackify(allowedAddresses)
  return {
    checkAddress,
    lookup(hostname, options, callback) {
      const family = options.family === 4 || options.family === 6 ? options.family : null
      find(hostname, family, (error, addresses) => {
        const first = addresses?.[0]
        if (error !== null) callback(error, [])
        else if (options.all === true) callback(null, addresses)
        else callback(null, first?.address ?? '', first?.family)
      })
    },
    async resolve(hostname) {
      const address = bare(hostname)
      const family = isIP(address)
      if (family !== 0) {
        checkAddress(hostname)
        return { address, family }
      }
      const [first] = await allowedAddresses(hostname, null)
      if (first === undefined) throw refused(hostname, [])
      return first
    },
  }
}

function bare(hostname: string): string {
  return hostname.replaceAll(/[[\]]/gu, '')
}

function refused(hostname: string, addresses: readonly string[]): DestinationRefused {
  const isName = isIP(bare(hostname)) === 0
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
