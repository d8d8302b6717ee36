import { z } from 'zod'

const MAX = 2n ** 63n - 1n

/**
 * The identity of a detection: an integer from 1 to 2^63 - 1 in canonical decimal digits. It is a string because it
 * goes beyond what 32 bits, and in principle what a JavaScript number, can hold.
 */
export type DetectionId = string & z.$brand<'DetectionId'>

/**
 * Parses a detection id from decimal digits or a safe integer. The issue it raises says which bound was broken.
 */
export const detectionIdSchema: z.ZodType<DetectionId, string | number> = z
  .union([z.string(), z.number()])
  .transform((value, context) => {
    const problem = problemOf(value)
    if (problem !== null) {
      context.addIssue({ code: 'custom', message: problem })
      return z.NEVER
    }
    return BigInt(value).toString() as DetectionId
  })

function problemOf(value: string | number): string | null {
  if (typeof value === 'number') {
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
      return `${value} is beyond the integers that a JSON number can hold exactly; write the id as a string.`
    }
    return Number.isSafeInteger(value) && value > 0
      ? null
      : `A detection id is an integer above 0, not ${value}.`
  }
  if (!/^\d{1,40}$/.test(value)) {
    return `A detection id is written in decimal digits, not ${JSON.stringify(value.slice(0, 40))}.`
  }
  const integer = BigInt(value)
  if (integer < 1n) return 'A detection id is an integer above 0.'
  if (integer > MAX) return `${value} is beyond 64 bits; the largest detection id is ${MAX}.`
  return null
}
