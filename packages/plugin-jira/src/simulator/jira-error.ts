import { AnswerNow, jsonAnswer } from '@tripline/adapter-testkit/simulator'

/** Ends the request with Jira's ErrorCollection. */
export function jiraError(
  status: number,
  problem: string | readonly string[] | Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): AnswerNow {
  return new AnswerNow(jsonAnswer(status, errorCollection(problem), headers))
}

export function errorCollection(problem: string | readonly string[] | Readonly<Record<string, string>>): {
  errorMessages: readonly string[]
  errors: Readonly<Record<string, string>>
} {
  if (typeof problem === 'string') return { errorMessages: [problem], errors: {} }
  return isList(problem) ? { errorMessages: problem, errors: {} } : { errorMessages: [], errors: problem }
}

function isList(problem: readonly string[] | Readonly<Record<string, string>>): problem is readonly string[] {
  return Array.isArray(problem)
}

export function notOnScreen(field: string): string {
  return `Field '${field}' cannot be set. It is not on the appropriate screen, or unknown.`
}
