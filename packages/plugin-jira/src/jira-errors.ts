import { errorOf, type HttpAnswer, missingRoute as routeError } from '@tripline/adapter-http'
import { type Issue, type TicketingError, Unauthorized } from '@tripline/core'
import { errorCollectionSchema } from './jira-payloads.ts'

/** What Jira says is wrong; none when the body is not Jira's. */
export function readJiraIssues(text: string): readonly Issue[] {
  const body = errorCollection(text)
  if (body === null) return []
  return [
    ...(body.errorMessages ?? []).map((message) => ({ path: '', message })),
    ...(body.warningMessages ?? []).map((message) => ({ path: '', message })),
    ...Object.entries(body.errors ?? {}).map(([path, message]) => ({ path, message })),
  ]
}

/**
 * Jira says in headers that a login failed, also where it answers 403 (a captcha is asked for) or treats the request as
 * an anonymous one, which may not see anything (404).
 */
export function failedLogin({ headers, request, status }: HttpAnswer): Unauthorized | null {
  const denied = headers.get('x-authentication-denied-reason') ?? ''
  const reason = headers.get('x-seraph-loginreason') ?? ''
  if (denied === '' && !/FAILED|DENIED/u.test(reason)) return null
  const captcha = /CAPTCHA/u.test(denied) ? ' It asks for a captcha: log in with a browser once.' : ''
  return new Unauthorized(`${request} answered ${status}: Jira did not accept the credentials.${captcha}`)
}

/**
 * Whether a 404 says that the thing asked for is not there. Otherwise the route is not there (Jira answers those without a
 * list of errors, proxies with a page), which must not be taken for a ticket that was deleted.
 *
 * @throws PluginOutdated when the route is missing, UnexpectedResponse when the answer was spoilt on the way
 * @throws Unauthorized when Jira treated the request as anonymous
 */
export function requireMissingThing(answer: HttpAnswer): void {
  const login = failedLogin(answer)
  if (login !== null) throw login
  const issues = readJiraIssues(answer.text)
  if (issues.length > 0 && !issues.some(({ message }) => message.startsWith('null for uri'))) return
  throw routeError(
    answer,
    `${answer.request} answered 404: this Jira does not have that part of the API, or the base URL is wrong.`,
  )
}

/** The error for a 404 where nothing that can be missing was asked for. */
export function missingRoute(answer: HttpAnswer): TicketingError {
  return failedLogin(answer) ?? errorOf(answer, { readIssues: readJiraIssues, now: () => new Date(0) })
}

function errorCollection(text: string): ReturnType<typeof errorCollectionSchema.parse> | null {
  try {
    return errorCollectionSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}
