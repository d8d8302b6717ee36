import { DatabaseError } from '../database-error.ts'
import { toErrorCode } from './error-code.ts'
import { waitUntil } from './wait-until.ts'

/**
 * Ends a PostgreSQL server: fast (sessions are ended, everything is written), after `fastMs` immediately (it recovers
 * at its next start), in the end by force.
 */
export async function shutDown(
  pid: number,
  hasEnded: () => boolean | Promise<boolean>,
  fastMs: number,
): Promise<void> {
  const steps = [
    ['SIGINT', fastMs],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const
  for (const [signal, timeoutMs] of steps) {
    if (await hasEnded()) return
    try {
      process.kill(pid, signal)
    } catch (error) {
      if (toErrorCode(error) !== 'ESRCH') throw error
    }
    if (await waitUntil(hasEnded, timeoutMs)) return
  }
  throw new DatabaseError(
    'EMBEDDED_DATABASE_FAILED',
    `PostgreSQL (process ${pid}) does not end, not even by force.`,
  )
}
