import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'

const run = promisify(execFile)

// Smallest sizes: whether a bench works, not what it measures.
const benches = {
  'ingest.ts': ['--count', '60', '--rounds', '1'],
  'commit-to-create.ts': ['--idle', '5', '--rate', '20', '--seconds', '1', '--warm-up', '2'],
  'large-file.ts': ['--megabytes', '1', '--distinct', '100'],
  'idle-memory.ts': ['--seconds', '0'],
  'reconcile.ts': ['--links', '10', '--most', '1'],
  'http-target.ts': ['--count', '50', '--rounds', '1'],
  'target-outage.ts': ['--rate', '20', '--seconds', '10'],
  'triggers.ts': ['--count', '20', '--rounds', '1'],
}

// They read figures of processes from Linux's /proc.
describe.skipIf(!existsSync('/proc/self/status'))('benches run', () => {
  test.each(Object.entries(benches))('%s', { timeout: 120_000 }, async (name, options) => {
    const program = fileURLToPath(new URL(`../${name}`, import.meta.url))
    const { stdout } = await run(process.execPath, [program, ...options], { timeout: 110_000 })
    expect(stdout).toMatch(/^\| what /mu)
    expect(stdout).toMatch(/^(?:reached|MISSED) /mu)
    expect(stdout).not.toMatch(/\| +(?:-|NaN) +\|/u)
  })
})
