import { sql, type RawBuilder } from 'kysely'

/** Up to so many values are looked for by a plan that is kept. */
export const MOST_PLANNED = 16

/**
 * The right side of a condition that a column has one of some values: a plan for `= any(…)` is made anew each time, because it
 * depends on how many they are, and takes longer than finding a few rows.
 */
export function oneOf(values: readonly string[], type: 'bigint' | 'uuid'): RawBuilder<unknown> {
  const [first] = values
  if (values.length === 1) return sql`= ${first}`
  if (values.length > MOST_PLANNED) return sql`= any(${values}::${sql.raw(type)}[])`
  return sql`in (
    select value::${sql.raw(type)} from jsonb_array_elements_text(${JSON.stringify(values)}::jsonb) limit ${sql.lit(MOST_PLANNED)}
  )`
}

/**
 * For the `limit` of records that are given as JSON: else PostgreSQL takes them for a hundred, and reads a small table from end
 * to end. Few different values, because each makes another statement.
 */
export function plannedRows(count: number): RawBuilder<unknown> {
  if (count === 1) return sql`limit 1`
  return count <= MOST_PLANNED ? sql`limit ${sql.lit(MOST_PLANNED)}` : sql``
}
