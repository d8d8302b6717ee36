import { jsonAnswer, type Route, type SimulatorAnswer } from '@tripline/adapter-testkit/simulator'
import { may } from './caller.ts'
import { fieldSelection, issueJson, navigable, type FieldSelection } from './issue-json.ts'
import type { IssueRecord } from './issue-record.ts'
import { isCloud, type Jira } from './jira.ts'
import { jiraError } from './jira-error.ts'
import { parseJql } from './jql.ts'
import { jqlCompare, jqlMatch } from './jql-match.ts'
import { invalidPayload, objectBody, type JsonObject } from './json-body.ts'
import { queryList, restRoute, type RestCall } from './rest-route.ts'

const REMOVED =
  'The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046'

export function searchRoutes(jira: Jira): Route[] {
  if (isCloud(jira)) {
    const gone = (): SimulatorAnswer => jsonAnswer(410, { errorMessages: [REMOVED], errors: {} })
    return [
      restRoute(jira, 'GET', 'search', gone),
      restRoute(jira, 'POST', 'search', gone),
      restRoute(jira, 'GET', 'search/jql', (call) => tokenSearch(jira, call, queryInput(call))),
      restRoute(jira, 'POST', 'search/jql', (call) =>
        tokenSearch(jira, call, bodyInput(objectBody(call.request))),
      ),
    ]
  }
  return [
    restRoute(jira, 'GET', 'search', (call) => pagedSearch(jira, call, queryInput(call))),
    restRoute(jira, 'POST', 'search', (call) => pagedSearch(jira, call, bodyInput(objectBody(call.request)))),
  ]
}

interface SearchInput {
  readonly jql: string
  readonly fields: readonly string[]
  readonly maxResults: number
  readonly startAt: number
  readonly nextPageToken: string | null
  readonly reconcileIssues: readonly string[]
}

function queryInput({ request }: RestCall): SearchInput {
  return {
    jql: request.query.get('jql') ?? '',
    fields: queryList(request, 'fields'),
    maxResults: Number(request.query.get('maxResults') ?? 50),
    startAt: Number(request.query.get('startAt') ?? 0),
    nextPageToken: request.query.get('nextPageToken'),
    reconcileIssues: queryList(request, 'reconcileIssues'),
  }
}

function bodyInput(body: JsonObject): SearchInput {
  const {
    jql = '',
    fields = [],
    maxResults = 50,
    startAt = 0,
    nextPageToken = null,
    reconcileIssues = [],
  } = body
  if (typeof jql !== 'string' || typeof maxResults !== 'number' || typeof startAt !== 'number')
    throw invalidPayload()
  if (nextPageToken !== null && typeof nextPageToken !== 'string') throw invalidPayload()
  if (!Array.isArray(fields) || !Array.isArray(reconcileIssues)) throw invalidPayload()
  return {
    jql,
    fields: fields.map(String),
    maxResults,
    startAt,
    nextPageToken,
    reconcileIssues: reconcileIssues.map(String),
  }
}

/** Cloud: no total, no start; a token leads to the next page. */
function tokenSearch(jira: Jira, { caller, version }: RestCall, input: SearchInput): SimulatorAnswer {
  if (input.reconcileIssues.length > 50)
    throw jiraError(400, 'The number of issues to reconcile cannot exceed 50.')
  if (parseJql(input.jql).clauses.length === 0) {
    throw jiraError(
      400,
      'Unbounded JQL queries are not allowed here. Please add a search restriction to your query.',
    )
  }
  const found = may(caller, 'BROWSE_PROJECTS') ? searchIssues(jira, input.jql, input.reconcileIssues) : []
  const startAt = input.nextPageToken === null ? 0 : offsetFrom(jira, input.nextPageToken, input.jql)
  const onlyIds = input.fields.length === 0
  const size = Math.min(input.maxResults, onlyIds ? 5_000 : 100)
  const page = found.slice(startAt, startAt + size)
  const selection = fieldSelection(input.fields, null)
  const isLast = startAt + page.length >= found.length
  return jsonAnswer(200, {
    issues: page.map((issue) => (onlyIds ? { id: issue.id } : issueJson(jira, issue, version, selection))),
    isLast,
    ...(isLast ? {} : { nextPageToken: pageToken(jira, startAt + page.length, input.jql) }),
  })
}

/** Data Center. */
function pagedSearch(jira: Jira, { caller, version }: RestCall, input: SearchInput): SimulatorAnswer {
  const found = may(caller, 'BROWSE_PROJECTS') ? searchIssues(jira, input.jql, []) : []
  const maxResults = Math.min(input.maxResults, 1_000)
  const selection: FieldSelection = fieldSelection(input.fields, navigable)
  return jsonAnswer(200, {
    expand: 'schema,names',
    startAt: input.startAt,
    maxResults,
    total: found.length,
    issues: found
      .slice(input.startAt, input.startAt + maxResults)
      .map((issue) => issueJson(jira, issue, version, selection)),
  })
}

/** What the index knows, except for the issues to reconcile: those are read as they are now. */
function searchIssues(jira: Jira, jql: string, reconcile: readonly string[]): IssueRecord[] {
  const query = parseJql(jql)
  const fresh = new Set(reconcile)
  const candidates = jira.index.visible().filter(({ id }) => !fresh.has(id))
  for (const id of fresh) {
    const latest = jira.index.latest(id)
    if (latest !== null) candidates.push(latest)
  }
  return candidates.filter(jqlMatch(jira, query)).sort(jqlCompare(query.order))
}

const TOKEN_LIFE_MS = 7 * 86_400_000

function pageToken(jira: Jira, offset: number, jql: string): string {
  return Buffer.from(JSON.stringify({ offset, jql, until: jira.now().getTime() + TOKEN_LIFE_MS })).toString(
    'base64url',
  )
}

function offsetFrom(jira: Jira, token: string, jql: string): number {
  try {
    const held = JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as {
      offset: number
      jql: string
      until: number
    }
    if (held.jql === jql && held.until > jira.now().getTime()) return held.offset
  } catch {
    // Falls through to the same refusal as a token of another query.
  }
  throw jiraError(400, 'The nextPageToken is invalid or has expired.')
}
