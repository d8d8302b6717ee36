import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RateLimited, retryDelayMs, Unavailable } from '../src/index.ts'

const unavailable = new Unavailable('down')
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
const attempts = fc.integer({ min: 1, max: 1_000_000 })

describe('The delay before the next attempt', () => {
  test('lies between half a second and ten minutes', () => {
    fc.assert(
      fc.property(attempts, random, (count, chance) => {
        const delay = retryDelayMs(unavailable, count, chance)
        expect(delay).toBeGreaterThanOrEqual(500)
        expect(delay).toBeLessThanOrEqual(600_000)
        expect(Number.isInteger(delay)).toBe(true)
      }),
    )
  })

  test('doubles until it is ten minutes', () => {
    const longest = [1, 2, 3, 4, 11, 1_000].map((count) => retryDelayMs(unavailable, count, 1 - 1e-9))
    expect(longest).toEqual([1_000, 2_000, 4_000, 8_000, 600_000, 600_000])
  })

  test('differs between links that failed together', () => {
    expect(retryDelayMs(unavailable, 5, 0.1)).not.toBe(retryDelayMs(unavailable, 5, 0.9))
  })

  test('is what a rate limit asks for and a little more, for one day at most', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 12 }), attempts, random, (asked, count, chance) => {
        const delay = retryDelayMs(new RateLimited('slow down', asked), count, chance)
        const least = Math.min(asked, 86_400_000)
        expect(delay).toBeGreaterThanOrEqual(least)
        expect(delay).toBeLessThanOrEqual(least + 250)
      }),
    )
  })

  test('is never negative, even if a rate limit asks for a moment that is over', () => {
    expect(retryDelayMs(new RateLimited('slow down', -5_000), 1, 0)).toBeGreaterThanOrEqual(0)
  })

  test('grows as for any fault when a rate limit does not say how long', () => {
    expect(retryDelayMs(new RateLimited('slow down', null), 4, 0)).toBe(4_000)
  })
})
