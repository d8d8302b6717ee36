import {
  fitDocument,
  type JsonObject,
  type JsonValue,
  type RichText,
  singleLine,
  type Ticket,
  type TicketAccount,
  type TicketContent,
  type TicketDraft,
  ticketIdSchema,
  type TicketStatus,
  type TicketStatusCategory,
  UnexpectedResponse,
} from '@tripline/core'
import { adfText, toAdf } from './adf.ts'
import { originProperty } from './jira-client.ts'
import type { JiraIssue, JiraStatus, JiraUser } from './jira-payloads.ts'
import type { JiraSettings } from './settings.ts'
import { toWiki } from './wiki.ts'

const SUMMARY_LENGTH = 255
const LABEL_LENGTH = 255

/** The body of the request that creates an issue. */
export function toCreateBody(draft: TicketDraft, settings: JiraSettings): JsonObject {
  const { projectKey, issueType } = settings
  return {
    fields: {
      ...draft.fields,
      project: { key: projectKey },
      issuetype: /^\d+$/u.test(issueType) ? { id: issueType } : { name: issueType },
      summary: toSummary(draft.summary),
      description: toText(draft.description, settings),
      labels: toLabels([...draft.labels, draft.dedupeKey]),
      ...(draft.priority === null ? {} : { priority: { id: draft.priority } }),
    },
    properties: [{ key: originProperty, value: { dedupeKey: draft.dedupeKey } }],
  }
}

/** A summary has one line and is never empty. */
export function toSummary(summary: string): string {
  return singleLine(summary, SUMMARY_LENGTH) || '(no summary)'
}

/** A text in the format of the deployment, within its limit once rendered. */
export function toText(document: RichText, settings: JiraSettings): JsonValue {
  const fitted = fitDocument(document, settings.textLimit, (part) => textLength(part, settings))
  return settings.deployment === 'cloud' ? toAdf(fitted) : toWiki(fitted)
}

/** How long Jira finds a document: the JSON of ADF is at least as long as whatever is counted of it. */
export function textLength(document: RichText, { deployment }: JiraSettings): number {
  return deployment === 'cloud' ? JSON.stringify(toAdf(document)).length : toWiki(document).length
}

/** Sorted, because Jira keeps labels as a set; it takes none with spaces. */
export function toLabels(labels: readonly string[]): readonly string[] {
  const clean = labels.map((label) => singleLine(label, LABEL_LENGTH).replaceAll(/\s/gu, '_'))
  return [...new Set(clean.filter((label) => label !== ''))].toSorted()
}

/** The content of an issue, comparable with what was written. */
export function toContent(issue: Pick<JiraIssue, 'fields' | 'properties'>): TicketContent {
  const { summary, description, priority, labels } = issue.fields
  const origin = dedupeKeyOf(issue)
  return {
    summary: summary ?? null,
    description: description === undefined || description === null ? '' : writtenText(description),
    priority: priority?.id ?? null,
    labels: (labels ?? [])
      .filter((label) => label !== origin)
      .toSorted()
      .join(' '),
  }
}

/** A text of either format as the text to compare with. */
export function writtenText(value: unknown): string {
  return typeof value === 'string' ? value.replaceAll('\r\n', '\n').trimEnd() : adfText(value)
}

/** The dedupe key that an issue was created with; `null` when we did not create it. */
export function dedupeKeyOf(issue: Pick<JiraIssue, 'properties'>): string | null {
  const origin = issue.properties?.[originProperty]
  if (typeof origin !== 'object' || origin === null || !('dedupeKey' in origin)) return null
  return typeof origin.dedupeKey === 'string' ? origin.dedupeKey : null
}

export function toTicket(issue: JiraIssue, settings: JiraSettings): Ticket {
  const { fields, id, key } = issue
  return {
    id: ticketIdSchema.parse(id),
    key,
    url: issueUrl(key, settings),
    container: fields.project.key,
    status: toTicketStatus(fields.status),
    resolution: fields.resolution ?? null,
    assignee: fields.assignee === undefined || fields.assignee === null ? null : toAccount(fields.assignee),
    content: toContent(issue),
    updatedAt: toDate(fields.updated),
  }
}

export function issueUrl(key: string, { baseUrl, siteUrl }: JiraSettings): string {
  return `${siteUrl ?? baseUrl}/browse/${encodeURIComponent(key)}`
}

export function toTicketStatus({ id, name, statusCategory }: JiraStatus): TicketStatus {
  return { id, name, category: toCategory(statusCategory.key) }
}

function toCategory(key: string): TicketStatusCategory {
  switch (key) {
    case 'done':
      return 'done'
    case 'indeterminate':
      return 'active'
    default:
      // `new`, and `undefined`, which is what Jira calls a status without a category.
      return 'open'
  }
}

/** Cloud knows accounts by id only, Data Center assigns by user name. */
export function toAccount({ accountId, name, displayName }: JiraUser): TicketAccount {
  const id = accountId ?? name
  if (id === undefined)
    throw new UnexpectedResponse('Jira answered with a user that has neither account id nor name.')
  return { id, name: accountId === undefined ? id : (displayName ?? id) }
}

/** Jira writes zones without a colon, which is not ISO 8601's extended form. */
export function toDate(value: string): Date {
  const date = new Date(value.replace(/([+-]\d\d)(\d\d)$/u, '$1:$2'))
  if (Number.isNaN(date.getTime()))
    throw new UnexpectedResponse('Jira answered with an instant that is none.')
  return date
}
