import sql, { join, raw, type Sql } from 'sql-template-tag'
import type { DetectionFilter } from '@tripline/core'
import type { Principal } from '../access/principal.ts'
import { detectionFilterSql, toTimestamp } from '../detections/detection-filter-sql.ts'
import { filterFor } from '../detections/viewer-filter.ts'
import { ME, NONE, type SearchBody, type SearchFilter, type SortKey } from './search-body.ts'

const DEFAULT_LIMIT = 1_000
const LATEST = 8.64e15

/**
 * The statement that finds the ids of what is searched for, in order. How many is written into it: the planner takes a
 * parameter for a tenth of the table.
 */
export function searchSql(body: SearchBody, viewer: Pick<Principal, 'username'>, now: Date): Sql {
  const { filter, category } = toFilter(body, now)
  const conditions = [
    detectionFilterSql(filterFor(filter, viewer)),
    ...(category === null ? [] : [detectionFilterSql({ categories: [category], hidden: 'include' })]),
    withinSql(toInstant(body.from, now), toUntil(body.until, now), now),
  ]
  return sql`
    select d.detection_id from detections d where ${join(conditions, ' and ')}
    order by ${orderSql([body.sort ?? []].flat())}
    limit ${raw(String(body.limit ?? DEFAULT_LIMIT))} offset ${raw(String(body.offset ?? 0))}`
}

/** The condition that a detection went on at `from` or later, and had ended before `until`; what is ongoing ends now. */
export function withinSql(from: Date | null, until: Date | null, now: Date): Sql {
  return join(
    [
      from === null
        ? sql`true`
        : sql`(d.end_time is null or d.end_time >= ${toTimestamp(from)}::timestamptz)`,
      until === null
        ? sql`true`
        : sql`coalesce(d.end_time, ${toTimestamp(now)}::timestamptz) <= ${toTimestamp(until)}::timestamptz`,
    ],
    ' and ',
  )
}

/** An instant in milliseconds since 1970; a negative number: so long before now. */
export function toInstant(milliseconds: number | null | undefined, now: Date): Date | null {
  if (milliseconds === null || milliseconds === undefined) return null
  const instant = milliseconds < 0 ? now.getTime() + milliseconds : milliseconds
  return new Date(Math.min(Math.max(instant, 0), LATEST))
}

/** The end of a time range, of which 0 means now. */
export function toUntil(milliseconds: number | null | undefined, now: Date): Date | null {
  return milliseconds === 0 ? now : toInstant(milliseconds, now)
}

/** The domain's filter, and the category that has to hold beside the categories that it has. */
function toFilter(
  body: SearchBody,
  now: Date,
): { readonly filter: DetectionFilter; readonly category: string | null } {
  const wanted: SearchFilter = body.filter ?? {}
  const from = (milliseconds: number | null | undefined): DetectionFilter['modTime'] => ({
    from: toInstant(milliseconds, now),
  })
  const filter: DetectionFilter = {
    statuses: some(wanted.status)?.map((status) => (status === NONE ? 'open' : status)),
    resolutions: some(wanted.resolution)?.flatMap((resolution) => {
      if (resolution === NONE) return ['none' as const]
      return resolution === 'action_taken' || resolution === 'no_action_taken' ? [resolution] : []
    }),
    assignee: toAssignees(wanted.assignee),
    ticket: toTickets(wanted.ticket_id),
    types: some(wanted.types),
    categories: some(wanted.categories),
    riskScoreMin: wanted.risk_score_min,
    recommended: wanted.recommended,
    modTime: from(body.mod_time),
    updateTime: from(body.update_time),
    createTime: from(body.create_time),
  }
  return { filter, category: wanted.category ?? null }
}

/** A list that says something: clients send empty ones where they do not filter. */
function some<Value>(values: readonly Value[] | null | undefined): Value[] | undefined {
  return values === null || values === undefined || values.length === 0 ? undefined : [...values]
}

function toTickets(values: readonly string[] | null | undefined): DetectionFilter['ticket'] {
  const all = some(values)
  if (all === undefined) return undefined
  const named = all.filter((value) => value !== NONE)
  return { anyOf: named.length > 0 ? named : undefined, none: all.includes(NONE) }
}

function toAssignees(values: readonly string[] | null | undefined): DetectionFilter['assignee'] {
  const all = some(values)
  if (all === undefined) return undefined
  const others = all.filter((value) => value !== ME)
  return { ...toTickets(others), me: all.includes(ME) }
}

interface SortColumn {
  readonly column: Sql
  readonly nullable?: true
}

const sortColumns: Readonly<Record<SortKey['field'], SortColumn>> = {
  id: { column: sql`d.detection_id` },
  start_time: { column: sql`d.start_time` },
  end_time: { column: sql`d.end_time`, nullable: true },
  create_time: { column: sql`d.create_time` },
  creation_time: { column: sql`d.create_time` },
  update_time: { column: sql`d.update_time` },
  mod_time: { column: sql`d.mod_time` },
  risk_score: { column: sql`d.risk_score`, nullable: true },
}

/** What has no value comes last either way; said only where it may have none, because no index has it so. */
function orderSql(keys: readonly SortKey[]): Sql {
  const asked = keys.length === 0 ? [{ field: 'update_time', direction: 'desc' } as const] : keys
  const order = asked.map(({ field, direction }) => {
    const { column, nullable } = sortColumns[field]
    if (direction !== 'desc') return column
    return nullable === true ? sql`${column} desc nulls last` : sql`${column} desc`
  })
  return join([...order, sql`d.detection_id`], ', ')
}
