import type { IssueRecord, WebhookRegistration } from './issue-record.ts'

/** Everything that is kept: what the data file holds. */
export interface JiraState {
  issues: IssueRecord[]
  webhooks: WebhookRegistration[]
  /** The last number given to an issue, by project id. */
  issueNumbers: Record<string, number>
  /** The last id given to anything. */
  ids: { issue: number; history: number; comment: number; remoteLink: number; webhook: number }
}

export function emptyState(): JiraState {
  return {
    issues: [],
    webhooks: [],
    issueNumbers: {},
    // Far from the numbers in keys, so that nothing takes one for the other and still works.
    ids: { issue: 10_400, history: 20_000, comment: 30_000, remoteLink: 40_000, webhook: 0 },
  }
}

/** By id, key, or a key it had before. */
export function findIssue(state: JiraState, idOrKey: string): IssueRecord | null {
  const key = idOrKey.toUpperCase()
  return (
    state.issues.find((issue) => issue.id === idOrKey || issue.key === key) ??
    state.issues.find((issue) => issue.previousKeys.includes(key)) ??
    null
  )
}

export function nextKey(state: JiraState, project: { id: string; key: string }): string {
  const number = (state.issueNumbers[project.id] ?? 0) + 1
  state.issueNumbers[project.id] = number
  return `${project.key}-${number}`
}

export function nextId(state: JiraState, kind: keyof JiraState['ids']): number {
  state.ids[kind] += 1
  return state.ids[kind]
}
