import { RE2JS } from 're2js'
import type { MatchesPattern } from '@tripline/core'

const MOST_KEPT = 500
const compiled = new Map<string, RE2JS | null>()

/**
 * Whether a pattern in RE2's syntax occurs in a text. Its time grows with the text alone, so that no rule, however
 * written, can hold ingest up. A pattern that is not one occurs in nothing.
 */
export const matchesPattern: MatchesPattern = (pattern, text) => {
  let known = compiled.get(pattern)
  if (known === undefined) {
    known = compile(pattern)
    if (compiled.size >= MOST_KEPT) compiled.clear()
    compiled.set(pattern, known)
  }
  return known !== null && known.matcher(text).find()
}

/** What is wrong with a pattern; `null`: nothing. */
export function patternProblem(pattern: string): string | null {
  return compile(pattern) === null ? 'must be a regular expression in the syntax of RE2' : null
}

function compile(pattern: string): RE2JS | null {
  try {
    return RE2JS.compile(pattern)
  } catch {
    return null
  }
}
