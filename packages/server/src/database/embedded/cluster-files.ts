import { randomUUID } from 'node:crypto'
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseError } from '../database-error.ts'
import type { ClusterLocation } from './cluster-location.ts'
import { writeRecord } from './cluster-location.ts'
import { toErrorCode } from './error-code.ts'
import type { PostgresInstallation } from './installation.ts'
import { runProgram } from './run-program.ts'

/** The cluster's own superuser; the program itself connects as an ordinary role. */
export const SUPERUSER = 'postgres'

/**
 * Makes the cluster's files on the first start; afterwards checks that they are there and of our version.
 *
 * @throws DatabaseError `DATA_DIRECTORY_VERSION`, `DATA_DIRECTORY_INCOMPLETE`, `EMBEDDED_DATABASE_FAILED`
 */
export async function ensureClusterFiles(
  location: ClusterLocation,
  installation: PostgresInstallation,
  durable: boolean,
): Promise<void> {
  const { dataDirectory, clusterDirectory, record } = location
  let major = await readMajor(clusterDirectory)
  if (major === null && record.initialized) {
    throw new DatabaseError(
      'DATA_DIRECTORY_INCOMPLETE',
      `The database of ${dataDirectory} should be in ${clusterDirectory}, but is not there. Restore that directory from a backup, ` +
        `or remove ${join(dataDirectory, 'postgres.json')} to begin with an empty database.`,
    )
  }
  if (major === null) {
    await writeRecord(dataDirectory, record)
    await initialize(location, installation, durable)
    major = installation.major
  }
  if (major !== installation.major) {
    throw new DatabaseError(
      'DATA_DIRECTORY_VERSION',
      `The database in ${clusterDirectory} is of PostgreSQL ${major}, and this program brings PostgreSQL ${installation.major}. ` +
        'Dump it with the version of Tripline that wrote it and restore the dump, or set TRIPLINE_DATA_DIR to another directory.',
    )
  }
  if (!record.initialized) await writeRecord(dataDirectory, { ...record, initialized: true })
}

async function readMajor(clusterDirectory: string): Promise<string | null> {
  try {
    return (await readFile(join(clusterDirectory, 'PG_VERSION'), 'utf8')).trim()
  } catch (error) {
    if (toErrorCode(error) === 'ENOENT') return null
    throw error
  }
}

/** Works aside and renames, so that an interrupted first start leaves no half cluster under the final name. */
async function initialize(
  { homeDirectory, clusterDirectory, account, record }: ClusterLocation,
  installation: PostgresInstallation,
  durable: boolean,
): Promise<void> {
  const draft = join(homeDirectory, `postgres.${randomUUID()}`)
  const passwordFile = `${draft}.password`
  try {
    await mkdir(draft, { mode: 0o700 })
    await writeFile(passwordFile, `${record.password}\n`, { mode: 0o600 })
    if (account !== null) {
      await chown(draft, account.uid, account.gid)
      await chown(passwordFile, account.uid, account.gid)
    }
    const args = [
      `--pgdata=${draft}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // The same order of strings on every machine, whatever locales its operating system has.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(durable ? [] : ['--no-sync']),
    ]
    const result = await runProgram(join(installation.binDirectory, 'initdb'), args, account)
    if (result.exitCode !== 0) {
      throw new DatabaseError(
        'EMBEDDED_DATABASE_FAILED',
        `PostgreSQL could not create a database in ${homeDirectory}: ${result.stderr.trim()}`,
      )
    }
    await rename(draft, clusterDirectory)
  } finally {
    await rm(passwordFile, { force: true })
    await rm(draft, { recursive: true, force: true })
  }
}
