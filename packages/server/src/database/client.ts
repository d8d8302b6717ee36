import { Kysely, PostgresDialect } from 'kysely'
import { Pool, type PoolConfig } from 'pg'
import type { DatabaseLog } from './database-log.ts'
import { createPreparingPool } from './preparing-pool.ts'
import type { Tables } from './tables.ts'

/** What queries are built on: the database itself, or a transaction in it. */
export type Database = Kysely<Tables>

/** A database with the pool that its connections come from, for what needs more than queries (LISTEN, job queue). */
export interface PooledDatabase extends Kysely<Tables> {
  readonly pool: Pool
}

/** How a process uses its database. */
export interface DatabaseOptions {
  /** How many connections at most; default 10. */
  readonly max?: number
  /** Shown in `pg_stat_activity`; default `tripline`. */
  readonly applicationName?: string
  /** After how long the server cancels a statement; default 30 seconds, 0 for never. */
  readonly statementTimeoutMs?: number
  /** Where lost connections are reported. */
  readonly log?: Pick<DatabaseLog, 'warn'>
}

const CONNECTION_TIMEOUT_MS = 10_000

/**
 * Opens a pool of connections. Nothing is connected before the first query; `destroy()` closes them all.
 *
 * Values come back as pg's defaults have them: `bigint` and `numeric` as strings, because a JavaScript number would
 * round them, `timestamptz` as `Date`.
 */
export function createDatabase(connectionString: string, options: DatabaseOptions = {}): PooledDatabase {
  const { max = 10, applicationName = 'tripline', statementTimeoutMs = 30_000, log } = options
  const pool = createPool(
    {
      connectionString,
      max,
      application_name: applicationName,
      connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
      keepAlive: true,
      ...(statementTimeoutMs === 0 ? {} : { statement_timeout: statementTimeoutMs }),
    },
    log,
  )
  const dialect = new PostgresDialect({ pool: createPreparingPool(pool) })
  return Object.assign(new Kysely<Tables>({ dialect }), { pool })
}

// The plan for fetching a job is made while none waits, and kept. It has to go by the index all the same: reading and sorting
// all jobs that wait for each one takes 1.6 ms with two thousand of them, 6.8 ms with twenty thousand.
const QUEUE_PLANS = '-c plan_cache_mode=force_generic_plan -c enable_sort=off -c enable_seqscan=off'

/** At most `max` further connections to the same database, for the job queue. Whoever asks for them ends them. */
export function createQueuePool({ pool }: PooledDatabase, max: number, log: Pick<DatabaseLog, 'warn'>): Pool {
  return createPool({ ...pool.options, max, options: QUEUE_PLANS }, log)
}

function createPool(config: PoolConfig, log: Pick<DatabaseLog, 'warn'> | undefined): Pool {
  const pool = new Pool(config)
  const lost = (error: Error): void => log?.warn({ err: error }, 'a connection to the database was lost')
  // Without listeners Node.js would end the process. The pool replaces connections that are lost while idle; whoever
  // holds one that is lost learns it from the next query.
  pool.on('error', lost)
  pool.on('connect', (client) => client.on('error', lost))
  return pool
}
