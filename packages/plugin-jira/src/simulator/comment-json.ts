import type { CommentRecord, IssueRecord } from './issue-record.ts'
import { isCloud, type Jira } from './jira.ts'
import { renderRichText } from './rich-text.ts'
import { userJsonById } from './user-json.ts'

export function commentJson(
  jira: Jira,
  issue: IssueRecord,
  comment: CommentRecord,
  version: '2' | '3',
): Record<string, unknown> {
  return {
    self: `${jira.baseUrl}/rest/api/${version}/issue/${issue.id}/comment/${comment.id}`,
    id: comment.id,
    author: userJsonById(jira, comment.author),
    body: renderRichText(comment.body, version),
    updateAuthor: userJsonById(jira, comment.updateAuthor),
    created: jira.time.timestamp(comment.createdAt),
    updated: jira.time.timestamp(comment.updatedAt),
    ...(isCloud(jira) ? { jsdPublic: true } : {}),
  }
}

export function commentPageJson(
  jira: Jira,
  issue: IssueRecord,
  version: '2' | '3',
  page: { startAt: number; maxResults: number; newestFirst?: boolean },
): Record<string, unknown> {
  const ordered = page.newestFirst === true ? issue.comments.toReversed() : issue.comments
  const shown = ordered.slice(page.startAt, page.startAt + page.maxResults)
  return {
    startAt: page.startAt,
    maxResults: page.maxResults,
    total: issue.comments.length,
    comments: shown.map((comment) => commentJson(jira, issue, comment, version)),
  }
}
