import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseLog } from '../../../src/database/database-log.ts'
import { startEmbeddedPostgres } from '../../../src/database/embedded-postgres.ts'
import type { EmbeddedPostgres } from '../../../src/database/embedded-postgres.ts'

/** A temporary folder; removed with all that is in it. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string
}

/** Makes one which, with the default mode, every user may pass through. */
export async function createFolder(mode = 0o711): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'tripline-postgres-'))
  await chmod(path, mode)
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }),
  }
}

/** Starts a server that says nothing and does not wait for the disk: the crashes here are never the machine's. */
export function start(dataDir: string, options: { durable?: boolean } = {}): Promise<EmbeddedPostgres> {
  const log: DatabaseLog = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
  return startEmbeddedPostgres({ dataDir, log, systemDirectories: [], durable: options.durable ?? false })
}
