import {
  emptyAnswer,
  jsonAnswer,
  param,
  type Route,
  type SimulatorRequest,
} from '@tripline/adapter-testkit/simulator'
import { demand } from './caller.ts'
import { recordHistory } from './issue-change.ts'
import type { ChangeItem, IssueRecord, RemoteLinkRecord } from './issue-record.ts'
import type { Jira } from './jira.ts'
import { jiraError } from './jira-error.ts'
import { nextId } from './jira-state.ts'
import { isObject, objectBody, type JsonObject } from './json-body.ts'
import { issueRoute, type RestCall } from './rest-route.ts'
import type { JiraUser } from './site.ts'

export function remoteLinkRoutes(jira: Jira): Route[] {
  return [
    issueRoute(jira, 'GET', '/remotelink', ({ request }, issue) => {
      const globalId = request.query.get('globalId')
      if (globalId === null)
        return jsonAnswer(
          200,
          issue.remoteLinks.map((link) => linkJson(jira, issue, link)),
        )
      const link = issue.remoteLinks.find((candidate) => candidate.globalId === globalId)
      return link === undefined ? notFound() : jsonAnswer(200, linkJson(jira, issue, link))
    }),
    issueRoute(jira, 'POST', '/remotelink', (call, issue) => storeLink(jira, call, issue)),
    issueRoute(jira, 'GET', '/remotelink/:link', ({ request }, issue) =>
      jsonAnswer(200, linkJson(jira, issue, linkOf(issue, request))),
    ),
    issueRoute(jira, 'PUT', '/remotelink/:link', ({ request, caller }, issue) => {
      demandLink(caller)
      linkOf(issue, request).content = contentFrom(objectBody(request))
      jira.changed(issue)
      return emptyAnswer(204)
    }),
    issueRoute(jira, 'DELETE', '/remotelink', ({ request, caller }, issue) => {
      demandLink(caller)
      const globalId = request.query.get('globalId')
      const link = issue.remoteLinks.find((candidate) => candidate.globalId === globalId)
      return link === undefined ? notFound() : removeLink(jira, issue, link, caller)
    }),
    issueRoute(jira, 'DELETE', '/remotelink/:link', ({ request, caller }, issue) => {
      demandLink(caller)
      return removeLink(jira, issue, linkOf(issue, request), caller)
    }),
  ]
}

/** Idempotent by global id: the same one again replaces what was there. */
function storeLink(
  jira: Jira,
  { request, caller, version }: RestCall,
  issue: IssueRecord,
): ReturnType<typeof jsonAnswer> {
  demandLink(caller)
  const body = objectBody(request)
  const content = contentFrom(body)
  const globalId = typeof body['globalId'] === 'string' ? body['globalId'] : null
  const existing =
    globalId === null ? undefined : issue.remoteLinks.find((link) => link.globalId === globalId)
  const link = existing ?? { id: nextId(jira.state, 'remoteLink'), globalId, content }
  link.content = content
  if (existing === undefined) {
    issue.remoteLinks.push(link)
    recordHistory(jira, issue, [historyItem(link, null)], caller)
  } else {
    jira.changed(issue)
  }
  const self = `${jira.baseUrl}/rest/api/${version}/issue/${issue.id}/remotelink/${link.id}`
  return jsonAnswer(existing === undefined ? 201 : 200, { id: link.id, self })
}

function contentFrom(body: JsonObject): Record<string, unknown> {
  const { object, relationship, application } = body
  const problems: Record<string, string> = {}
  if (!isObject(object)) throw jiraError(400, { object: "'object' is required." })
  if (typeof object['title'] !== 'string' || object['title'] === '')
    problems['title'] = "'title' is required."
  if (typeof object['url'] !== 'string' || !URL.canParse(object['url'])) problems['url'] = "'url' is invalid."
  if (Object.keys(problems).length > 0) throw jiraError(400, problems)
  return {
    ...(application === undefined ? {} : { application }),
    ...(relationship === undefined ? {} : { relationship }),
    object,
  }
}

function removeLink(
  jira: Jira,
  issue: IssueRecord,
  link: RemoteLinkRecord,
  caller: JiraUser,
): ReturnType<typeof emptyAnswer> {
  issue.remoteLinks = issue.remoteLinks.filter(({ id }) => id !== link.id)
  recordHistory(jira, issue, [historyItem(null, link)], caller)
  return emptyAnswer(204)
}

function historyItem(added: RemoteLinkRecord | null, removed: RemoteLinkRecord | null): ChangeItem {
  const shown = (link: RemoteLinkRecord | null): [string | null, string | null] =>
    link === null ? [null, null] : [String(link.id), `This issue links to "${titleOf(link)}"`]
  const [from, fromString] = shown(removed)
  const [to, toString] = shown(added)
  return {
    field: 'RemoteIssueLink',
    fieldId: 'RemoteIssueLink',
    fieldtype: 'jira',
    from,
    fromString,
    to,
    toString,
  }
}

/** What a person reads as the link's text. */
export function titleOf(link: RemoteLinkRecord): string {
  const { object } = link.content
  return isObject(object) && typeof object['title'] === 'string' ? object['title'] : ''
}

function linkJson(jira: Jira, issue: IssueRecord, link: RemoteLinkRecord): Record<string, unknown> {
  return {
    id: link.id,
    self: `${jira.baseUrl}/rest/api/2/issue/${issue.id}/remotelink/${link.id}`,
    ...(link.globalId === null ? {} : { globalId: link.globalId }),
    ...link.content,
  }
}

function linkOf(issue: IssueRecord, request: SimulatorRequest): RemoteLinkRecord {
  const id = param(request, 'link')
  return issue.remoteLinks.find((link) => String(link.id) === id) ?? notFound()
}

function notFound(): never {
  throw jiraError(404, 'The remote issue link does not exist.')
}

function demandLink(caller: JiraUser): void {
  demand(caller, 'LINK_ISSUES', 'You do not have permission to link issues in this project.')
}
