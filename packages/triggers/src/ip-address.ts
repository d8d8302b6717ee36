import { BlockList, isIP, SocketAddress } from 'node:net'
import type { JsonObject, JsonValue } from '@tripline/core'
import { wrongType } from './script-error.ts'

const privateAddresses = blocks('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7')
const linkLocal = blocks('169.254.0.0/16', 'fe80::/10')
const multicast = blocks('224.0.0.0/4', 'ff00::/8')

/** What `IPAddress` says of an address, after its last bits are cleared; `mask` is how many stay, or `null` for all. */
export function describeAddress(text: JsonValue, mask: JsonValue): JsonObject {
  const version = typeof text === 'string' ? isIP(text) : 0
  if (typeof text !== 'string' || version === 0) throw wrongType(`${JSON.stringify(text)} is no IP address.`)
  const length = version === 4 ? 32 : 128
  if (mask !== null && !(Number.isInteger(mask) && Number(mask) >= 0 && Number(mask) <= length))
    throw wrongType(`A mask of this address has 0 to ${length} bits.`)
  const family = version === 4 ? 'ipv4' : 'ipv6'
  const bits = mask === null ? length : Number(mask)
  const address = canonical(bits === length ? text : masked(text, version, bits), family)
  return {
    text: address,
    isV4: version === 4,
    isPrivate: privateAddresses.check(address, family),
    isLinkLocal: linkLocal.check(address, family),
    isMulticast: multicast.check(address, family),
  }
}

function blocks(...networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/')
    list.addSubnet(address, Number(bits), isIP(address) === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}

function canonical(address: string, family: 'ipv4' | 'ipv6'): string {
  return new SocketAddress({ address: address.replace(/%.*$/u, ''), family }).address
}

function masked(text: string, version: number, bits: number): string {
  const groups = version === 4 ? text.split('.').map(Number) : groupsOf(text)
  const width = version === 4 ? 8 : 16
  const kept = groups.map((group, index) => {
    const cleared = Math.min(width, Math.max(0, (index + 1) * width - bits))
    return (group >> cleared) << cleared
  })
  return version === 4 ? kept.join('.') : kept.map((group) => group.toString(16)).join(':')
}

/** The eight groups of an IPv6 address. */
function groupsOf(text: string): readonly number[] {
  const plain = text.replace(/%.*$/u, '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/u, (_, ...parts: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = parts.slice(0, 4).map(Number)
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
  const [head = '', tail] = plain.split('::', 2)
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...missing, ...right].map((group) => Number.parseInt(group, 16))
}
