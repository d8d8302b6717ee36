/** Finds issues by a label that only Tripline writes; also those that were moved to another project meanwhile. */
export function createdIssuesQuery(dedupeKey: string): string {
  return `labels = ${quoted(dedupeKey)} ORDER BY created ASC`
}

/**
 * Finds issues of a project changed at or after an instant, oldest change first. Jira reads dates in the time zone of
 * the account and by the minute, so the instant is given relative to now, a minute early.
 */
export function updatedIssuesQuery(projectKey: string, since: Date, now: Date): string {
  const minutes = Math.max(Math.ceil((now.getTime() - since.getTime()) / 60_000), 0) + 1
  return `project = ${quoted(projectKey)} AND updated >= "-${minutes}m" ORDER BY updated ASC, key ASC`
}

/** The issue of a type that was changed last: one that is open still, or any. */
export function latestIssueQuery(projectKey: string, issueTypeId: string, which: 'open' | 'any'): string {
  const open = which === 'open' ? ' AND statusCategory != Done' : ''
  return `project = ${quoted(projectKey)} AND issuetype = ${quoted(issueTypeId)}${open} ORDER BY updated DESC`
}

function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/gu, String.raw`\$&`)}"`
}
