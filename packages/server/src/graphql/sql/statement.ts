import type { Pool } from 'pg'
import type { Sql } from 'sql-template-tag'
import type { Principal } from '../../access/principal.ts'
import { createStatementNames } from '../../database/statement-names.ts'
import { ViewerValue } from './field-sql.ts'

/** Executes statements that give one JSON value, prepared where they come again. */
export interface StatementRunner {
  /** The text of the value; `null` when there is no row or it is SQL's null. */
  run(statement: Sql, viewer: Principal): Promise<string | null>
}

/** Makes a runner on a pool. */
export function createStatementRunner(pool: Pool): StatementRunner {
  const names = createStatementNames('graphql')
  // A text that is the same object is found and compared without being read.
  const texts = new WeakMap<Sql, string>()
  return {
    async run(statement, viewer) {
      const text = texts.get(statement) ?? `select (${statement.text})::text`
      texts.set(statement, text)
      const name = names.nameOf(text)
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
