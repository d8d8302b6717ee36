import { type HttpAnswer, missingRoute as routeError } from '@tripline/adapter-http'
import { AccessDenied, type Issue, singleLine, type TicketingError, Unauthorized } from '@tripline/core'
import { errorSchema } from './extrahop-payloads.ts'

/** What the appliance says is wrong; none when the body is not one of its own. It names no fields but in its words. */
export function readExtrahopIssues(text: string): readonly Issue[] {
  const said = errorSchema.safeParse(json(text))
  if (!said.success) return []
  const { detail, error, error_message: message } = said.data
  const words = message ?? detail ?? error ?? ''
  return words === '' ? [] : [{ path: '', message: singleLine(words, 1_000) }]
}

/** What only the appliance's words tell, where the status alone would mislead. */
export function classifyAnswer(answer: HttpAnswer, issues: readonly Issue[]): TicketingError | null {
  const { request, status } = answer
  const said = issues.map(({ message }) => message).join('; ')
  if (status === 400 && /^(?:the specified access token is )?invalid\b/iu.test(said)) {
    return new Unauthorized(`${request} answered 400: ${said}`)
  }
  if (status === 402) {
    return new AccessDenied(
      `${request} answered 402: the licence agreement of the appliance was not accepted.`,
    )
  }
  return null
}

/** Whether a 404 says in the appliance's own words that a detection is not there, rather than the whole route. */
export function saysNoDetection({ text }: HttpAnswer): boolean {
  return readExtrahopIssues(text).length > 0
}

/** The error for a 404 that is no answer of the API. */
export function missingRoute(answer: HttpAnswer): TicketingError {
  return routeError(
    answer,
    `${answer.request} answered 404, and not as the REST API does; is the base URL that of an ExtraHop sensor or console?`,
  )
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
