import { describe, expect, test } from 'vitest'
import { maxRetryAfterMs, parseRetryAfter } from '../src/index.ts'

const now = new Date('2026-11-24T06:00:00Z')

describe('parseRetryAfter', () => {
  test.each([
    ['0', 0],
    ['7', 7_000],
    [' 30 ', 30_000],
    ['1.5', 1_500],
    ['99999999999999999999', maxRetryAfterMs],
    ['Tue, 24 Nov 2026 06:00:09 GMT', 9_000],
    ['Tuesday, 24-Nov-26 06:02:00 GMT', 120_000],
    ['Tue, 24 Nov 2026 05:00:00 GMT', 0],
    ['Tue, 24 Nov 2099 05:00:00 GMT', maxRetryAfterMs],
  ])('reads %j', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected)
  })

  test.each([[null], [''], ['soon'], ['-5'], ['1 hour'], ['1e3'], ['2026'.repeat(3) + 'x'], ['Tue, 99 Nov']])(
    'knows no time for %j',
    (value) => {
      expect(parseRetryAfter(value, now)).toBeNull()
    },
  )
})
