import { AnswerNow } from '@tripline/adapter-testkit/simulator'
import type { IssueRecord } from './issue-record.ts'
import * as operations from './issue-operations.ts'
import { changeIssue } from './issue-change.ts'
import type { Jira } from './jira.ts'
import { jiraError } from './jira-error.ts'
import { findIssue } from './jira-state.ts'
import { findProject, findUser, isAssignable, type JiraUser } from './site.ts'

/** Values by field id, as REST's version 2 takes them: `{ resolution: { name: 'Done' } }`. */
export type IssueFields = Readonly<Record<string, unknown>>

/**
 * What people do in Jira, by hand. Issues by id or key, users by any of their identifiers; without one it is the first active person
 * without an administrator's rights. Each obeys the workflow and the permissions, and throws with Jira's own words when they forbid it.
 */
export interface People {
  /** Project SEC, type Task and a summary unless given. */
  createIssueAsPerson(fields: IssueFields, user?: string): Readonly<IssueRecord>
  editIssueAsPerson(issue: string, fields: IssueFields, user?: string): void
  /** Takes the first transition that leads to the status. */
  transitionAsPerson(issue: string, status: string, user?: string, fields?: IssueFields): void
  /** `null` for nobody. */
  assignAsPerson(issue: string, assignee: string | null, user?: string): void
  commentAsPerson(issue: string, text: string, user?: string): void
  /** Gives it a new key; id and the old key's redirection stay. */
  moveIssue(issue: string, projectKey: string, user?: string): Readonly<IssueRecord>
  deleteIssue(issue: string, user?: string): void
}

export function people(jira: Jira): People {
  function person(reference: string | undefined): JiraUser {
    const user = reference === undefined ? jira.site.users.find(isAssignable) : findUser(jira.site, reference)
    if (user === undefined || user === null)
      throw jiraError(400, `There is no user '${reference ?? 'of any kind'}'.`)
    return user
  }

  function issueOf(reference: string): IssueRecord {
    const issue = findIssue(jira.state, reference)
    if (issue === null) throw jiraError(404, `There is no issue '${reference}'.`)
    return issue
  }

  return {
    createIssueAsPerson(fields, user) {
      const [project, type] = [jira.site.projects[0], jira.site.issueTypes[0]]
      const defaults = { project: { id: project?.id }, issuetype: { id: type?.id }, summary: 'A ticket' }
      return operations.createIssue(jira, { fields: { ...defaults, ...fields } }, person(user), '2')
    },
    editIssueAsPerson(issue, fields, user) {
      operations.editIssue(jira, issueOf(issue), { fields }, person(user), '2')
    },
    transitionAsPerson(reference, statusName, user, fields = {}) {
      const [issue, caller] = [issueOf(reference), person(user)]
      const status = jira.site.statuses.find(
        ({ name, id }) => id === statusName || name.toLowerCase() === statusName.toLowerCase(),
      )
      const available = operations.availableTransitions(jira, issue, caller)
      const transition = available.find(({ to }) => to === status?.id)
      if (transition === undefined) {
        const names = jira.site.statuses
          .filter(({ id }) => available.some(({ to }) => to === id))
          .map(({ name }) => name)
        throw jiraError(
          400,
          `No transition leads from here to '${statusName}'. Possible: ${names.join(', ') || 'none'}.`,
        )
      }
      operations.transitionIssue(jira, issue, { transition: { id: transition.id }, fields }, caller, '2')
    },
    assignAsPerson(issue, assignee, user) {
      const chosen = assignee === null ? null : person(assignee)
      if (chosen !== null && !isAssignable(chosen)) {
        throw jiraError(400, `User '${chosen.displayName}' cannot be assigned issues.`)
      }
      changeIssue(jira, issueOf(issue), { assignee: chosen?.accountId ?? null }, person(user))
    },
    commentAsPerson(issue, text, user) {
      operations.addComment(jira, issueOf(issue), { kind: 'text', text }, person(user))
    },
    moveIssue(reference, projectKey, user) {
      const project = findProject(jira.site, projectKey)
      if (project === null) throw jiraError(404, `There is no project '${projectKey}'.`)
      const issue = issueOf(reference)
      operations.moveIssue(jira, issue, project.id, person(user))
      return issue
    },
    deleteIssue(issue, user) {
      operations.deleteIssue(jira, issueOf(issue), person(user))
    },
  }
}

/** Jira's own words, for people who read them on a page or in a terminal. */
export function refusalText(error: unknown): string | null {
  if (!(error instanceof AnswerNow)) return null
  const { errorMessages, errors } = JSON.parse(error.answer.body) as {
    errorMessages: string[]
    errors: Record<string, string>
  }
  return [...errorMessages, ...Object.values(errors)].join(' ')
}
