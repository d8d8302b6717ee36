import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toErrorCode } from './error-code.ts'

/** What a PostgreSQL server says of itself in its data directory's `postmaster.pid`. */
export interface PostmasterFile {
  readonly pid: number
  readonly ready: boolean
}

/** Reads `postmaster.pid`, or `null` when there is none. A crashed server leaves its own behind. */
export async function readPostmasterFile(clusterDirectory: string): Promise<PostmasterFile | null> {
  const lines = await readLines(clusterDirectory)
  const pid = Number(lines?.[0])
  // The eighth line is the state, padded with blanks.
  return lines !== null && Number.isSafeInteger(pid) && pid > 0
    ? { pid, ready: lines[7]?.trim() === 'ready' }
    : null
}

/**
 * Lets PostgreSQL see that a `postmaster.pid` is stale although its pid has gone to an unrelated process.
 *
 * PostgreSQL itself only looks whether some process has the pid. The file must not be removed: it also names the
 * shared memory by which PostgreSQL notices survivors of the crashed server. PostgreSQL takes its parent's pid for
 * stale, and the parent of the server we are about to start is us.
 */
export async function disownPostmasterFile(clusterDirectory: string): Promise<void> {
  const lines = await readLines(clusterDirectory)
  if (lines !== null) {
    await writeFile(postmasterFile(clusterDirectory), [String(process.pid), ...lines.slice(1)].join('\n'))
  }
}

function postmasterFile(clusterDirectory: string): string {
  return join(clusterDirectory, 'postmaster.pid')
}

async function readLines(clusterDirectory: string): Promise<string[] | null> {
  try {
    return (await readFile(postmasterFile(clusterDirectory), 'utf8')).split('\n')
  } catch (error) {
    if (toErrorCode(error) === 'ENOENT') return null
    throw error
  }
}
