import { inUse } from './data-directory-lock.ts'
import type { DatabaseLog } from '../database-log.ts'
import { disownPostmasterFile, readPostmasterFile } from './postmaster-file.ts'
import { findCommandLine, findProcess, isRunning } from './process-identity.ts'
import { shutDown } from './shut-down.ts'
import { toErrorCode } from './error-code.ts'

/**
 * Clears away what an owner that died left: ends a server that still runs, and makes a stale `postmaster.pid`
 * harmless. To be called while holding the data directory's lock, which shows that the owner is dead.
 *
 * A running orphan is ended rather than adopted: it would not be our child, its log would go nowhere, and it may be
 * of another version or settings than this program's. Its end costs a fraction of a second.
 */
export async function endOrphan(
  clusterDirectory: string,
  stopTimeoutMs: number,
  log: DatabaseLog,
): Promise<void> {
  const postmaster = await readPostmasterFile(clusterDirectory)
  const orphan = postmaster === null ? null : await findProcess(postmaster.pid)
  if (orphan === null) return
  const commandLine = await findCommandLine(orphan.pid)
  if (commandLine === null || !commandLine.includes(`-D ${clusterDirectory} `)) {
    log.warn({ pid: orphan.pid }, 'the pid of a crashed PostgreSQL belongs to another program now')
    return disownPostmasterFile(clusterDirectory)
  }
  log.warn({ pid: orphan.pid }, 'ending a PostgreSQL whose owner is gone')
  try {
    await shutDown(orphan.pid, async () => !(await isRunning(orphan)), stopTimeoutMs)
  } catch (error) {
    if (toErrorCode(error) === 'EPERM') throw inUse(clusterDirectory, orphan.pid)
    throw error
  }
}
