import { type DedupeKey, Rejected, type TicketRef } from '@tripline/core'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

/**
 * An id of 15 case-sensitive or 18 characters in its long form, which tells ids apart whatever happens to their case;
 * `null` when it is none. The last three characters say which of the others are upper case.
 */
export function toLongId(value: string): string | null {
  if (!/^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/u.test(value)) return null
  const short = value.slice(0, 15)
  const suffix = [0, 5, 10]
    .map((start) => {
      const letters = short.slice(start, start + 5).split('')
      const bits = letters.map((letter, index) => (/[A-Z]/u.test(letter) ? 1 << index : 0))
      return ALPHABET.charAt(bits.reduce((sum, bit) => sum + bit, 0))
    })
    .join('')
  return value.length === 15 || value.slice(15).toUpperCase() === suffix ? short + suffix : null
}

/** Whether a value is the id of a record of one of these kinds, which the first three characters tell. */
export function isRecordId(value: string, prefixes: readonly string[]): boolean {
  return toLongId(value) !== null && prefixes.includes(value.slice(0, 3))
}

/** @throws Rejected for an id that no case has: in a path or a query it would address something else. */
export function caseId(ref: TicketRef): string {
  const id = isRecordId(ref.id, ['500']) ? toLongId(ref.id) : null
  if (id === null) throw new Rejected('The ticket id is none of a Salesforce case.')
  return id
}

/** @throws Rejected for a key that a path would take for something else; jsforce does not encode it. */
export function externalId(key: DedupeKey): string {
  if (!/^[A-Za-z0-9_-]{1,80}$/u.test(key)) throw new Rejected('The dedupe key cannot be an external id.')
  return key
}
