import type { RichText } from './rich-text.ts'

/** A ticket as it is kept. Users are referred to by account id on both flavours, instants are epoch milliseconds. */
export interface IssueRecord {
  readonly id: string
  key: string
  /** Keys it had before it was moved; they still lead to it. */
  previousKeys: string[]
  projectId: string
  issueTypeId: string
  summary: string
  description: RichText | null
  statusId: string
  resolutionId: string | null
  resolvedAt: number | null
  priorityId: string
  labels: string[]
  assignee: string | null
  reporter: string
  creator: string
  createdAt: number
  updatedAt: number
  custom: Record<string, CustomValue>
  comments: CommentRecord[]
  history: HistoryRecord[]
  remoteLinks: RemoteLinkRecord[]
  properties: Record<string, unknown>
}

/** Text, number, the id of an option, or rich text. */
export type CustomValue = string | number | RichText

export interface CommentRecord {
  readonly id: string
  readonly author: string
  updateAuthor: string
  body: RichText
  readonly createdAt: number
  updatedAt: number
}

export interface HistoryRecord {
  readonly id: string
  readonly author: string
  readonly at: number
  readonly items: readonly ChangeItem[]
}

/** Its `toString` is a word of Jira's: what the new value reads as. */
export interface ChangeItem {
  readonly field: string
  readonly fieldId: string
  readonly fieldtype: 'jira' | 'custom'
  readonly from: string | null
  readonly fromString: string | null
  readonly to: string | null
  readonly toString: string | null
}

export interface RemoteLinkRecord {
  readonly id: number
  readonly globalId: string | null
  /** As sent: `object`, and what else was given. */
  content: Record<string, unknown>
}

export interface WebhookRegistration {
  readonly id: string
  readonly name: string
  readonly url: string
  readonly events: readonly string[]
  readonly secret: string | null
  /** JQL; empty for every issue. */
  readonly jql: string
  readonly excludeBody: boolean
  readonly registeredBy: string
  readonly registeredAt: number
}
