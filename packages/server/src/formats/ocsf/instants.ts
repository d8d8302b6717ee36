import { numberOf, type Fields } from './reading.ts'

/**
 * The instant of a member such as `created_time`: from its RFC 3339 form, `created_time_dt`, when that can be read,
 * else from the number. A form without a zone is taken as UTC.
 *
 * OCSF counts milliseconds. Numbers so small or so large that they would lie before 1974 or after 5138 are taken as
 * the seconds, microseconds or nanoseconds that some producers write.
 */
function instantOf(fields: Fields, name: string): Date | null {
  return fromText(fields[`${name}_dt`]) ?? fromNumber(fields[name]) ?? fromText(fields[name])
}

function fromText(value: unknown): Date | null {
  if (typeof value !== 'string') return null
  const match = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2}(?:\.\d+)?)([Zz]|[+-]\d{2}:\d{2})?$/.exec(
    value.trim(),
  )
  if (match === null) return null
  const [, date, time, zone] = match
  return existing(new Date(`${date}T${time}${zone?.toUpperCase() ?? 'Z'}`))
}

function fromNumber(value: unknown): Date | null {
  const number = numberOf(value)
  if (number === null || number <= 0) return null
  if (number < 1e11) return existing(new Date(Math.round(number * 1_000)))
  if (number < 1e14) return existing(new Date(Math.round(number)))
  return existing(new Date(Math.round(number / (number < 1e17 ? 1e3 : 1e6))))
}

function existing(date: Date): Date | null {
  return Number.isNaN(date.getTime()) ? null : date
}

/** The clocks of a report. */
export interface FindingTimes {
  readonly startTime: Date
  readonly endTime: Date
  readonly createTime: Date | null
  readonly updateTime: Date
}

/**
 * The clocks of a finding, or `null` when it has no time at all.
 *
 * It begins with the first event that is known of it and ends with the last: OCSF cannot say that a finding is still
 * going on. It was updated at the latest time that it names.
 */
export function findingTimes(record: Fields, finding: Fields): FindingTimes | null {
  const time = instantOf(record, 'time')
  const created = instantOf(finding, 'created_time')
  const modified = instantOf(finding, 'modified_time')
  const firstSeen = instantOf(record, 'start_time') ?? instantOf(finding, 'first_seen_time')
  const lastSeen = instantOf(record, 'end_time') ?? instantOf(finding, 'last_seen_time')
  const start = firstSeen ?? created ?? time ?? lastSeen ?? modified
  if (start === null) return null
  return {
    startTime: start,
    endTime: latest(start, lastSeen ?? time),
    createTime: created ?? (record['activity_id'] === 1 ? time : null),
    updateTime: latest(start, lastSeen, modified, time),
  }
}

function latest(first: Date, ...others: readonly (Date | null)[]): Date {
  return others.reduce<Date>((best, date) => (date !== null && date > best ? date : best), first)
}
