import { BlockList, isIP } from 'node:net'

/** A destination that an operator allows although it is private: a host by name, or addresses. */
export type AllowedDestination =
  | { readonly kind: 'host'; readonly name: string }
  | { readonly kind: 'network'; readonly addresses: BlockList }

/** Parses `jira.internal`, `*.corp.example`, `10.1.2.3`, `10.1.0.0/16` or `fd00::/8`; `undefined`: none of these. */
export function parseDestination(text: string): AllowedDestination | undefined {
  const [base = '', length, ...rest] = text.replaceAll(/[[\]]/gu, '').split('/')
  const version = isIP(base)
  if (version === 0) {
    const isName = /^(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z][a-z0-9_-]*\.?$/iu.test(text)
    return isName ? { kind: 'host', name: normalName(text) } : undefined
  }
  const family = version === 4 ? 'ipv4' : 'ipv6'
  const width = version === 4 ? 32 : 128
  const prefix = length === undefined ? width : /^\d{1,3}$/u.test(length) ? Number(length) : NaN
  if (!(prefix <= width) || rest.length > 0) return undefined
  const addresses = new BlockList()
  addresses.addSubnet(base, prefix, family)
  return { kind: 'network', addresses }
}

/** Whether a host may be called by its name, whatever its addresses are. */
export function allowsHost(allowed: readonly AllowedDestination[], hostname: string): boolean {
  const name = normalName(hostname)
  return allowed.some((entry) => {
    if (entry.kind !== 'host') return false
    return entry.name.startsWith('*.') ? name.endsWith(entry.name.slice(1)) : name === entry.name
  })
}

/** Whether an address is among those allowed. */
export function allowsAddress(allowed: readonly AllowedDestination[], address: string): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  return allowed.some((entry) => entry.kind === 'network' && entry.addresses.check(address, family))
}

function normalName(name: string): string {
  return name.toLowerCase().replace(/\.$/u, '')
}
