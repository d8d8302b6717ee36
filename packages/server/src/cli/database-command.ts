import type { PooledDatabase } from '../database/client.ts'
import type { Log } from '../log.ts'
import { configure, type CommandContext } from './command-context.ts'

/** Does something with the database: the configured one, or the embedded one, be it running under a server or not. */
export async function withDatabase<Result>(
  context: CommandContext,
  use: (database: PooledDatabase, log: Log) => Promise<Result>,
): Promise<Result> {
  const { config, log } = configure(context, { LOG_LEVEL: 'warn', LOG_FORMAT: 'pretty' })
  // Only now, so that the help does not load it; the same holds for what the commands do.
  const { openDatabase } = await import('../database/open-database.ts')
  const open = await openDatabase({ ...config, log, max: 3, join: true })
  try {
    return await use(open.database, log)
  } finally {
    await open.close()
  }
}
