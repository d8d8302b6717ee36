import { setTimeout as sleep } from 'node:timers/promises'
import { Client, DatabaseError } from 'pg'

const PATIENCE_MS = 20_000

/** Executes one statement on a connection of its own, as creating and dropping databases needs. */
export async function executeOn(connectionString: string, statement: string): Promise<void> {
  const client = new Client({ connectionString })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** The same server, another database. */
export function withDatabaseName(connectionString: string, database: string): string {
  const url = new URL(connectionString)
  url.pathname = `/${database}`
  return url.href
}

/** Drops a database, whoever is still connected. */
export async function dropDatabase(connectionString: string, name: string): Promise<void> {
  const end = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      return await executeOn(connectionString, `drop database ${name} with (force)`)
    } catch (error) {
      // PostgreSQL's own worker is cleaning up there, which only a superuser may end. It is soon done.
      const isVacuumed = error instanceof DatabaseError && error.code === '42501'
      if (!isVacuumed || Date.now() > end) throw error
      await sleep(50)
    }
  }
}
