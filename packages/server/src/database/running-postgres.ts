import { readFile, realpath } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { readRecord } from './embedded/cluster-location.ts'

/**
 * Where the embedded PostgreSQL that another process runs on a data directory is reached; `null`: none is running, as
 * far as its files say.
 */
export async function findRunningPostgres(dataDir: string): Promise<string | null> {
  try {
    const directory = await realpath(dataDir)
    const record = await readRecord(directory)
    if (record === null) return null
    const file = join(resolve(directory, record.clusterDirectory), 'postmaster.pid')
    // The fourth line is the port, the eighth the state.
    const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.trim())
    if (lines[7] !== 'ready') return null
    return `postgres://tripline:${record.password}@127.0.0.1:${lines[3]}/tripline`
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}
