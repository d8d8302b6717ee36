import { detectionReportSchema, InvalidInput, type DetectionReport, type Issue } from '@tripline/core'
import type { z } from 'zod'

/** Translates the path of a member of a report into the path where the record has it. */
export type OriginalPath = (path: readonly PropertyKey[]) => string

/**
 * Checks a report that was made from a record.
 *
 * @throws InvalidInput whose issues have the paths of the record
 */
export function parseReport(input: unknown, originalPath: OriginalPath): DetectionReport {
  const result = detectionReportSchema.safeParse(input)
  if (result.success) return result.data
  throw invalidRecord(issuesOf(result.error, originalPath))
}

/** The error for a record that is not a detection in its format. */
export function invalidRecord(issues: readonly Issue[]): InvalidInput {
  const [first] = issues
  const where = first === undefined || first.path === '' ? '' : `${first.path}: `
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : ''
  return new InvalidInput(`${where}${first?.message ?? 'The record is not a detection.'}${more}`, issues)
}

/** The issues of a failed parse, each path once. */
export function issuesOf(error: z.ZodError, originalPath: OriginalPath): readonly Issue[] {
  const issues = new Map<string, Issue>()
  for (const { path, message } of error.issues) {
    const original = originalPath(path)
    if (!issues.has(original)) issues.set(original, { path: original, message })
  }
  return [...issues.values()]
}
