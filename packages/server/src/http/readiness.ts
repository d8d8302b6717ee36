import { sql } from 'kysely'
import type { Database } from '../database/client.ts'
import { migrations } from '../database/migrations/index.ts'

const PATIENCE_MS = 3_000

/** Why the server cannot do its work now; empty: it can. */
export async function findObstacles(database: Database): Promise<readonly string[]> {
  try {
    const applied = await Promise.race([appliedMigrations(database), giveUp()])
    const missing = Object.keys(migrations).filter((name) => !applied.includes(name))
    return missing.length === 0 ? [] : [`The database lacks the migrations ${missing.join(', ')}.`]
  } catch (error) {
    return [`The database cannot be used: ${error instanceof Error ? error.message : String(error)}`]
  }
}

async function appliedMigrations(database: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(database)
  return rows.map(({ name }) => name)
}

function giveUp(): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS} ms`)), PATIENCE_MS).unref()
  })
}
