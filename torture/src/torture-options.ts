import type { SyncMappings } from '@tripline/core'
import type { FaultProfile } from './site-faults.ts'
import { siteNames, type SiteName } from './site-names.ts'

/** How a torture is to go. */
export interface TortureOptions {
  /** Of everything that is left to chance. */
  readonly seed: number
  /** How many faults have to strike before it may rest. */
  readonly faults: number
  readonly servers: number
  /** The ticketing systems. */
  readonly sites: readonly SiteName[]
  /** Who wins a conflict; `null`: left to chance, for each site. */
  readonly conflicts: SyncMappings['conflicts'] | null
  /** How long the faults may go on; then it rests with those that struck. */
  readonly maxMs: number
  /** How long it may need to come to rest. */
  readonly restMs: number
  /** How many detections there are in the end. */
  readonly detections: number
  /** How many of them before the first fault. */
  readonly firstDetections: number
  /** How many people and sensors act at once, and how long each waits between acts at most. */
  readonly actors: number
  readonly gapMs: number
  readonly workersPerServer: number
  readonly pollIntervalMs: number
  /** The mean time between kills of servers; `null`: none is killed. */
  readonly killEveryMs: number | null
  /** The mean time between restarts of PostgreSQL; `null`: it runs on. */
  readonly restartEveryMs: number | null
  readonly profile: FaultProfile
  /** The mutation of the source that the servers run with; `null`: none. */
  readonly mutant: string | null
  /** Leaves the database's data for people to look at. */
  readonly keep: boolean
  readonly say: (line: string) => void
}

/** Everything at once: about one call in six fails, and one webhook in four. */
const everything: FaultProfile = {
  creates: [
    { kind: 'cut-after-processing', probability: 0.15 },
    { kind: 'hang', afterProcessing: true, probability: 0.03 },
    { kind: 'server-error', afterProcessing: true, probability: 0.05 },
    { kind: 'garbled', probability: 0.04 },
  ],
  calls: [
    { kind: 'delay', delayMs: 40, probability: 0.02 },
    { kind: 'delay', delayMs: 400, probability: 0.02 },
    { kind: 'rate-limited', retryAfterSeconds: 1, probability: 0.006 },
    { kind: 'rate-limited', probability: 0.003 },
    { kind: 'server-error', probability: 0.015 },
    { kind: 'server-error', afterProcessing: true, probability: 0.012 },
    { kind: 'html', probability: 0.01 },
    { kind: 'garbled', probability: 0.012 },
    { kind: 'cut-before-processing', probability: 0.02 },
    { kind: 'cut-after-processing', probability: 0.025 },
    { kind: 'hang', probability: 0.005 },
    { kind: 'hang', afterProcessing: true, probability: 0.005 },
  ],
  webhooks: [
    { kind: 'drop', probability: 0.06 },
    { kind: 'duplicate', probability: 0.05 },
    { kind: 'reorder', probability: 0.06 },
    { kind: 'withhold', probability: 0.05 },
    { kind: 'delay', delayMs: 1_500, probability: 0.05 },
  ],
}

/** What may be said otherwise of the full run; sites also as a number, of the first ones. */
export interface GivenOptions extends Omit<Partial<TortureOptions>, 'sites'> {
  readonly sites?: number | readonly SiteName[]
}

/** A Request Tracker answers a few requests a second: what does not find the time is only waited for. */
const besideRequestTracker = { actors: 6, gapMs: 1_200, workersPerServer: 4, pollIntervalMs: 10_000 }

/** The full run. */
export function fullTorture({ sites = siteNames, ...given }: GivenOptions): TortureOptions {
  const faults = given.faults ?? 10_000
  const names = typeof sites === 'number' ? siteNames.slice(0, sites) : sites
  return {
    seed: Math.floor(Math.random() * 1_000_000),
    faults,
    servers: 3,
    sites: names,
    conflicts: null,
    maxMs: 60 * 60_000,
    restMs: 10 * 60_000,
    detections: Math.min(300, Math.max(20, Math.round(faults / 25))),
    firstDetections: 20,
    actors: 8,
    gapMs: 500,
    workersPerServer: 8,
    pollIntervalMs: 8_000,
    ...(names.includes('request-tracker') ? besideRequestTracker : {}),
    killEveryMs: 6_000,
    restartEveryMs: 45_000,
    profile: everything,
    mutant: null,
    keep: false,
    say: () => undefined,
    ...given,
  }
}
