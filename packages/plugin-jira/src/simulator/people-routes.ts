import {
  bodyFields,
  emptyAnswer,
  htmlAnswer,
  jsonAnswer,
  param,
  seeOther,
  type Route,
  type SimulatorAnswer,
  type SimulatorRequest,
} from '@tripline/adapter-testkit/simulator'
import type { IssueRecord } from './issue-record.ts'
import type { Jira } from './jira.ts'
import { findIssue } from './jira-state.ts'
import { refusalPage } from './pages.ts'
import { refusalText, type People } from './people.ts'
import { projectOf, statusOf } from './site.ts'
import { resolutionJsonById } from './site-json.ts'
import { userJsonById } from './user-json.ts'

/** Changes by hand, from a terminal or from the forms on the pages. `as` names who does it. */
export function peopleRoutes(jira: Jira, people: People): Route[] {
  const act = (path: string, perform: (issue: string, fields: Record<string, string>) => void): Route => ({
    method: 'POST',
    path: `/_sim/issues/:issue${path}`,
    handle: (request) => performed(jira, request, (fields) => perform(param(request, 'issue'), fields)),
  })
  return [
    {
      method: 'GET',
      path: '/_sim/issues',
      handle: () => jsonAnswer(200, { issues: jira.state.issues.map((issue) => summaryJson(jira, issue)) }),
    },
    {
      method: 'POST',
      path: '/_sim/issues',
      handle(request) {
        let key = ''
        const answer = performed(jira, request, ({ as, summary = 'A ticket', description, project }) => {
          const fields = {
            summary,
            ...(description === undefined ? {} : { description }),
            ...(project === undefined ? {} : { project: { key: project } }),
          }
          key = people.createIssueAsPerson(fields, as || undefined).key
        })
        const created = findIssue(jira.state, key)
        return created === null || answer.status >= 300 ? answer : jsonAnswer(201, summaryJson(jira, created))
      },
    },
    act('/transition', (issue, { status = '', resolution, as }) => {
      const fields = resolution === undefined || resolution === '' ? {} : { resolution: { name: resolution } }
      people.transitionAsPerson(issue, status, as || undefined, fields)
    }),
    act('/assign', (issue, { assignee, as }) =>
      people.assignAsPerson(issue, assignee || null, as || undefined),
    ),
    act('/comment', (issue, { body = '', as }) => people.commentAsPerson(issue, body, as || undefined)),
    act('/move', (issue, { project = '', as }) => void people.moveIssue(issue, project, as || undefined)),
    act('/edit', (issue, { as, ...fields }) => people.editIssueAsPerson(issue, fields, as || undefined)),
    {
      method: 'DELETE',
      path: '/_sim/issues/:issue',
      handle: (request) =>
        performed(jira, request, ({ as }) => people.deleteIssue(param(request, 'issue'), as || undefined)),
    },
  ]
}

/** A page's form is sent back to the ticket; a terminal gets JSON. */
function performed(
  jira: Jira,
  request: SimulatorRequest,
  perform: (fields: Record<string, string>) => void,
): SimulatorAnswer {
  const fromPage = request.headers.accept?.includes('text/html') === true
  try {
    perform(bodyFields(request))
  } catch (error) {
    const text = error instanceof SyntaxError ? `The body is no JSON: ${error.message}` : refusalText(error)
    if (text === null) throw error
    return fromPage ? htmlAnswer(400, refusalPage(jira, text)) : jsonAnswer(400, { error: text })
  }
  const issue = findIssue(jira.state, request.params['issue'] ?? '')
  if (fromPage) return seeOther(issue === null ? '/' : `/browse/${issue.key}`)
  return issue === null ? emptyAnswer(204) : jsonAnswer(200, summaryJson(jira, issue))
}

function summaryJson(jira: Jira, issue: IssueRecord): Record<string, unknown> {
  return {
    id: issue.id,
    key: issue.key,
    project: projectOf(jira.site, issue.projectId).key,
    summary: issue.summary,
    status: statusOf(jira.site, issue.statusId).name,
    resolution: resolutionJsonById(jira, issue.resolutionId)?.['name'] ?? null,
    assignee: userJsonById(jira, issue.assignee)?.['displayName'] ?? null,
    labels: issue.labels,
    comments: issue.comments.length,
    updated: jira.time.timestamp(issue.updatedAt),
    url: `${jira.baseUrl}/browse/${issue.key}`,
  }
}
