import type { Fields } from './reading.ts'

/** Members of the event that a report holds elsewhere, or that only repeat others. */
const heldElsewhere: ReadonlySet<string> = new Set([
  'activity_id',
  'activity_name',
  'category_name',
  'category_uid',
  'class_name',
  'class_uid',
  'end_time',
  'end_time_dt',
  'finding_info',
  'raw_data',
  'start_time',
  'start_time_dt',
  'time',
  'time_dt',
  'type_name',
  'type_uid',
])

/** The like in `finding_info`. Types stay: the type of a report is only made of them. */
const heldElsewhereOfFinding: ReadonlySet<string> = new Set([
  'created_time',
  'created_time_dt',
  'desc',
  'first_seen_time',
  'first_seen_time_dt',
  'last_seen_time',
  'last_seen_time_dt',
  'modified_time',
  'modified_time_dt',
  'src_url',
  'title',
  'uid',
])

/** What of a finding has no place of its own in a report, by its OCSF names and without what is `null`. */
export function propertiesOf(record: Fields, finding: Fields): Record<string, unknown> {
  const rest = without(finding, heldElsewhereOfFinding)
  return {
    ...without(record, heldElsewhere),
    ...(Object.keys(rest).length > 0 ? { finding_info: rest } : {}),
  }
}

function without(fields: Fields, names: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => !names.has(name) && value !== null),
  )
}
