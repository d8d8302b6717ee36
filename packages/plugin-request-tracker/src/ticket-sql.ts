const MARGIN_MINUTES = 75
const LARGEST_NUMBER = 999

/** Finds tickets by the value of a custom field, also those that were merged into others since. */
export function createdTicketsQuery(field: string, key: string): string {
  return `CF.{${field}} = ${quoted(key)} AND EffectiveId > 0`
}

/**
 * Finds tickets of a queue that changed at or after an instant, and some that changed up to a few hours before. RT reads
 * dates in a time zone that it does not tell, and loses the time of day of ISO 8601's form, so that the instant is given
 * relative to now; across a change to summer time it is an hour off even then. Merged tickets are among them: whoever
 * knows them by their old id has to hear of the merger.
 */
export function updatedTicketsQuery(queue: string, since: Date, now: Date): string {
  const ago = timeAgo(since, now)
  const recent = ago === null ? '' : ` AND LastUpdated >= ${quoted(ago)}`
  return `Queue = ${quoted(queue)} AND EffectiveId > 0${recent}`
}

/** In numbers of up to three digits: RT takes larger ones for years. `null`: too long ago to be said. */
function timeAgo(since: Date, now: Date): string | null {
  const minutes = Math.max(Math.ceil((now.getTime() - since.getTime()) / 60_000), 0) + MARGIN_MINUTES
  const hours = Math.ceil(minutes / 60)
  const days = Math.ceil(hours / 24)
  if (minutes <= LARGEST_NUMBER) return `${minutes} minutes ago`
  if (hours <= LARGEST_NUMBER) return `${hours} hours ago`
  return days <= LARGEST_NUMBER ? `${days} days ago` : null
}

/** Finds tickets of a queue whose status is none of these. */
export function otherStatusesQuery(queue: string, statuses: readonly string[]): string {
  return [`Queue = ${quoted(queue)}`, ...statuses.map((status) => `Status != ${quoted(status)}`)].join(
    ' AND ',
  )
}

/** Finds tickets of a queue that RT takes for done although their status is one of these, or the other way round. */
export function misplacedStatusesQuery(
  queue: string,
  statuses: readonly string[],
  kind: '__Active__' | '__Inactive__',
): string {
  const among = statuses.map((status) => `Status = ${quoted(status)}`).join(' OR ')
  return `Queue = ${quoted(queue)} AND Status = '${kind}' AND (${among})`
}

export function inactiveTicketQuery(id: string): string {
  return `id = ${quoted(id)} AND Status = '__Inactive__'`
}

function quoted(value: string): string {
  return `'${value.replaceAll(/['\\]/gu, String.raw`\$&`)}'`
}
