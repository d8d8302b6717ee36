import { UnexpectedResponse } from '@tripline/core'
import type { z } from 'zod'

/**
 * What jsforce read of an answer, parsed.
 *
 * @throws UnexpectedResponse naming where it differs from the schema, never its content; `outcome` is `unknown` for a
 *   write, which has been carried out as far as its status said
 */
export function readPayload<Value>(
  schema: z.ZodType<Value>,
  value: unknown,
  what: string,
  writes = false,
): Value {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const paths = [...new Set(result.error.issues.map(({ path }) => path.join('.') || 'the whole body'))]
  throw new UnexpectedResponse(
    `${what} was answered with a body of another shape than documented, at: ${paths.slice(0, 5).join(', ')}.`,
    writes ? { outcome: 'unknown' } : {},
  )
}
