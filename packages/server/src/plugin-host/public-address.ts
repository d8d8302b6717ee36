import { BlockList, isIP } from 'node:net'

// What the registries of special-purpose addresses do not call globally reachable, multicast, and what cloud providers
// answer on inside.
// https://www.iana.org/assignments/iana-ipv4-special-registry
// https://www.iana.org/assignments/iana-ipv6-special-registry
const PRIVATE_IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  // Azure's platform address, which every virtual machine there can reach.
  '168.63.129.16/32',
]
const PRIVATE_IPV6 = [
  '::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
]

const privateAddresses = new BlockList()
for (const [networks, family] of [
  [PRIVATE_IPV4, 'ipv4'],
  [PRIVATE_IPV6, 'ipv6'],
] as const) {
  for (const network of networks) {
    const [base = '', prefix] = network.split('/')
    privateAddresses.addSubnet(base, Number(prefix), family)
  }
}

/** Whether an address belongs to the public Internet. What is not an address is not public. */
export function isPublicAddress(address: string): boolean {
  const plain = plainAddress(address)
  const version = isIP(plain)
  return version !== 0 && !privateAddresses.check(plain, version === 4 ? 'ipv4' : 'ipv6')
}

/** The IPv4 address inside an IPv6 address that stands for one (mapped, or translated by NAT64); else the address. */
export function plainAddress(address: string): string {
  if (isIP(address) !== 6) return address
  // URL writes every IPv6 address in one way: shortened, without dots.
  const short = URL.parse(`http://[${address}]`)?.hostname.slice(1, -1)
  const low = /^(?:::ffff:|64:ff9b::)(?:([0-9a-f]{1,4}):)?([0-9a-f]{1,4})$/u.exec(short ?? '')
  if (low === null) return address
  const [high, rest] = [Number.parseInt(low[1] ?? '0', 16), Number.parseInt(low[2] ?? '0', 16)]
  return [high >> 8, high & 255, rest >> 8, rest & 255].join('.')
}
