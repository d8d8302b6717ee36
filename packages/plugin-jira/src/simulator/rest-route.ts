import {
  AnswerNow,
  param,
  type Route,
  type SimulatorAnswer,
  type SimulatorRequest,
} from '@tripline/adapter-testkit/simulator'
import { callerOf, may } from './caller.ts'
import type { ApiVersion } from './issue-json.ts'
import type { IssueRecord } from './issue-record.ts'
import { isCloud, type Jira } from './jira.ts'
import { jiraError, unknownRoute } from './jira-error.ts'
import { findIssue } from './jira-state.ts'
import type { JiraUser } from './site.ts'

/** One call of the REST API, by somebody who is logged in. */
export interface RestCall {
  readonly request: SimulatorRequest
  readonly version: ApiVersion
  readonly caller: JiraUser
}

export type RestHandler = (call: RestCall) => SimulatorAnswer

/** A path below `/rest/api/2` and, on Cloud, `/rest/api/3`. */
export function restRoute(jira: Jira, method: string, path: string, handle: RestHandler): Route {
  return {
    method,
    path: `/rest/api/:version/${path}`,
    handle(request) {
      const version = versionOf(jira, request)
      return handle({ request, version, caller: callerOf(jira, request) })
    },
  }
}

/** @throws AnswerNow 404 for a version that this flavour does not have. */
export function versionOf(jira: Jira, request: SimulatorRequest): ApiVersion {
  const version = param(request, 'version')
  if (version === '2' || (version === '3' && isCloud(jira))) return version
  throw new AnswerNow(unknownRoute(jira.baseUrl, request))
}

/** A path below the issue that `:issue` names. */
export function issueRoute(
  jira: Jira,
  method: string,
  path: string,
  handle: (call: RestCall, issue: IssueRecord) => SimulatorAnswer,
): Route {
  return restRoute(jira, method, `issue/:issue${path}`, (call) =>
    handle(call, visibleIssue(jira, param(call.request, 'issue'), call.caller)),
  )
}

/** @throws AnswerNow 404, also when the caller may not know of it. */
export function visibleIssue(jira: Jira, reference: string, caller: JiraUser): IssueRecord {
  const issue = findIssue(jira.state, reference)
  if (issue !== null && may(caller, 'BROWSE_PROJECTS')) return issue
  throw jiraError(
    404,
    isCloud(jira) ? 'Issue does not exist or you do not have permission to see it.' : 'Issue Does Not Exist',
  )
}

/** Values of a list in the query, whether repeated or separated by commas. */
export function queryList(request: SimulatorRequest, name: string): string[] {
  return request.query
    .getAll(name)
    .flatMap((value) => value.split(','))
    .map((value) => value.trim())
    .filter((value) => value !== '')
}

/** `startAt` and `maxResults` of the query. */
export function pageOf(
  request: SimulatorRequest,
  defaultSize: number,
  limit: number,
): { startAt: number; maxResults: number } {
  const startAt = Number(request.query.get('startAt') ?? 0)
  const maxResults = Number(request.query.get('maxResults') ?? defaultSize)
  if (!Number.isInteger(startAt) || !Number.isInteger(maxResults))
    throw jiraError(400, 'startAt and maxResults must be integers.')
  return { startAt: Math.max(0, startAt), maxResults: Math.min(Math.max(0, maxResults), limit) }
}
