import {
  AnswerNow,
  jsonAnswer,
  type SimulatorAnswer,
  type SimulatorRequest,
} from '@tripline/adapter-testkit/simulator'

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

/** For a path that no part of Jira is at: not the ErrorCollection that says that a thing is missing. */
export function unknownRoute(baseUrl: string, { path }: SimulatorRequest): SimulatorAnswer {
  return jsonAnswer(404, { message: `null for uri: ${baseUrl}${path}`, 'status-code': 404 })
}

function isList(problem: readonly string[] | Readonly<Record<string, string>>): problem is readonly string[] {
  return Array.isArray(problem)
}

export function notOnScreen(field: string): string {
  return `Field '${field}' cannot be set. It is not on the appropriate screen, or unknown.`
}
