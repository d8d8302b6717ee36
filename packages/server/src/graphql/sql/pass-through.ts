import type { ExecutionResult } from 'graphql'
import sql, { type Sql } from 'sql-template-tag'
import type { Principal } from '../../access/principal.ts'
import type { ReadOperation } from '../execution/operation.ts'
import { rootSqlOf } from '../field-options.ts'
import { literal } from './field-sql.ts'

const MOST_STATEMENTS = 20
/** Long lists of values are not worth their memory. */
const LONGEST_KEY = 1_000

/**
 * One statement that gives the whole `data` of a query, when PostgreSQL can answer every field of it; `null`: it has to
 * be executed field by field. One that comes again is the same object.
 */
export function passThroughStatement(operation: ReadOperation, viewer: Principal): Sql | null {
  const { statements } = operation.compiler
  // Whatever else depends on who asks is a parameter.
  const key = JSON.stringify([viewer.username, operation.variables], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
  const known = statements.get(key)
  if (known !== undefined) return known
  const made = makeStatement(operation, viewer)
  if (made === null || key.length > LONGEST_KEY) return made
  if (statements.size >= MOST_STATEMENTS) statements.clear()
  statements.set(key, made)
  return made
}

function makeStatement(
  { operation, root, rootFields, compiler, variables }: ReadOperation,
  viewer: Principal,
): Sql | null {
  if (operation.operation !== 'query') return null
  const members: [string, Sql][] = []
  try {
    for (const [name, nodes] of rootFields) {
      const fieldName = nodes[0]?.name.value ?? ''
      if (fieldName === '__typename') {
        members.push([name, sql`${literal(root.name)}::text`])
        continue
      }
      const rootSql = rootSqlOf(root.getFields()[fieldName])
      if (rootSql === undefined) return null
      members.push([name, rootSql(compiler.rootField(root, nodes, variables), viewer)])
    }
    const data = compiler.members(members)
    return compiler.inOrder ? data : null
  } catch {
    // Whatever is wrong, refused arguments for instance: the ordinary way reports it at its place.
    return null
  }
}

/** A result whose data is JSON text already. Where it is only written out it is never parsed. */
export function textResult(text: string): ExecutionResult & { stringify(): string } {
  return {
    get data() {
      return JSON.parse(text) as Record<string, unknown>
    },
    stringify: () => `{"data":${text}}`,
  }
}
