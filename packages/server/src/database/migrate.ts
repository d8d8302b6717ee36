import { Logger, runMigrations } from 'graphile-worker'
import { sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import type { Migration } from 'kysely/migration'
import { Client } from 'pg'
import { createDatabase } from './client.ts'
import type { Database, PooledDatabase } from './client.ts'
import { DatabaseError } from './database-error.ts'
import type { DatabaseLog } from './database-log.ts'
import { migrations } from './migrations/index.ts'

/** What a migration run did. */
export interface MigrationReport {
  /** The names of the migrations that were applied now, in order; empty when the database was up to date. */
  readonly applied: readonly string[]
}

/** What may differ from the program's own migration run. */
export interface MigrationOptions {
  /** The migrations by name; default: the program's. */
  readonly migrations?: Readonly<Record<string, Migration>>
  readonly log?: DatabaseLog
}

/**
 * Brings a database to the state this program needs: its own tables, then those of the job queue.
 *
 * All pending migrations are applied in one transaction. Any number of processes may call this at once: one migrates,
 * the others wait and find nothing to do. There is no way down; see `migrations/index.ts`.
 *
 * @throws DatabaseError `DATABASE_AHEAD` when a newer program has migrated the database
 */
export async function migrateToLatest(
  database: PooledDatabase,
  options: MigrationOptions = {},
): Promise<MigrationReport> {
  const steps = options.migrations ?? migrations
  const { connectionString } = database.pool.options
  if (connectionString === undefined) throw new TypeError('A database to migrate needs a connection string')

  // Connections of our own: the pool's have a statement timeout, which a migration of a large table may exceed, and
  // waiting for the lock in the pool could take the last connection from whoever holds the lock.
  const lock = new Client({ connectionString, application_name: 'tripline-migrate' })
  await lock.connect()
  try {
    await lock.query(`select pg_advisory_lock(hashtextextended('tripline.migrate', 0))`)
    await using migrating = createDatabase(connectionString, {
      max: 1,
      applicationName: 'tripline-migrate',
      statementTimeoutMs: 0,
    })
    await refuseIfAhead(migrating, steps)
    const applied = await applyMigrations(migrating, steps)
    await runMigrations({
      pgPool: migrating.pool,
      schema: 'graphile_worker',
      logger: toWorkerLogger(options.log),
    })
    return { applied }
  } finally {
    // Ending the session releases the lock.
    await lock.end()
  }
}

async function refuseIfAhead(database: Database, steps: Readonly<Record<string, Migration>>): Promise<void> {
  const { rows: tables } = await sql<{ exists: boolean }>`
    select to_regclass('kysely_migration') is not null as exists`.execute(database)
  if (tables[0]?.exists !== true) return
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(
    database,
  )
  const unknown = rows.map(({ name }) => name).filter((name) => !Object.hasOwn(steps, name))
  if (unknown.length === 0) return
  throw new DatabaseError(
    'DATABASE_AHEAD',
    `The database was migrated by another version of Tripline: this one does not know ${unknown.join(', ')}. ` +
      'Start a version that does, or restore a backup from before that migration.',
  )
}

async function applyMigrations(
  database: Database,
  steps: Readonly<Record<string, Migration>>,
): Promise<readonly string[]> {
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: () => Promise.resolve({ ...steps }) },
  })
  const { error, results = [] } = await migrator.migrateToLatest()
  if (error !== undefined) {
    const failed = results.find(({ status }) => status === 'Error')?.migrationName
    throw new DatabaseError(
      'MIGRATION_FAILED',
      failed === undefined
        ? 'The database could not be migrated; it is unchanged.'
        : `The migration ${failed} failed; the database is unchanged.`,
      { cause: error },
    )
  }
  return results.map(({ migrationName }) => migrationName)
}

/** The job queue's messages in our log instead of on the console. */
function toWorkerLogger(log: DatabaseLog | undefined): Logger {
  return new Logger(() => (level, message, meta) => {
    if (level === 'error') log?.error(meta, message)
    else if (level === 'warning') log?.warn(meta, message)
    else log?.debug(meta, message)
  })
}
