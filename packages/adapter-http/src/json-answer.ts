import { UnexpectedResponse } from '@tripline/core'
import type { z } from 'zod'
import type { HttpAnswer } from './http-exchange.ts'

/**
 * Reads the JSON body of a 2xx answer.
 *
 * @throws UnexpectedResponse naming where the body differs from the schema, never its content; `outcome` is `unknown`
 *   for a write, which has been carried out as far as its status says
 */
export function parseAnswer<Value>(answer: HttpAnswer, schema: z.ZodType<Value>): Value {
  const options = answer.writes ? { outcome: 'unknown' as const } : {}
  let value: unknown
  try {
    value = answer.text === '' ? undefined : JSON.parse(answer.text)
  } catch {
    throw new UnexpectedResponse(
      `${answer.request} answered ${answer.status} with something that is no JSON.`,
      options,
    )
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const paths = [...new Set(result.error.issues.map(({ path }) => path.join('.') || 'the whole body'))]
  throw new UnexpectedResponse(
    `${answer.request} answered ${answer.status} with a body of another shape than documented, at: ${paths.slice(0, 5).join(', ')}.`,
    options,
  )
}
