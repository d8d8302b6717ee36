import type { Log } from '../log.ts'
import { exitCodes } from './exit-codes.ts'

const PATIENCE_MS = 15_000
// Ctrl-C reaches every process of the terminal, and wrappers pass it on once more: that is one wish, not two.
const ONE_WISH_MS = 500

/**
 * Waits for SIGTERM, SIGINT or SIGHUP and then stops. A second signal, or stopping for more than 15 seconds, ends the
 * process at once.
 */
export async function runUntilSignal(stop: () => Promise<void>, log: Log): Promise<number> {
  const signal = await nextSignal()
  log.info({ signal }, 'stopping')
  const impatient = setTimeout(() => {
    log.error({ patienceMs: PATIENCE_MS }, 'stopping takes too long; ending at once')
    process.exit(exitCodes.failed)
  }, PATIENCE_MS)
  impatient.unref()
  const begun = Date.now()
  const force = (): void => {
    if (Date.now() - begun < ONE_WISH_MS) return
    log.warn('told twice to stop; ending at once')
    process.exit(exitCodes.failed)
  }
  for (const name of SIGNALS) process.on(name, force)
  await stop()
  clearTimeout(impatient)
  log.info('stopped')
  return exitCodes.done
}

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    const listener = (signal: string): void => {
      for (const name of SIGNALS) process.off(name, listener)
      resolve(signal)
    }
    for (const name of SIGNALS) process.on(name, listener)
  })
}
