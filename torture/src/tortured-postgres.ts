import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../../packages/server/src/database/embedded-postgres.ts'

/** A real PostgreSQL, durable as in production, that is killed and started again. */
export interface TorturedPostgres extends AsyncDisposable {
  readonly connectionString: string
  readonly dataDir: string
  /** Ends it at once and starts it again on the same port, where it recovers. */
  restart(how: 'immediate' | 'kill'): Promise<void>
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** @param keep leaves the data for people to look at */
export async function startTorturedPostgres(keep: boolean): Promise<TorturedPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tripline-torture-'))
  // For the user that PostgreSQL runs as when the torture is root's.
  await chmod(dataDir, 0o711)
  const options = { dataDir, log: silent, stopTimeoutMs: 20_000 }
  const first = await startEmbeddedPostgres(options)
  let running = first
  return {
    connectionString: first.connectionString,
    dataDir,
    async restart(how) {
      process.kill(running.pid, how === 'kill' ? 'SIGKILL' : 'SIGQUIT')
      await running.stop()
      running = await startEmbeddedPostgres({ ...options, port: first.port })
    },
    async [Symbol.asyncDispose]() {
      await running.stop()
      if (!keep) await rm(dataDir, { recursive: true, force: true })
    },
  }
}
