import { jsonAnswer, type Route, type SimulatorRequest } from '@tripline/adapter-testkit/simulator'
import { may } from './caller.ts'
import { isCloud, type Jira } from './jira.ts'
import { jiraError } from './jira-error.ts'
import { pageOf, queryList, restRoute, visibleIssue, type RestCall } from './rest-route.ts'
import { findProject, isAssignable, JIRA_PERMISSIONS, type JiraPermission, type JiraUser } from './site.ts'
import { userJson } from './user-json.ts'

export function userRoutes(jira: Jira): Route[] {
  return [
    restRoute(jira, 'GET', 'myself', ({ caller }) => jsonAnswer(200, userJson(jira, caller))),
    restRoute(jira, 'GET', 'mypermissions', ({ request, caller }) =>
      jsonAnswer(200, permissionsJson(jira, request, caller)),
    ),
    restRoute(jira, 'GET', 'user', ({ request }) =>
      jsonAnswer(200, userJson(jira, namedUser(jira, request))),
    ),
    restRoute(jira, 'GET', 'user/search', ({ request }) =>
      jsonAnswer(200, usersPage(jira, request, matching(jira, request))),
    ),
    restRoute(jira, 'GET', 'user/assignable/search', (call) => {
      demandPlace(jira, call)
      const users = matching(jira, call.request, false).filter(isAssignable)
      return jsonAnswer(200, usersPage(jira, call.request, users))
    }),
  ]
}

function namedUser(jira: Jira, request: SimulatorRequest): JiraUser {
  const { users } = jira.site
  const accountId = request.query.get('accountId')
  const [name, key] = [request.query.get('username'), request.query.get('key')]
  if (isCloud(jira)) {
    if (accountId === null) throw jiraError(400, "The query parameter 'accountId' is required.")
    const user = users.find((candidate) => candidate.accountId === accountId)
    if (user === undefined)
      throw jiraError(404, 'Specified user does not exist or you do not have required permissions')
    return user
  }
  const user = users.find((candidate) => candidate.name === name || candidate.key === key)
  if (user === undefined) throw jiraError(404, `The user named '${name ?? key ?? ''}' does not exist`)
  return user
}

/** Active users whose name or address begins like the query, word by word. */
function matching(jira: Jira, request: SimulatorRequest, required = true): JiraUser[] {
  const parameter = isCloud(jira) ? 'query' : 'username'
  const accountId = isCloud(jira) ? request.query.get('accountId') : null
  const active = jira.site.users.filter((user) => user.active)
  if (accountId !== null) return active.filter((user) => user.accountId === accountId)
  const given = request.query.get(parameter)
  if (given === null && required) throw jiraError(400, `The ${parameter} query parameter was not provided`)
  const query = (given ?? '').toLowerCase()
  // A dot stands for everybody on Data Center.
  if (query === '' || (query === '.' && !isCloud(jira))) return active
  return active.filter((user) => {
    const words = [
      ...user.displayName.toLowerCase().split(' '),
      user.displayName.toLowerCase(),
      user.emailAddress.toLowerCase(),
    ]
    if (!isCloud(jira)) words.push(user.name.toLowerCase())
    return words.some((word) => word.startsWith(query))
  })
}

function usersPage(
  jira: Jira,
  request: SimulatorRequest,
  users: readonly JiraUser[],
): Record<string, unknown>[] {
  const { startAt, maxResults } = pageOf(request, 50, 1_000)
  return users.slice(startAt, startAt + maxResults).map((user) => userJson(jira, user))
}

function demandPlace(jira: Jira, { request, caller }: RestCall): void {
  const project = request.query.get('project')
  const issue = request.query.get('issueKey') ?? request.query.get('issueId')
  if (project !== null) {
    if (findProject(jira.site, project) === null)
      throw jiraError(404, `No project could be found with key '${project}'.`)
  } else if (issue === null) {
    throw jiraError(400, 'Either the project or the issueKey query parameter must be provided.')
  } else {
    visibleIssue(jira, issue, caller)
  }
}

function permissionsJson(jira: Jira, request: SimulatorRequest, caller: JiraUser): Record<string, unknown> {
  const asked = queryList(request, 'permissions')
  if (isCloud(jira) && asked.length === 0)
    throw jiraError(400, "The 'permissions' query parameter is required.")
  const unknown = asked.filter((name) => !isPermission(name))
  if (unknown.length > 0) throw jiraError(400, `Unrecognized permission: ${unknown.join(', ')}`)
  const project = request.query.get('projectKey') ?? request.query.get('projectId')
  if (project !== null && findProject(jira.site, project) === null) {
    throw jiraError(404, `No project could be found with key '${project}'.`)
  }
  const shown =
    asked.length === 0 ? JIRA_PERMISSIONS : JIRA_PERMISSIONS.filter((name) => asked.includes(name))
  const permissions = shown.map((key, index) => [
    key,
    {
      id: String(10 + index),
      key,
      name: key.charAt(0) + key.slice(1).toLowerCase().replaceAll('_', ' '),
      type: key === 'ADMINISTER' ? 'GLOBAL' : 'PROJECT',
      description: '',
      havePermission: may(caller, key),
    },
  ])
  return { permissions: Object.fromEntries(permissions) as Record<string, unknown> }
}

function isPermission(name: string): name is JiraPermission {
  return (JIRA_PERMISSIONS as readonly string[]).includes(name)
}
