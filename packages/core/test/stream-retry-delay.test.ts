import fc from 'fast-check'
import { expect, test } from 'vitest'
import { streamRetryDelayMs } from '../src/index.ts'

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('a target is left alone for half a second to a minute, unless it asked for something else', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), random, (failures, chance) => {
      const delay = streamRetryDelayMs(null, failures, chance)
      expect(delay).toBeGreaterThanOrEqual(500)
      expect(delay).toBeLessThanOrEqual(60_000)
    }),
  )
})

test('a target is left alone for as long as it asked for, an hour at most', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10_000_000 }), random, (asked, chance) => {
      const delay = streamRetryDelayMs(asked, 1, chance)
      expect(delay).toBeGreaterThanOrEqual(Math.min(asked, 3_600_000))
      expect(delay).toBeLessThanOrEqual(3_600_250)
    }),
  )
})
