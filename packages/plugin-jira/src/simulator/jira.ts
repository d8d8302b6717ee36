import type { LaggingIndex } from '@tripline/adapter-testkit/simulator'
import type { ChangeItem, CommentRecord, IssueRecord } from './issue-record.ts'
import type { JiraState } from './jira-state.ts'
import type { JiraSite, JiraUser } from './site.ts'
import type { SiteTime } from './site-time.ts'

/** Something that webhooks tell of. */
export type JiraEvent =
  | {
      readonly name: 'jira:issue_created' | 'jira:issue_deleted'
      readonly issue: IssueRecord
      readonly user: JiraUser
    }
  | {
      readonly name: 'jira:issue_updated'
      readonly issue: IssueRecord
      readonly user: JiraUser
      readonly changelog: { readonly id: string; readonly items: readonly ChangeItem[] } | null
    }
  | {
      readonly name: 'comment_created' | 'comment_updated'
      readonly issue: IssueRecord
      readonly user: JiraUser
      readonly comment: CommentRecord
    }

export interface JiraLimits {
  /** Longest text in characters. */
  readonly text: number
  /** Comments on one issue; more are answered 413. */
  readonly commentsPerIssue: number
}

/** The running site, as every part of the simulator sees it. */
export interface Jira {
  readonly site: JiraSite
  readonly state: JiraState
  readonly time: SiteTime
  readonly limits: JiraLimits
  /** What search sees. */
  readonly index: LaggingIndex<IssueRecord>
  readonly now: () => Date
  readonly baseUrl: string
  /** After a change: to the index, to the data file. */
  changed(issue: IssueRecord): void
  removed(issue: IssueRecord): void
  emit(event: JiraEvent): void
  /** After a change of something that is no issue. */
  save(): void
}

export function isCloud(jira: Jira): boolean {
  return jira.site.flavour === 'cloud'
}
