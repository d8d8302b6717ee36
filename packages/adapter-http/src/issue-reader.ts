import type { Issue } from '@tripline/core'
import type { z } from 'zod'

/** Reads what a system says is wrong: the schema is that of its refusals; any other body says nothing. */
export function issueReader(schema: z.ZodType<readonly Issue[]>): (text: string) => readonly Issue[] {
  return (text) => {
    try {
      return schema.parse(JSON.parse(text))
    } catch {
      return []
    }
  }
}
