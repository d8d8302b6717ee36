import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { detectionIdSchema } from '../src/index.ts'

const problemsOf = (value: unknown): string =>
  detectionIdSchema
    .safeParse(value)
    .error?.issues.map(({ message }) => message)
    .join() ?? ''

describe('A detection id', () => {
  test('is any integer from 1 to 2^63 - 1 in digits, in canonical form', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 2n ** 63n - 1n), fc.nat(3), (integer, zeros) => {
        expect(detectionIdSchema.parse('0'.repeat(zeros) + integer.toString())).toBe(integer.toString())
      }),
    )
  })

  test('is a safe integer above 0, given as a number', () => {
    expect(detectionIdSchema.parse(1)).toBe('1')
    expect(detectionIdSchema.parse(Number.MAX_SAFE_INTEGER)).toBe('9007199254740991')
  })

  test('is not beyond 64 bits', () => {
    expect(detectionIdSchema.parse('9223372036854775807')).toBe('9223372036854775807')
    expect(problemsOf('9223372036854775808')).toMatch(/beyond 64 bits/)
  })

  test('is refused as a number that JSON cannot hold exactly', () => {
    expect(problemsOf(2 ** 53)).toMatch(/write the id as a string/)
    expect(problemsOf(1e300)).toMatch(/write the id as a string/)
  })

  test.each([0, -1, 1.5, Number.NaN, Infinity, '0', '000'])('is not %s', (value) => {
    expect(detectionIdSchema.safeParse(value).success).toBe(false)
  })

  test.each(['', ' 1', '1 ', '-1', '+1', '1.0', '1e3', '0x10', '１２', '1n', 'abc'])(
    'is not written %j',
    (value) => {
      expect(problemsOf(value)).toMatch(/decimal digits/)
    },
  )

  test('is refused without echoing a text of any length', () => {
    expect(problemsOf('9'.repeat(100_000)).length).toBeLessThan(200)
  })

  test.each([null, undefined, true, [], {}, 12n])('is not %s', (value) => {
    expect(detectionIdSchema.safeParse(value).success).toBe(false)
  })
})
