import type { Log } from '../log.ts'
import { createDatabase, type PooledDatabase } from './client.ts'
import { DatabaseError } from './database-error.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { findRunningPostgres } from './running-postgres.ts'

/** A database in use by this process, and what has to be ended afterwards. */
export interface OpenDatabase {
  readonly database: PooledDatabase
  /** Closes the connections, and ends the embedded PostgreSQL if this process started it. */
  close(): Promise<void>
}

/** Which database, and how. */
export interface OpenDatabaseOptions {
  /** `null`: the embedded one. */
  readonly databaseUrl: string | null
  readonly dataDir: string
  readonly log: Log
  /** How many connections at most. */
  readonly max: number
  /** Whether to use the embedded PostgreSQL of a server that is running already, as short commands do. */
  readonly join?: boolean
}

/** @throws DatabaseError when the embedded PostgreSQL cannot be started */
export async function openDatabase(options: OpenDatabaseOptions): Promise<OpenDatabase> {
  const { databaseUrl, dataDir, log, max, join = false } = options
  if (databaseUrl !== null) return connect(databaseUrl)
  try {
    const postgres = await startEmbeddedPostgres({ dataDir, log })
    return connect(postgres.connectionString, () => postgres.stop())
  } catch (error) {
    const isInUse = error instanceof DatabaseError && error.code === 'DATA_DIRECTORY_IN_USE'
    const running = join && isInUse ? await findRunningPostgres(dataDir) : null
    if (running === null) throw error
    return connect(running)
  }

  function connect(url: string, after: () => Promise<void> = () => Promise.resolve()): OpenDatabase {
    const database = createDatabase(url, { max, log })
    return {
      database,
      async close() {
        await database.destroy()
        await after()
      },
    }
  }
}
