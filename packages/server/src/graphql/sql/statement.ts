import type { Pool } from 'pg'
import type { Sql } from 'sql-template-tag'
import type { Principal } from '../../access/principal.ts'
import { ViewerValue } from './field-sql.ts'

/** Executes statements that give one JSON value, prepared where they come again. */
export interface StatementRunner {
  /** The text of the value; `null` when there is no row or it is SQL's null. */
  run(statement: Sql, viewer: Principal): Promise<string | null>
}

/** How many different statements each connection keeps prepared. */
const MOST_PREPARED = 200
/** Among how many recent statements a second use is recognised. */
const MOST_REMEMBERED = 1_000

/** Makes a runner on a pool. */
export function createStatementRunner(pool: Pool): StatementRunner {
  const nameOf = createStatementNames()
  return {
    async run(statement, viewer) {
      const text = `select (${statement.text})::text`
      const name = nameOf(text)
      const { rows } = await pool.query<[string | null]>({
        text,
        values: statement.values.map((value) => (value instanceof ViewerValue ? value.of(viewer) : value)),
        rowMode: 'array',
        ...(name === undefined ? {} : { name }),
      })
      return rows[0]?.[0] ?? null
    },
  }
}

/**
 * Names statements that are used a second time. Connections never forget a prepared statement, so there is a bound;
 * whatever comes after it is planned each time.
 */
function createStatementNames(): (text: string) => string | undefined {
  const names = new Map<string, string>()
  const seen = new Set<string>()
  return (text) => {
    const name = names.get(text)
    if (name !== undefined) return name
    if (names.size >= MOST_PREPARED) return undefined
    if (!seen.has(text)) {
      if (seen.size >= MOST_REMEMBERED) seen.clear()
      seen.add(text)
      return undefined
    }
    seen.delete(text)
    const next = `graphql-${names.size + 1}`
    names.set(text, next)
    return next
  }
}
