import { createServer } from 'node:net'
import { Client, escapeIdentifier, escapeLiteral } from 'pg'
import { DatabaseError } from './database-error.ts'
import { ensureClusterFiles, SUPERUSER } from './embedded/cluster-files.ts'
import {
  findSystemDirectory,
  locateCluster,
  readRecord,
  SYSTEM_DIRECTORIES,
} from './embedded/cluster-location.ts'
import type { ClusterLocation } from './embedded/cluster-location.ts'
import { inUse, lockDataDirectory } from './embedded/data-directory-lock.ts'
import type { DatabaseLog } from './database-log.ts'
import { prepareInstallation } from './embedded/installation.ts'
import type { PostgresInstallation } from './embedded/installation.ts'
import { endOrphan } from './embedded/orphan.ts'
import { readPostmasterFile } from './embedded/postmaster-file.ts'
import { startServer, waitUntilReady } from './embedded/server-process.ts'
import type { ServerProcess } from './embedded/server-process.ts'

const DATABASE = 'tripline'
const ATTEMPTS = 5
const START_TIMEOUT_MS = 600_000
const SURVIVORS_TIMEOUT_MS = 10_000

/** How the embedded PostgreSQL is to run. */
export interface EmbeddedPostgresOptions {
  /** `TRIPLINE_DATA_DIR`. Made when missing. */
  readonly dataDir: string
  readonly log: DatabaseLog
  /** Whether committed data survives a crash of the machine; default true. Only tests do without. */
  readonly durable?: boolean
  /** How long recovery after a crash may take. Default: ten minutes. */
  readonly startTimeoutMs?: number
  /** How long a clean end may take before it is forced. Default: ten seconds. */
  readonly stopTimeoutMs?: number
  /** Where it listens; default: any free port. */
  readonly port?: number
  /** Where root keeps what PostgreSQL's user has to reach. Default: `/var/lib/tripline`, else the temporary folder. */
  readonly systemDirectories?: readonly string[]
}

/** A PostgreSQL of this process's own. */
export interface EmbeddedPostgres extends AsyncDisposable {
  /** Of the database `tripline`, as the ordinary role that owns it. Holds the password. */
  readonly connectionString: string
  readonly port: number
  /** The server's process. */
  readonly pid: number
  /** Where the data really lies. */
  readonly clusterDirectory: string
  /** Ends the server and gives the data directory free. May be called again. */
  stop(): Promise<void>
}

/**
 * Starts a real PostgreSQL on 127.0.0.1 which keeps its data in `dataDir`, and takes over what a killed process left.
 *
 * One process at a time has a data directory. When the process ends without {@link EmbeddedPostgres.stop}, however
 * abruptly, the server is told to end as well.
 *
 * @throws DatabaseError whose code begins with `DATA_DIRECTORY` or `EMBEDDED_DATABASE`
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, log, durable = true, stopTimeoutMs = 10_000 } = options
  const systemDirectories = options.systemDirectories ?? SYSTEM_DIRECTORIES
  const begun = performance.now()
  const proposed = await locateCluster(dataDir, systemDirectories, log)
  const lock = await lockDataDirectory(proposed.homeDirectory)
  try {
    // Whoever had the lock before us may have decided in the meantime.
    const location = { ...proposed, record: (await readRecord(proposed.dataDirectory)) ?? proposed.record }
    const { account, dataDirectory, clusterDirectory, record } = location
    const copyDirectory = (): Promise<string> =>
      account === null ? Promise.resolve(dataDirectory) : findSystemDirectory(account, systemDirectories)
    const installation = await prepareInstallation(account, copyDirectory, log)
    await ensureClusterFiles(location, installation, durable)
    await endOrphan(clusterDirectory, stopTimeoutMs, log)
    const { server, port } = await startOnPort(location, installation, options, log)
    try {
      await ensureDatabase(port, record.password)
    } catch (error) {
      await server.stop(stopTimeoutMs)
      throw error
    }
    const elapsedMs = Math.round(performance.now() - begun)
    log.info(
      { directory: clusterDirectory, port, pid: server.pid, version: installation.version, elapsedMs },
      'PostgreSQL is ready',
    )
    let stopping: Promise<void> | null = null
    const stop = (): Promise<void> => {
      stopping ??= server.stop(stopTimeoutMs).then(() => lock.release())
      return stopping
    }
    return {
      connectionString: toConnectionString('tripline', record.password, port, DATABASE),
      port,
      pid: server.pid,
      clusterDirectory,
      stop,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await lock.release()
    throw error
  }
}

/** Between choosing a port and listening on it another program can take it: then another port is chosen. */
async function startOnPort(
  { account, dataDirectory, clusterDirectory }: ClusterLocation,
  installation: PostgresInstallation,
  { durable = true, startTimeoutMs: timeoutMs = START_TIMEOUT_MS, ...options }: EmbeddedPostgresOptions,
  log: DatabaseLog,
): Promise<{ server: ServerProcess; port: number }> {
  const begun = performance.now()
  for (let attempt = 1; ;) {
    const port = options.port ?? (await findFreePort())
    const server = await startServer(installation, account, clusterDirectory, { port, durable }, log)
    try {
      if (await waitUntilReady(server, clusterDirectory, timeoutMs, log)) return { server, port }
    } catch (error) {
      await server.stop(0)
      throw error
    }
    const words = server.lastLines()
    if (words.includes('lock file "postmaster.pid" already exists')) {
      const other = await readPostmasterFile(clusterDirectory)
      throw inUse(dataDirectory, other?.pid ?? 0)
    }
    // Sessions of a server that was killed are still ending.
    const survivors = words.includes('pre-existing shared memory block')
    if (
      survivors
        ? performance.now() - begun > SURVIVORS_TIMEOUT_MS
        : !isPortTaken(words) || attempt++ >= ATTEMPTS
    ) {
      throw new DatabaseError(
        'EMBEDDED_DATABASE_FAILED',
        `PostgreSQL ended while starting (${server.ended()}). Its last words:\n${words}`,
      )
    }
  }
}

function isPortTaken(words: string): boolean {
  return words.includes('could not bind') || words.includes('could not create any TCP/IP sockets')
}

function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('A TCP server has no port'))
        else resolve(address.port)
      })
    })
  })
}

/**
 * Makes the program's role and database where they are missing: on the first start, or after one that was cut short.
 *
 * The role is an ordinary one, so that nothing works here which fails on an operator's own PostgreSQL. It may create
 * databases, for tests.
 */
async function ensureDatabase(port: number, password: string): Promise<void> {
  const client = new Client({ connectionString: toConnectionString(SUPERUSER, password, port, 'postgres') })
  await client.connect()
  try {
    const { rows } = await client.query<{ role: boolean; database: boolean }>(
      `select exists (select from pg_roles where rolname = $1) as role,
              exists (select from pg_database where datname = $1) as database`,
      [DATABASE],
    )
    const name = escapeIdentifier(DATABASE)
    if (rows[0]?.role !== true) {
      await client.query(`create role ${name} login createdb password ${escapeLiteral(password)}`)
    }
    if (rows[0]?.database !== true) await client.query(`create database ${name} owner ${name}`)
  } finally {
    await client.end()
  }
}

function toConnectionString(user: string, password: string, port: number, database: string): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/${database}`
}
