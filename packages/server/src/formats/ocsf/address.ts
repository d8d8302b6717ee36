import { BlockList, isIPv4, isIPv6 } from 'node:net'

const inner = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 4],
  ['255.255.255.255', 32],
] as const) {
  inner.addSubnet(network, prefix, 'ipv4')
}
for (const [network, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  inner.addSubnet(network, prefix, 'ipv6')
}

/** Whether a text is an IP address. */
export function isAddress(text: string): boolean {
  return isIPv4(text) || isIPv6(text)
}

/** Whether a text is an IP address of the public internet, that is, not of a private, local or multicast network. */
export function isPublicAddress(text: string): boolean {
  if (isIPv4(text)) return !inner.check(text, 'ipv4')
  return isIPv6(text) && !inner.check(text, 'ipv6')
}
