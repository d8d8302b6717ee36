import { expect, test } from 'vitest'
import { mutants } from '../src/mutants.ts'
import type { Violation } from '../src/invariants/invariant.ts'
import { glance, judge } from '../src/run-torture.ts'
import { scenarios } from '../src/scenarios.ts'
import { fullTorture } from '../src/torture-options.ts'
import { waitUntil } from '../src/wait.ts'
import { startWorld, type World } from '../src/world.ts'

const LIMIT_MS = 180_000

/** A quiet world with one site, in which only what a scenario says goes wrong. */
function startScene(mutant: string | null, servers: number): Promise<World> {
  return startWorld(
    fullTorture({
      seed: 7,
      mutant,
      servers,
      sites: 1,
      conflicts: 'prefer-ticket',
      restMs: 20_000,
      pollIntervalMs: 600_000,
    }),
  )
}

test(
  'the gateway as it is passes every scenario that a mutant has to stumble over',
  async () => {
    await using world = await startScene(null, 2)
    for (const scenario of new Set(Object.values(scenarios))) await scenario(world)
    const { findings } = await judge(world)
    expect(
      findings.flatMap(({ name, violations }) => violations.map(({ message }) => `${name}: ${message}`)),
    ).toEqual([])
  },
  LIMIT_MS,
)

test.each(Object.keys(mutants))(
  'the mutant %s is noticed',
  async (mutant) => {
    await using world = await startScene(mutant, 1)
    let ended = false
    // A mutant may not even get to the end of its scenario; it ends with the world at the latest.
    void scenarios[mutant]?.(world)
      .catch(() => undefined)
      .finally(() => (ended = true))
    let noticed: readonly Violation[] = []
    await waitUntil(async () => {
      noticed = await glance(world)
      return noticed.length > 0 || ended
    }, LIMIT_MS / 2)
    if (noticed.length === 0) {
      noticed = (await judge(world)).findings.flatMap(({ violations }) => violations)
    }
    expect(noticed).not.toEqual([])
  },
  LIMIT_MS,
)
