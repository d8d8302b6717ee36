import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { createDatabase, type PooledDatabase } from '../../packages/server/src/database/client.ts'
import { startEmbeddedPostgres } from '../../packages/server/src/database/embedded-postgres.ts'
import { migrateToLatest } from '../../packages/server/src/database/migrate.ts'

/** A migrated database of its own. */
export interface BenchDatabase {
  readonly connectionString: string
  readonly database: PooledDatabase
}

/** A PostgreSQL for one run of a bench. */
export interface BenchPostgres extends AsyncDisposable {
  /** Of the server's first process. */
  readonly pid: number
  createDatabase(name: string): Promise<BenchDatabase>
}

/** Starts a PostgreSQL as `tripline serve` does, which waits for the disk at every commit, in a temporary folder. */
export async function startBenchPostgres(): Promise<BenchPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tripline-bench-'))
  // For the user that PostgreSQL runs as when the bench is root's.
  await chmod(dataDir, 0o711)
  const log = { debug: () => undefined, info: () => undefined, warn: console.warn, error: console.error }
  await using stack = new AsyncDisposableStack()
  stack.defer(() => rm(dataDir, { recursive: true, force: true }))
  const postgres = stack.use(await startEmbeddedPostgres({ dataDir, log }))
  const parts = stack.move()
  return {
    pid: postgres.pid,
    async createDatabase(name) {
      const admin = new Client({ connectionString: postgres.connectionString })
      await admin.connect()
      try {
        await admin.query(`create database ${admin.escapeIdentifier(name)}`)
      } finally {
        await admin.end()
      }
      const url = new URL(postgres.connectionString)
      url.pathname = `/${name}`
      const database = createDatabase(url.href, { applicationName: 'tripline-bench', statementTimeoutMs: 0 })
      parts.defer(() => database.destroy())
      await migrateToLatest(database)
      return { connectionString: url.href, database }
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}
