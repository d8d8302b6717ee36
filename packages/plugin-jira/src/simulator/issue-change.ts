import type { ChangeItem, CustomValue, HistoryRecord, IssueRecord } from './issue-record.ts'
import { isCloud, type Jira } from './jira.ts'
import { nextId } from './jira-state.ts'
import { plainText, type RichText } from './rich-text.ts'
import { namedValue, userOf, type JiraCustomField, type JiraNamedValue, type JiraUser } from './site.ts'

/** What to set on an issue; what is left out stays. */
export interface IssueChange {
  readonly projectId?: string
  readonly key?: string
  readonly issueTypeId?: string
  readonly summary?: string
  readonly description?: RichText | null
  readonly statusId?: string
  readonly resolutionId?: string | null
  readonly priorityId?: string
  readonly labels?: readonly string[]
  readonly assignee?: string | null
  readonly reporter?: string
  readonly custom?: Readonly<Record<string, CustomValue | null>>
}

/** A field's value as the changelog shows it. */
interface Shown {
  readonly field: string
  /** The value's id; `null` for fields whose values have none. */
  readonly id: string | null
  readonly text: string | null
}

/**
 * Carries a change out, writes one changelog entry for all of it, moves `updated` on and tells webhooks and search. Without a difference
 * nothing happens.
 */
export function changeIssue(
  jira: Jira,
  issue: IssueRecord,
  change: IssueChange,
  author: JiraUser,
): HistoryRecord | null {
  const before = shownFields(jira, issue)
  assign(jira, issue, change)
  const after = shownFields(jira, issue)
  const items = differences(before, after)
  return items.length === 0 ? null : recordHistory(jira, issue, items, author)
}

/** For what is no field, such as a remote link, but is in the changelog nevertheless. */
export function recordHistory(
  jira: Jira,
  issue: IssueRecord,
  items: readonly ChangeItem[],
  author: JiraUser,
): HistoryRecord {
  touch(jira, issue)
  const entry: HistoryRecord = {
    id: String(nextId(jira.state, 'history')),
    author: author.accountId,
    at: issue.updatedAt,
    items,
  }
  issue.history.push(entry)
  jira.changed(issue)
  jira.emit({ name: 'jira:issue_updated', issue, user: author, changelog: { id: entry.id, items } })
  return entry
}

/** Moves `updated` on, even when the clock stands still. */
export function touch(jira: Jira, issue: IssueRecord): void {
  issue.updatedAt = Math.max(jira.now().getTime(), issue.updatedAt + 1)
}

function assign(jira: Jira, issue: IssueRecord, change: IssueChange): void {
  const { custom, labels, resolutionId, ...plain } = change
  Object.assign(issue, plain)
  if (labels !== undefined) issue.labels = [...labels]
  if (resolutionId !== undefined && resolutionId !== issue.resolutionId) {
    issue.resolutionId = resolutionId
    issue.resolvedAt = resolutionId === null ? null : jira.now().getTime()
  }
  for (const [field, value] of Object.entries(custom ?? {})) {
    if (value === null) delete issue.custom[field]
    else issue.custom[field] = value
  }
}

function shownFields(jira: Jira, issue: IssueRecord): Map<string, Shown> {
  const { site } = jira
  const text = (field: string, value: string | null): Shown => ({ field, id: null, text: value })
  const named = (field: string, values: readonly JiraNamedValue[], id: string | null): Shown => ({
    field,
    id,
    text: id === null ? null : namedValue(values, id).name,
  })
  const user = (field: string, accountId: string | null): Shown => {
    if (accountId === null) return text(field, null)
    const { key, displayName } = userOf(site, accountId)
    return { field, id: isCloud(jira) ? accountId : key, text: displayName }
  }
  const shown = new Map<string, Shown>([
    ['project', named('project', site.projects, issue.projectId)],
    ['issuekey', text('Key', issue.key)],
    ['issuetype', named('issuetype', site.issueTypes, issue.issueTypeId)],
    ['summary', text('summary', issue.summary)],
    ['description', text('description', issue.description === null ? null : plainText(issue.description))],
    ['resolution', named('resolution', site.resolutions, issue.resolutionId)],
    ['status', named('status', site.statuses, issue.statusId)],
    ['priority', named('priority', site.priorities, issue.priorityId)],
    ['labels', text('labels', issue.labels.join(' '))],
    ['assignee', user('assignee', issue.assignee)],
    ['reporter', user('reporter', issue.reporter)],
  ])
  for (const field of site.customFields)
    shown.set(field.id, text(field.name, customText(field, issue.custom[field.id])))
  return shown
}

function customText(field: JiraCustomField, value: CustomValue | undefined): string | null {
  if (value === undefined) return null
  if (typeof value === 'object') return plainText(value)
  return field.options?.find(({ id }) => id === value)?.name ?? String(value)
}

function differences(before: Map<string, Shown>, after: Map<string, Shown>): ChangeItem[] {
  const items: ChangeItem[] = []
  for (const [fieldId, to] of after) {
    const from = before.get(fieldId)
    if (from?.id === to.id && from.text === to.text) continue
    items.push({
      field: to.field,
      fieldId,
      fieldtype: fieldId.startsWith('customfield_') ? 'custom' : 'jira',
      from: from?.id ?? null,
      fromString: from?.text ?? null,
      to: to.id,
      toString: to.text,
    })
  }
  return items
}
