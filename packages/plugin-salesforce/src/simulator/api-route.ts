import {
  AnswerNow,
  param,
  type Route,
  type SimulatorAnswer,
  type SimulatorRequest,
} from '@tripline/adapter-testkit/simulator'
import type { SalesforceUser } from './org.ts'
import type { Salesforce } from './salesforce.ts'
import { errorAnswer, notFound, salesforceError } from './salesforce-error.ts'

/** The versions of the API that a simulated organisation has. */
export const apiVersions: readonly string[] = ['58.0', '59.0', '60.0', '61.0', '62.0', '63.0', '64.0', '65.0']

/** A route of the API: for sessions only, counted, in the versions there are. */
export function apiRoute(
  salesforce: Salesforce,
  method: string,
  path: string,
  handle: (request: SimulatorRequest, user: SalesforceUser) => SimulatorAnswer,
): Route {
  return {
    method,
    path: `/services/data/:version${path}`,
    handle(request) {
      const { tokens, usage } = salesforce
      const user = tokens.userOf(
        /^(?:Bearer|OAuth) (.+)$/u.exec(request.headers.authorization ?? '')?.[1] ?? '',
      )
      if (user === null) return errorAnswer(401, 'INVALID_SESSION_ID', 'Session expired or invalid')
      usage.used += 1
      const headers = { 'sforce-limit-info': `api-usage=${usage.used}/${usage.limit}` }
      const answer = answered(() => {
        if (usage.used > usage.limit) {
          throw salesforceError(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.')
        }
        if (!apiVersions.includes(param(request, 'version').replace(/^v/u, ''))) throw notFound()
        return handle(request, user)
      })
      return { ...answer, headers: { ...answer.headers, ...headers } }
    },
  }
}

function answered(act: () => SimulatorAnswer): SimulatorAnswer {
  try {
    return act()
  } catch (error) {
    if (error instanceof AnswerNow) return error.answer
    throw error
  }
}
