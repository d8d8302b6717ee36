import { commentPageJson } from './comment-json.ts'
import { optionJson } from './issue-fields.ts'
import type { ChangeItem, HistoryRecord, IssueRecord } from './issue-record.ts'
import { isCloud, type Jira } from './jira.ts'
import { renderRichText } from './rich-text.ts'
import { namedValue, projectOf, type JiraCustomField } from './site.ts'
import { issueTypeJson, priorityJsonById, projectJson, resolutionJsonById, statusJson } from './site-json.ts'
import { userJsonById } from './user-json.ts'

export type ApiVersion = '2' | '3'

/** Which fields a request asked for; `null` for all. */
export type FieldSelection = ((fieldId: string) => boolean) | null

/** Reads `fields` as Jira does: names, `*all`, `*navigable`, and names with a minus. */
export function fieldSelection(names: readonly string[], ofNone: FieldSelection): FieldSelection {
  const wanted = names.map((name) => name.trim()).filter((name) => name !== '')
  if (wanted.length === 0) return ofNone
  const without = new Set(wanted.filter((name) => name.startsWith('-')).map((name) => name.slice(1)))
  const named = new Set(wanted.filter((name) => !name.startsWith('-')))
  const all = named.has('*all') || named.size === 0
  return (id) => !without.has(id) && (all || named.has(id) || (named.has('*navigable') && navigable(id)))
}

/** What search answers when asked for nothing in particular on Data Center. */
export function navigable(fieldId: string): boolean {
  return fieldId !== 'comment'
}

export function issueJson(
  jira: Jira,
  issue: IssueRecord,
  version: ApiVersion,
  selection: FieldSelection = null,
): Record<string, unknown> {
  const fields = fieldValues(jira, issue, version)
  const chosen = Object.entries(fields).filter(([id]) => selection?.(id) ?? true)
  return {
    expand: 'renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations',
    id: issue.id,
    self: `${jira.baseUrl}/rest/api/${version}/issue/${issue.id}`,
    key: issue.key,
    fields: Object.fromEntries(chosen.map(([id, value]) => [id, value()])),
  }
}

/** Functions, so that a search for two fields does not render all of them. */
function fieldValues(jira: Jira, issue: IssueRecord, version: ApiVersion): Record<string, () => unknown> {
  const { site, time } = jira
  const custom = site.customFields.map((field): [string, () => unknown] => [
    field.id,
    () => customJson(jira, field, issue, version),
  ])
  return {
    summary: () => issue.summary,
    issuetype: () => issueTypeJson(jira, namedValue(site.issueTypes, issue.issueTypeId)),
    project: () => projectJson(jira, projectOf(site, issue.projectId)),
    description: () => renderRichText(issue.description, version),
    status: () => statusJson(jira, issue.statusId),
    resolution: () => resolutionJsonById(jira, issue.resolutionId),
    resolutiondate: () => (issue.resolvedAt === null ? null : time.timestamp(issue.resolvedAt)),
    priority: () => priorityJsonById(jira, issue.priorityId),
    labels: () => issue.labels,
    assignee: () => userJsonById(jira, issue.assignee),
    reporter: () => userJsonById(jira, issue.reporter),
    creator: () => userJsonById(jira, issue.creator),
    created: () => time.timestamp(issue.createdAt),
    updated: () => time.timestamp(issue.updatedAt),
    comment: () => commentPageJson(jira, issue, version, { startAt: 0, maxResults: issue.comments.length }),
    ...Object.fromEntries(custom),
  }
}

function customJson(jira: Jira, field: JiraCustomField, issue: IssueRecord, version: ApiVersion): unknown {
  const value = issue.custom[field.id]
  if (value === undefined) return null
  if (typeof value === 'object') return renderRichText(value, version)
  const option = field.options?.find(({ id }) => id === value)
  return option === undefined ? value : optionJson(jira, option)
}

const CLOUD_HISTORY = 100

/** On Cloud the newest hundred entries, newest first; on Data Center all of them, oldest first. */
export function changelogJson(jira: Jira, issue: IssueRecord): Record<string, unknown> {
  const { history } = issue
  const shown = isCloud(jira) ? history.slice(-CLOUD_HISTORY).toReversed() : history
  return {
    startAt: 0,
    maxResults: shown.length,
    total: history.length,
    histories: shown.map((entry) => historyJson(jira, entry)),
  }
}

function historyJson(jira: Jira, entry: HistoryRecord): Record<string, unknown> {
  return {
    id: entry.id,
    author: userJsonById(jira, entry.author),
    created: jira.time.timestamp(entry.at),
    items: entry.items.map((item) => changeItemJson(jira, item)),
  }
}

/** Data Center's items name no field id. */
export function changeItemJson(jira: Jira, item: ChangeItem): Record<string, unknown> {
  const { fieldId, ...rest } = item
  return isCloud(jira) ? { ...rest, fieldId } : rest
}
