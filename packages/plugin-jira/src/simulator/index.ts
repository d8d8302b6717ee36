export { isAdfDocument, type AdfDocument, type AdfNode } from './adf.ts'
export type { JiraSiteOptions, JiraUserDraft } from './default-site.ts'
export type {
  ChangeItem,
  CommentRecord,
  HistoryRecord,
  IssueRecord,
  RemoteLinkRecord,
} from './issue-record.ts'
export type { JiraLimits } from './jira.ts'
export { startJiraSimulator, type JiraSimulator, type JiraSimulatorOptions } from './jira-simulator.ts'
export type { IssueFields, People } from './people.ts'
export type { RateLimit, RateLimits } from './rate-limits.ts'
export { plainText, type RichText } from './rich-text.ts'
export {
  JIRA_PERMISSIONS,
  type JiraCustomField,
  type JiraPermission,
  type JiraProject,
  type JiraStatus,
  type JiraTransition,
  type JiraUser,
} from './site.ts'
