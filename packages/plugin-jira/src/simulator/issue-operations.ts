import { may } from './caller.ts'
import { changeIssue, touch } from './issue-change.ts'
import { createFields, editFields, transitionFields } from './issue-fields.ts'
import { readIssueInput, refuseProblems, type InputScreen } from './issue-input.ts'
import type { ApiVersion } from './issue-json.ts'
import type { CommentRecord, IssueRecord } from './issue-record.ts'
import { isCloud, type Jira } from './jira.ts'
import { jiraError } from './jira-error.ts'
import { nextId, nextKey } from './jira-state.ts'
import { isObject, type JsonObject } from './json-body.ts'
import type { RichText } from './rich-text.ts'
import { projectOf, statusOf, type JiraTransition, type JiraUser } from './site.ts'

/** @throws AnswerNow as Jira refuses it. */
export function createIssue(
  jira: Jira,
  body: JsonObject,
  caller: JiraUser,
  version: ApiVersion,
): IssueRecord {
  const described = createFields(jira)
  const fields = new Set(described.map(({ id }) => id))
  // Without the permission the field is not there, and Jira says so in the words for a missing screen.
  if (!may(caller, 'ASSIGN_ISSUES')) fields.delete('assignee')
  const problems: Record<string, string> = {}
  const { change, properties, given } = readIssueInput(jira, body, { version, fields, issue: null }, problems)
  for (const field of described) {
    if (field.required && !given.has(field.id)) problems[field.id] ??= missing(field.id, field.name)
  }
  if (!may(caller, 'CREATE_ISSUES')) {
    if (isCloud(jira)) throw jiraError(403, 'You do not have permission to create issues in this project.')
    problems['project'] = 'You do not have permission to create issues in this project.'
  }
  refuseProblems(problems)

  const { projectId, issueTypeId, summary } = change
  if (projectId === undefined || issueTypeId === undefined || summary === undefined) {
    throw new Error('a required field of every issue was let through without a value')
  }
  const at = jira.now().getTime()
  const issue: IssueRecord = {
    id: String(nextId(jira.state, 'issue')),
    key: nextKey(jira.state, projectOf(jira.site, projectId)),
    previousKeys: [],
    projectId,
    issueTypeId,
    summary,
    description: change.description ?? null,
    statusId: jira.site.initialStatus,
    resolutionId: null,
    resolvedAt: null,
    priorityId: change.priorityId ?? middle(jira),
    labels: [...(change.labels ?? [])],
    assignee: change.assignee ?? null,
    reporter: change.reporter ?? caller.accountId,
    creator: caller.accountId,
    createdAt: at,
    updatedAt: at,
    custom: {},
    comments: [],
    history: [],
    remoteLinks: [],
    properties: { ...properties },
  }
  for (const [field, value] of Object.entries(change.custom ?? {})) {
    if (value !== null) issue.custom[field] = value
  }
  jira.state.issues.push(issue)
  jira.changed(issue)
  jira.emit({ name: 'jira:issue_created', issue, user: caller })
  return issue
}

function missing(id: string, name: string): string {
  if (id === 'project') return 'Specify a valid project ID or key'
  if (id === 'issuetype') return 'Specify an issue type'
  return id === 'summary' ? 'You must specify a summary of the issue.' : `${name} is required.`
}

function middle(jira: Jira): string {
  const { priorities } = jira.site
  const priority = priorities[Math.floor(priorities.length / 2)]
  if (priority === undefined) throw new Error('The simulated site has no priorities')
  return priority.id
}

/** @throws AnswerNow as Jira refuses it. */
export function editIssue(
  jira: Jira,
  issue: IssueRecord,
  body: JsonObject,
  caller: JiraUser,
  version: ApiVersion,
): void {
  const described = editFields(jira)
  const fields = new Set(described.map(({ id }) => id))
  if (!may(caller, 'ASSIGN_ISSUES')) fields.delete('assignee')
  const problems: Record<string, string> = {}
  const { change, comments, properties } = readIssueInput(jira, body, { version, fields, issue }, problems)
  for (const field of described) {
    if (field.required && change.custom?.[field.id] === null)
      problems[field.id] ??= missing(field.id, field.name)
  }
  refuseProblems(problems)
  Object.assign(issue.properties, properties)
  changeIssue(jira, issue, change, caller)
  for (const comment of comments) addComment(jira, issue, comment, caller)
}

/** Those that lead away from the issue's status and that the user may take. */
export function availableTransitions(jira: Jira, issue: IssueRecord, caller: JiraUser): JiraTransition[] {
  if (!may(caller, 'TRANSITION_ISSUES')) return []
  return jira.site.transitions.filter(({ from }) => from === 'any' || from.includes(issue.statusId))
}

/** @throws AnswerNow as Jira refuses it. */
export function transitionIssue(
  jira: Jira,
  issue: IssueRecord,
  body: JsonObject,
  caller: JiraUser,
  version: ApiVersion,
): void {
  const asked = body['transition']
  if (asked === undefined) throw jiraError(400, "Missing 'transition' identifier")
  const id = isObject(asked) ? asked['id'] : undefined
  if (typeof id !== 'string') throw jiraError(400, "'transition' identifier must be an integer in a string.")
  const transition = availableTransitions(jira, issue, caller).find((candidate) => candidate.id === id)
  if (transition === undefined) throw jiraError(400, `Transition id '${id}' is not valid for this issue.`)

  const screen: InputScreen = { version, fields: new Set(transition.screen), issue }
  const problems: Record<string, string> = {}
  const { change, comments, given } = readIssueInput(jira, body, screen, problems)
  for (const field of transitionFields(jira, transition)) {
    if (field.required && !given.has(field.id)) problems[field.id] ??= `${field.name} is required.`
  }
  refuseProblems(problems)

  const done = statusOf(jira.site, transition.to).category === 'done'
  const resolutionId = done ? (change.resolutionId ?? transition.setsResolution ?? issue.resolutionId) : null
  changeIssue(jira, issue, { ...change, statusId: transition.to, resolutionId }, caller)
  for (const comment of comments) addComment(jira, issue, comment, caller)
}

/** @throws AnswerNow 413 when the issue holds no more. */
export function addComment(jira: Jira, issue: IssueRecord, body: RichText, caller: JiraUser): CommentRecord {
  if (issue.comments.length >= jira.limits.commentsPerIssue) {
    throw jiraError(413, `The issue has reached the limit of ${jira.limits.commentsPerIssue} comments.`)
  }
  touch(jira, issue)
  const comment: CommentRecord = {
    id: String(nextId(jira.state, 'comment')),
    author: caller.accountId,
    updateAuthor: caller.accountId,
    body,
    createdAt: issue.updatedAt,
    updatedAt: issue.updatedAt,
  }
  issue.comments.push(comment)
  jira.changed(issue)
  jira.emit({ name: 'comment_created', issue, user: caller, comment })
  // Data Center tells of a comment as a change of the issue too.
  if (!isCloud(jira)) jira.emit({ name: 'jira:issue_updated', issue, user: caller, changelog: null })
  return comment
}

export function deleteIssue(jira: Jira, issue: IssueRecord, caller: JiraUser): void {
  jira.state.issues = jira.state.issues.filter(({ id }) => id !== issue.id)
  jira.removed(issue)
  jira.emit({ name: 'jira:issue_deleted', issue, user: caller })
}

/** To another project: a new key, the same id, and the old key still leads to it. */
export function moveIssue(jira: Jira, issue: IssueRecord, projectId: string, caller: JiraUser): void {
  const previous = issue.key
  const key = nextKey(jira.state, projectOf(jira.site, projectId))
  issue.previousKeys.push(previous)
  changeIssue(jira, issue, { projectId, key }, caller)
}
