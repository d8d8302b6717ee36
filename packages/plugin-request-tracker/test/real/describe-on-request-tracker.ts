// oxlint-disable vitest/valid-title, vitest/valid-describe-callback, vitest/require-top-level-describe -- this makes tests
import { afterAll, beforeAll, describe } from 'vitest'
import { installRequestTracker } from './installation.ts'
import { type RunningRequestTracker, startRequestTracker } from './running-request-tracker.ts'

const START_MS = 180_000

/**
 * Tests on a genuine Request Tracker 5, which is installed where that is possible. Elsewhere they are skipped and say why;
 * in continuous integration a failed installation is a failure.
 */
export async function describeOnRequestTracker(
  define: (rt: () => RunningRequestTracker) => void,
): Promise<void> {
  const missing = await installRequestTracker()
  if (missing?.isFault === true && process.env['CI'] === 'true') throw new Error(missing.reason)
  const title = 'on a genuine Request Tracker 5'
  describe.skipIf(missing !== null)(
    missing === null ? title : `${title} (not here: ${missing.reason})`,
    () => {
      let running: RunningRequestTracker | null = null
      beforeAll(async () => {
        running = await startRequestTracker()
      }, START_MS)
      afterAll(async () => {
        await running?.close()
      })
      define(() => {
        if (running === null) throw new Error('Request Tracker is not running')
        return running
      })
    },
  )
}
