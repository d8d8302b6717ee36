import { z } from 'zod'

const ipv4Schema = z.ipv4()
const ipv6Schema = z.ipv6()

/** Whether a text is an IPv4 or IPv6 address. */
export function isAddress(text: string): boolean {
  return addressBits(text) !== null
}

/** Whether an address is a network or address, or in it; `false` for what is neither. */
export function isInNetwork(network: string, address: string): boolean {
  const [base = '', length] = network.split('/')
  const left = addressBits(base)
  const right = addressBits(address)
  if (left === null || right === null || left.width !== right.width) return false
  if (length !== undefined && !(/^\d{1,3}$/u.test(length) && Number(length) <= left.width)) return false
  const shift = BigInt(left.width - (length === undefined ? left.width : Number(length)))
  return left.bits >> shift === right.bits >> shift
}

function addressBits(text: string): { readonly bits: bigint; readonly width: number } | null {
  if (ipv4Schema.safeParse(text).success) {
    return { bits: text.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n), width: 32 }
  }
  if (!ipv6Schema.safeParse(text).success) return null
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/u.exec(text)
  const hex = (high = '0', low = '0'): string => ((Number(high) << 8) | Number(low)).toString(16)
  const plain =
    dotted === null ? text : `${dotted[1]}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}`
  const [head = '', tail] = plain.split('::')
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const middle: string[] = Array.from({ length: 8 - left.length - right.length }, () => '0')
  const all = tail === undefined ? left : [...left, ...middle, ...right]
  return { bits: all.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n), width: 128 }
}
