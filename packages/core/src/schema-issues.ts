import type { z } from 'zod'
import type { Issue } from './errors.ts'

/** What a schema found, each with its place as `settings.list.0`; the empty path is the value itself. */
export function schemaIssues(error: z.ZodError): readonly Issue[] {
  return error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
}
