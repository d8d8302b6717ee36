import { sql as kyselySql, type RawBuilder, type SqlBool } from 'kysely'
import sql, { join, type Sql } from 'sql-template-tag'
import { searchWords, type DetectionFilter } from '@tripline/core'

type InstantRange = NonNullable<DetectionFilter['startTime']>
type OneOf = {
  readonly anyOf?: readonly string[] | null | undefined
  readonly none?: boolean | null | undefined
}

/**
 * A filter as a condition on a row of `detections` that is called `d`; it holds for exactly the detections that core's
 * `matchesFilter` holds for. Every value is a bound parameter. `me` must have been replaced by `forViewer`.
 */
export function detectionFilterSql(filter: DetectionFilter): Sql {
  const { participant } = filter
  const conditions = [
    given(filter.statuses, (statuses) => sql`d.status = any(${statuses}::text[])`),
    given(filter.resolutions, (wanted) => sql`coalesce(d.resolution, 'none') = any(${wanted}::text[])`),
    given(filter.assignee, (wanted) => isOneOf(sql`d.assignee`, wanted)),
    given(filter.ticket, (wanted) => isOneOf(sql`d.ticket_id`, wanted)),
    given(filter.types, (types) => sql`d.type = any(${storable(types)}::text[])`),
    given(filter.categories, (wanted) => sql`d.category_paths && ${storable(wanted)}::text[]`),
    given(filter.riskScoreMin, (least) => sql`d.risk_score >= ${least}::bigint`),
    given(filter.riskScoreMax, (most) => sql`d.risk_score <= ${most}::bigint`),
    given(filter.startTime, (range) => isWithin(sql`d.start_time`, range)),
    given(filter.updateTime, (range) => isWithin(sql`d.update_time`, range)),
    given(filter.modTime, (range) => isWithin(sql`d.mod_time`, range)),
    given(filter.createTime, (range) => isWithin(sql`d.create_time`, range)),
    given(participant?.address, hasAddress),
    given(participant?.hostname, hasHostname),
    given(filter.mitreTechniques, (wanted) => sql`d.technique_paths && ${storable(wanted)}::text[]`),
    given(filter.sources, (sources) => sql`d.source = any(${storable(sources)}::text[])`),
    given(filter.recommended, (wanted) => sql`coalesce(d.recommended, false) = ${wanted}::boolean`),
    isShown(filter.hidden ?? 'exclude'),
    given(filter.text, hasWords),
  ].filter((condition) => condition !== null)
  return all(conditions)
}

/** A condition for queries that are built with Kysely; their table has to be called `d`. */
export function toKyselyCondition(condition: Sql): RawBuilder<SqlBool> {
  return kyselySql<SqlBool>(
    Object.assign([...condition.strings], { raw: condition.strings }),
    ...condition.values,
  )
}

function all(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? sql`true` : join(conditions, ' and ')
}

function given<Value>(value: Value | null | undefined, condition: (value: Value) => Sql): Sql | null {
  return value === null || value === undefined ? null : condition(value)
}

/** Without texts that PostgreSQL cannot hold: nothing stored can equal them. */
function storable(texts: readonly string[]): readonly string[] {
  return texts.filter(isStorable)
}

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000')
}

function isOneOf(column: Sql, { anyOf, none }: OneOf): Sql {
  const named = given(anyOf, (values) => sql`${column} = any(${storable(values)}::text[])`)
  if (none !== true) return named ?? sql`true`
  return named === null ? sql`${column} is null` : sql`(${named} or ${column} is null)`
}

function isWithin(column: Sql, { from, until }: InstantRange): Sql {
  return all(
    [
      given(from, (instant) => sql`${column} >= ${toTimestamp(instant)}::timestamptz`),
      given(until, (instant) => sql`${column} < ${toTimestamp(instant)}::timestamptz`),
    ].filter((condition) => condition !== null),
  )
}

/** PostgreSQL reads neither years before 1 nor beyond 9999 as JavaScript writes them, and no stored clock is there. */
export function toTimestamp(instant: Date): string {
  const year = instant.getUTCFullYear()
  if (year < 1) return '-infinity'
  return year > 9_999 ? 'infinity' : instant.toISOString()
}

function isShown(mode: NonNullable<DetectionFilter['hidden']>): Sql | null {
  if (mode === 'include') return null
  return mode === 'only' ? sql`d.hidden_by is not null` : sql`d.hidden_by is null`
}

function hasAddress(wanted: string): Sql {
  // Equality is what the index over addresses knows; networks are compared one by one.
  return wanted.includes('/')
    ? sql`exists (select from unnest(d.addresses) address where address <<= ${wanted}::inet)`
    : sql`d.addresses @> array[${wanted}::inet]`
}

function hasHostname(wanted: string): Sql {
  if (!isStorable(wanted)) return sql`false`
  const hostname = wanted.toLowerCase()
  return hostname.startsWith('*.')
    ? sql`exists (select from unnest(d.hostnames) hostname where hostname like ${`%${escapeLike(hostname.slice(1))}`})`
    : sql`d.hostnames @> array[${hostname}::text]`
}

function hasWords(text: string): Sql {
  const words = searchWords(text)
  if (!words.every(isStorable)) return sql`false`
  return all(words.map((word) => sql`d.search_text like ${`%${escapeLike(word)}%`}`))
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/gu, (character) => `\\${character}`)
}
