import { AnswerNow, htmlAnswer, type SimulatorRequest } from '@tripline/adapter-testkit/simulator'
import { isCloud, type Jira } from './jira.ts'
import { jiraError } from './jira-error.ts'
import type { JiraPermission, JiraUser } from './site.ts'

/**
 * Who makes the request: Basic with e-mail address and API token on Cloud; a personal access token as Bearer, or Basic with user name and
 * password, on Data Center.
 *
 * @throws AnswerNow 401
 */
export function callerOf(jira: Jira, request: SimulatorRequest): JiraUser {
  const [scheme = '', credentials = ''] = (request.headers.authorization ?? '').split(' ')
  const user = authenticated(jira, scheme.toLowerCase(), credentials)
  if (user?.active === true) return user
  if (isCloud(jira)) throw jiraError(401, 'Client must be authenticated to access this resource.', SERAPH)
  const page = htmlAnswer(
    401,
    '<html><head><title>Unauthorized (401)</title></head><body><h1>Unauthorized (401)</h1></body></html>',
  )
  throw new AnswerNow({
    ...page,
    headers: { ...page.headers, ...SERAPH, 'www-authenticate': 'OAuth realm="jira"' },
  })
}

const SERAPH = { 'x-seraph-loginreason': 'AUTHENTICATED_FAILED' }

function authenticated(jira: Jira, scheme: string, credentials: string): JiraUser | undefined {
  const { users } = jira.site
  if (credentials === '') return undefined
  if (scheme === 'bearer') {
    if (isCloud(jira)) return undefined
    return users.find(
      ({ token, tokenExpiresAt }) =>
        token === credentials && (tokenExpiresAt === null || tokenExpiresAt > jira.now()),
    )
  }
  if (scheme !== 'basic') return undefined
  const pair = Buffer.from(credentials, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  const [login, secret] = [pair.slice(0, colon), pair.slice(colon + 1)]
  return users.find(
    ({ name, emailAddress, token }) => token === secret && (isCloud(jira) ? emailAddress : name) === login,
  )
}

export function may(user: JiraUser, permission: JiraPermission): boolean {
  return user.permissions.includes(permission)
}

/** @throws AnswerNow with the status and message when the user lacks the permission. */
export function demand(user: JiraUser, permission: JiraPermission, message: string, status = 403): void {
  if (!may(user, permission)) throw jiraError(status, message)
}
