/** Finds tickets by the value of a custom field, also those that were merged into others since. */
export function createdTicketsQuery(field: string, key: string): string {
  return `CF.{${field}} = ${quoted(key)} AND EffectiveId > 0`
}

/**
 * Finds tickets of a queue that changed at or after an instant, and behind the place where an earlier page ended. RT
 * keeps whole seconds. Merged tickets are among them: whoever knows them by their old id has to hear of the merger.
 */
export function updatedTicketsQuery(queue: string, since: Date, afterId: string | null): string {
  const from = isoSeconds(since)
  const behind = afterId === null ? '' : ` AND (LastUpdated > ${quoted(from)} OR id > ${quoted(afterId)})`
  return `Queue = ${quoted(queue)} AND EffectiveId > 0 AND LastUpdated >= ${quoted(from)}${behind}`
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

function isoSeconds(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`
}

function quoted(value: string): string {
  return `'${value.replaceAll(/['\\]/gu, String.raw`\$&`)}'`
}
