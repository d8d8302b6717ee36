import {
  emptyAnswer,
  jsonAnswer,
  param,
  type Route,
  type SimulatorRequest,
} from '@tripline/adapter-testkit/simulator'
import { demand, may } from './caller.ts'
import { commentJson, commentPageJson } from './comment-json.ts'
import { FieldProblem, readRichText } from './field-values.ts'
import { touch } from './issue-change.ts'
import type { ApiVersion } from './issue-json.ts'
import { addComment } from './issue-operations.ts'
import type { CommentRecord, IssueRecord } from './issue-record.ts'
import type { Jira } from './jira.ts'
import { jiraError } from './jira-error.ts'
import { objectBody } from './json-body.ts'
import { issueRoute, pageOf } from './rest-route.ts'
import { plainText, type RichText } from './rich-text.ts'
import type { JiraUser } from './site.ts'

const LARGEST_PAGE = 5_000

export function commentRoutes(jira: Jira): Route[] {
  return [
    issueRoute(jira, 'GET', '/comment', ({ request, version }, issue) => {
      const newestFirst = request.query.get('orderBy') === '-created'
      return jsonAnswer(
        200,
        commentPageJson(jira, issue, version, {
          ...pageOf(request, LARGEST_PAGE, LARGEST_PAGE),
          newestFirst,
        }),
      )
    }),
    issueRoute(jira, 'POST', '/comment', ({ request, caller, version }, issue) => {
      demand(caller, 'ADD_COMMENTS', 'You do not have the permission to comment on this issue.')
      const comment = addComment(jira, issue, bodyOf(jira, request, version), caller)
      return jsonAnswer(201, commentJson(jira, issue, comment, version))
    }),
    issueRoute(jira, 'GET', '/comment/:comment', ({ request, version }, issue) =>
      jsonAnswer(200, commentJson(jira, issue, commentOf(issue, request), version)),
    ),
    issueRoute(jira, 'PUT', '/comment/:comment', ({ request, caller, version }, issue) => {
      const comment = commentOf(issue, request)
      if (!mayEdit(caller, comment)) {
        throw jiraError(400, `You do not have the permission to edit this comment.`)
      }
      comment.body = bodyOf(jira, request, version)
      touch(jira, issue)
      comment.updateAuthor = caller.accountId
      comment.updatedAt = issue.updatedAt
      jira.changed(issue)
      jira.emit({ name: 'comment_updated', issue, user: caller, comment })
      return jsonAnswer(200, commentJson(jira, issue, comment, version))
    }),
    issueRoute(jira, 'DELETE', '/comment/:comment', ({ request, caller }, issue) => {
      const comment = commentOf(issue, request)
      if (!mayEdit(caller, comment))
        throw jiraError(400, 'You do not have the permission to delete this comment.')
      issue.comments = issue.comments.filter(({ id }) => id !== comment.id)
      touch(jira, issue)
      jira.changed(issue)
      return emptyAnswer(204)
    }),
  ]
}

function mayEdit(caller: JiraUser, comment: CommentRecord): boolean {
  return (
    may(caller, 'EDIT_ALL_COMMENTS') ||
    (may(caller, 'EDIT_OWN_COMMENTS') && comment.author === caller.accountId)
  )
}

function commentOf(issue: IssueRecord, request: SimulatorRequest): CommentRecord {
  const id = param(request, 'comment')
  const comment = issue.comments.find((candidate) => candidate.id === id)
  if (comment === undefined) throw jiraError(404, `Can not find a comment for the id: ${id}.`)
  return comment
}

function bodyOf(jira: Jira, request: SimulatorRequest, version: ApiVersion): RichText {
  try {
    const body = readRichText(jira, objectBody(request)['body'], version)
    if (plainText(body).trim() === '') throw new FieldProblem('Comment body can not be empty!')
    return body
  } catch (error) {
    if (error instanceof FieldProblem) throw jiraError(400, { comment: error.message })
    throw error
  }
}
