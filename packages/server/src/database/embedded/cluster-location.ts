import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { chmod, lstat, mkdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { DatabaseError } from '../database-error.ts'
import { canEnter, findUnprivilegedAccount, isRoot } from './account.ts'
import type { Account } from './account.ts'
import type { DatabaseLog } from '../database-log.ts'
import { toErrorCode } from './error-code.ts'

const ClusterRecord = z.object({
  /** Relative to the data directory where it lies inside, so that both can be moved or copied together. */
  clusterDirectory: z.string(),
  password: z.string(),
  /** Whether `clusterDirectory` has been made. Once it has, its absence is a loss and not a first start. */
  initialized: z.boolean(),
})

/** What the data directory remembers of its database; kept in `postgres.json`, which only we can read. */
export type ClusterRecord = z.infer<typeof ClusterRecord>

/** Where a database lies and who runs it. */
export interface ClusterLocation {
  /** `TRIPLINE_DATA_DIR`, absolute and without symbolic links. */
  readonly dataDirectory: string
  /** The folder that holds the cluster's: the data directory itself, or a stand-in that the account can enter. */
  readonly homeDirectory: string
  readonly clusterDirectory: string
  /** The user to run PostgreSQL as; `null` for our own. */
  readonly account: Account | null
  readonly record: ClusterRecord
}

/** Where a root process may put what an unprivileged account has to reach, in order of preference. */
export const SYSTEM_DIRECTORIES: readonly string[] = ['/var/lib/tripline', join(tmpdir(), 'tripline')]

/**
 * Finds out where the database of a data directory lies, or, the first time, decides it.
 *
 * It lies inside, unless we are root and the account that PostgreSQL then runs as cannot enter: no folder of the
 * user's is ever opened for it.
 */
export async function locateCluster(
  dataDir: string,
  systemDirectories: readonly string[],
  log: DatabaseLog,
): Promise<ClusterLocation> {
  const created = await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const dataDirectory = await realpath(dataDir)
  // Only to be passed through; what is secret inside has modes of its own.
  if (created !== undefined && isRoot()) await chmod(dataDirectory, 0o711)

  const known = await readRecord(dataDirectory)
  if (known !== null) {
    const clusterDirectory = resolve(dataDirectory, known.clusterDirectory)
    const homeDirectory = dirname(clusterDirectory)
    await mkdir(homeDirectory, { recursive: true })
    const account = await accountOf(clusterDirectory)
    return { dataDirectory, homeDirectory, clusterDirectory, account, record: known }
  }
  const account = isRoot() ? await findUnprivilegedAccount() : null
  const homeDirectory = (await canEnter(account, dataDirectory))
    ? dataDirectory
    : await createStandIn(dataDirectory, account, systemDirectories, log)
  const clusterDirectory = await unusedDirectory(join(homeDirectory, 'postgres'), dataDirectory, log)
  const record = {
    clusterDirectory: homeDirectory === dataDirectory ? 'postgres' : clusterDirectory,
    password: randomBytes(24).toString('hex'),
    initialized: false,
  }
  return { dataDirectory, homeDirectory, clusterDirectory, account, record }
}

/**
 * Where a new cluster goes. What lies in a stand-in already belonged to a data directory that was removed since, and its
 * password with it; it is left for whoever removed that to decide about.
 */
async function unusedDirectory(preferred: string, dataDirectory: string, log: DatabaseLog): Promise<string> {
  if (dirname(preferred) === dataDirectory || !(await exists(preferred))) return preferred
  const directory = `${preferred}-${randomUUID().slice(0, 8)}`
  log.warn(
    { dataDirectory, abandoned: preferred, directory },
    'the data directory was removed and made anew: its former database is left where it is, and a new one begins',
  )
  return directory
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (toErrorCode(error) === 'ENOENT') return false
    throw error
  }
}

/** Stores the record, whole or not at all. */
export async function writeRecord(dataDirectory: string, record: ClusterRecord): Promise<void> {
  const draft = join(dataDirectory, `.postgres-${randomUUID()}`)
  await writeFile(draft, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600, flush: true })
  await rename(draft, recordFile(dataDirectory))
}

/** The record as it is stored now, or `null` before the first start. */
export async function readRecord(dataDirectory: string): Promise<ClusterRecord | null> {
  const file = recordFile(dataDirectory)
  try {
    return ClusterRecord.parse(JSON.parse(await readFile(file, 'utf8')))
  } catch (error) {
    if (toErrorCode(error) === 'ENOENT') return null
    if (error instanceof SyntaxError || error instanceof z.ZodError) {
      throw new DatabaseError(
        'DATA_DIRECTORY_INCOMPLETE',
        `${file} is not what Tripline wrote there. Restore it from a backup, or set TRIPLINE_DATA_DIR to another directory.`,
        { cause: error },
      )
    }
    throw error
  }
}

/** The first system directory that is root's alone and that the account can enter; made if need be. */
export async function findSystemDirectory(
  account: Account | null,
  systemDirectories: readonly string[],
): Promise<string> {
  for (const directory of systemDirectories) {
    if ((await createForRoot(directory, 0o755)) && (await canEnter(account, directory))) return directory
  }
  throw new DatabaseError(
    'EMBEDDED_DATABASE_UNSUPPORTED',
    `PostgreSQL refuses to run as root, and none of ${systemDirectories.join(', ')} can hold its files for another user. ` +
      'Run Tripline as a normal user, or set DATABASE_URL to a PostgreSQL of your own.',
  )
}

function recordFile(dataDirectory: string): string {
  return join(dataDirectory, 'postgres.json')
}

/** Root runs a cluster as the user whose it is, be it that it was made before root came along. */
async function accountOf(clusterDirectory: string): Promise<Account | null> {
  if (!isRoot()) return null
  try {
    const { uid, gid } = await stat(clusterDirectory)
    if (uid !== 0) return { uid, gid }
  } catch (error) {
    if (toErrorCode(error) !== 'ENOENT') throw error
  }
  return findUnprivilegedAccount()
}

async function createStandIn(
  dataDirectory: string,
  account: Account | null,
  systemDirectories: readonly string[],
  log: DatabaseLog,
): Promise<string> {
  const system = await findSystemDirectory(account, systemDirectories)
  const standIn = join(system, createHash('sha256').update(dataDirectory).digest('hex').slice(0, 16))
  await createForRoot(standIn, 0o711)
  log.warn(
    { dataDirectory, directory: standIn },
    'PostgreSQL cannot run as root and its user cannot enter the data directory: the data is kept elsewhere',
  )
  return standIn
}

/** Whether there is such a directory now and root alone can write to it: in a shared place others may be first. */
async function createForRoot(directory: string, mode: number): Promise<boolean> {
  try {
    if ((await mkdir(directory, { recursive: true, mode })) !== undefined) await chmod(directory, mode)
  } catch (error) {
    const code = toErrorCode(error)
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'EEXIST' || code === 'ENOTDIR')
      return false
    throw error
  }
  const status = await lstat(directory)
  return status.isDirectory() && status.uid === 0 && (status.mode & 0o022) === 0
}
