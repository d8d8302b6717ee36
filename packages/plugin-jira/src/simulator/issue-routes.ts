import {
  emptyAnswer,
  jsonAnswer,
  type Route,
  type SimulatorRequest,
} from '@tripline/adapter-testkit/simulator'
import { demand } from './caller.ts'
import { editFields, fieldMetadataJson, transitionFields } from './issue-fields.ts'
import { readAssignee, FieldProblem } from './field-values.ts'
import { changeIssue } from './issue-change.ts'
import { changelogJson, fieldSelection, issueJson } from './issue-json.ts'
import {
  availableTransitions,
  createIssue,
  deleteIssue,
  editIssue,
  transitionIssue,
} from './issue-operations.ts'
import type { IssueRecord } from './issue-record.ts'
import { isCloud, type Jira } from './jira.ts'
import { jiraError } from './jira-error.ts'
import { objectBody } from './json-body.ts'
import { issueRoute, queryList, restRoute, type RestCall } from './rest-route.ts'
import { statusJson } from './site-json.ts'

export function issueRoutes(jira: Jira): Route[] {
  return [
    restRoute(jira, 'POST', 'issue', ({ request, caller, version }) => {
      const { id, key } = createIssue(jira, objectBody(request), caller, version)
      return jsonAnswer(201, { id, key, self: `${jira.baseUrl}/rest/api/${version}/issue/${id}` })
    }),
    issueRoute(jira, 'GET', '', (call, issue) => jsonAnswer(200, requestedIssue(jira, call, issue))),
    issueRoute(jira, 'PUT', '', (call, issue) => {
      demand(call.caller, 'EDIT_ISSUES', 'You do not have permission to edit issues in this project.')
      editIssue(jira, issue, objectBody(call.request), call.caller, call.version)
      const returned = isCloud(jira) && call.request.query.get('returnIssue') === 'true'
      return returned ? jsonAnswer(200, requestedIssue(jira, call, issue)) : emptyAnswer(204)
    }),
    issueRoute(jira, 'DELETE', '', ({ caller }, issue) => {
      demand(caller, 'DELETE_ISSUES', 'You do not have permission to delete issues in this project.')
      deleteIssue(jira, issue, caller)
      return emptyAnswer(204)
    }),
    issueRoute(jira, 'GET', '/editmeta', () =>
      jsonAnswer(200, { fields: metadataByField(editFields(jira)) }),
    ),
    issueRoute(jira, 'GET', '/transitions', (call, issue) =>
      jsonAnswer(200, { expand: 'transitions', transitions: transitionList(jira, call, issue) }),
    ),
    issueRoute(jira, 'POST', '/transitions', ({ request, caller, version }, issue) => {
      transitionIssue(jira, issue, objectBody(request), caller, version)
      return emptyAnswer(204)
    }),
    issueRoute(jira, 'PUT', '/assignee', ({ request, caller }, issue) => {
      const message = 'You do not have permission to assign issues.'
      demand(caller, 'ASSIGN_ISSUES', message, isCloud(jira) ? 403 : 401)
      changeIssue(jira, issue, { assignee: assigneeFrom(jira, request) }, caller)
      return emptyAnswer(204)
    }),
  ]
}

function assigneeFrom(jira: Jira, request: SimulatorRequest): string | null {
  const body = objectBody(request)
  if (isCloud(jira) && !('accountId' in body) && !('name' in body))
    throw jiraError(400, { assignee: 'accountId is required' })
  try {
    return readAssignee(jira, body)
  } catch (error) {
    if (error instanceof FieldProblem) throw jiraError(400, { assignee: error.message })
    throw error
  }
}

function requestedIssue(jira: Jira, call: RestCall, issue: IssueRecord): Record<string, unknown> {
  const { request, version } = call
  const expand = new Set(queryList(request, 'expand'))
  const properties = queryList(request, 'properties')
  const chosen = Object.entries(issue.properties).filter(
    ([key]) => properties.includes(key) || properties.includes('*all'),
  )
  return {
    ...issueJson(jira, issue, version, fieldSelection(queryList(request, 'fields'), null)),
    ...(expand.has('transitions') ? { transitions: transitionList(jira, call, issue) } : {}),
    ...(expand.has('changelog') ? { changelog: changelogJson(jira, issue) } : {}),
    ...(properties.length > 0 ? { properties: Object.fromEntries(chosen) } : {}),
  }
}

function transitionList(jira: Jira, { request, caller }: RestCall, issue: IssueRecord): unknown[] {
  const withFields = queryList(request, 'expand').includes('transitions.fields')
  const only = request.query.get('transitionId')
  return availableTransitions(jira, issue, caller)
    .filter(({ id }) => only === null || id === only)
    .map((transition) => ({
      id: transition.id,
      name: transition.name,
      to: statusJson(jira, transition.to),
      ...(isCloud(jira)
        ? {
            hasScreen: transition.screen.length > 0,
            isGlobal: transition.from === 'any',
            isInitial: false,
            isAvailable: true,
            isConditional: false,
            isLooped: false,
          }
        : {}),
      ...(withFields ? { fields: metadataByField(transitionFields(jira, transition)) } : {}),
    }))
}

function metadataByField(
  fields: readonly Parameters<typeof fieldMetadataJson>[0][],
): Record<string, unknown> {
  return Object.fromEntries(fields.map((field) => [field.id, fieldMetadataJson(field)]))
}
