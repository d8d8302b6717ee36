import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { condition, fromInstant, isLiteral, toInstant } from '../src/encoded-query.ts'
import { parseEncodedQuery } from '../src/simulator/encoded-query.ts'

const table = {
  name: 'sys_user',
  shownBy: 'name',
  columns: [
    { name: 'name', label: 'Name', type: 'string' },
    { name: 'active', label: 'Active', type: 'boolean' },
  ],
} as const

describe('a condition', () => {
  test('finds its own value and no other, whatever is in it', () => {
    const hostile = fc
      .array(fc.constantFrom('^', '^^', 'OR', 'NQ', 'active=true', 'ORDERBYname', '=', 'x', ' '), {
        minLength: 1,
      })
      .map((parts) => `x${parts.join('')}`)
    fc.assert(
      fc.property(hostile, (value) => {
        const { matches } = parseEncodedQuery(condition('name', '=', value), table, '')
        expect(matches({ name: value, active: 'false' })).toBe(true)
        expect(matches({ name: 'other', active: 'true' })).toBe(false)
      }),
    )
  })

  test.each(['javascript:gs.getUserID()', ' JavaScript:x', '\njavascript:x'])(
    'is not made of %j',
    (value) => {
      expect(isLiteral(value)).toBe(false)
    },
  )
})

describe('an instant', () => {
  test('is written and read in UTC, by the second', () => {
    expect(toInstant(new Date('2026-03-29T01:30:59.999Z'))).toBe('2026-03-29 01:30:59')
    expect(fromInstant('2026-03-29 01:30:59')).toEqual(new Date('2026-03-29T01:30:59Z'))
  })

  test.each(['', '2026-13-01 00:00:00', '03/29/2026 01:30:59', '2026-03-29T01:30:59Z'])(
    'is not %j',
    (text) => {
      expect(fromInstant(text)).toBeNull()
    },
  )
})
