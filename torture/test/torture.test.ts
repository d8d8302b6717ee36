import { expect, test } from 'vitest'
import { reportLines } from '../src/report.ts'
import { torture } from '../src/run-torture.ts'
import { fullTorture } from '../src/torture-options.ts'

// A taste of it, as short as it can be with every kind of fault in it; `pnpm torture` runs the whole.
test('sync neither duplicates, loops nor loses while servers, the database and four ticketing systems fail', async () => {
  const result = await torture(
    fullTorture({
      seed: 20_261_124,
      faults: 60,
      servers: 2,
      detections: 12,
      firstDetections: 8,
      actors: 6,
      gapMs: 150,
      workersPerServer: 6,
      pollIntervalMs: 3_000,
      killEveryMs: 5_000,
      restartEveryMs: 5_000,
      maxMs: 6_000,
      restMs: 60_000,
    }),
  )
  const report = reportLines(result)
  expect(report.join('\n')).toContain('Everything held.')
  // Where the machine is busy, fewer strike within the time.
  expect(result.faultTotal).toBeGreaterThan(5)
}, 480_000)
