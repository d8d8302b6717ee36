import { Chaos, type FaultCounts } from './chaos.ts'
import { gatherEvidence, type Evidence } from './evidence.ts'
import { bothSidesAgree } from './invariants/both-sides-agree.ts'
import { inboundWasThere } from './invariants/inbound-was-there.ts'
import type { Finding, Invariant, Violation } from './invariants/invariant.ts'
import { contiguousVersions, seenOnceInOrder } from './invariants/ledger-complete.ts'
import { noLoops } from './invariants/no-loops.ts'
import { nothingLost } from './invariants/nothing-lost.ts'
import { oneTicket } from './invariants/one-ticket.ts'
import { promisesKept } from './invariants/promises-kept.ts'
import { trueConflicts } from './invariants/true-conflicts.ts'
import { findLeftovers } from './leftovers.ts'
import { actHere } from './people-here.ts'
import { actThere } from './people-there.ts'
import { comeToRest, reconcileAll, type Rest } from './rest.ts'
import { actAsSensor, deliverFirst } from './sensors.ts'
import { storyOf } from './story.ts'
import type { TortureOptions } from './torture-options.ts'
import { pause, waitUntil } from './wait.ts'
import { startWorld, type World } from './world.ts'

/** What a torture showed. */
export interface TortureResult {
  readonly seed: number
  readonly faults: FaultCounts
  readonly faultTotal: number
  readonly findings: readonly (Finding & { readonly name: string })[]
  readonly rest: Rest
  readonly figures: Readonly<Record<string, number>>
  readonly tortureMs: number
  /** What clients were told and servers logged that was not expected, and how often. */
  readonly errors: readonly (readonly [message: string, times: number])[]
  /** What happened around the first violations. */
  readonly stories: readonly string[]
}

const invariants: readonly Invariant[] = [
  oneTicket,
  bothSidesAgree,
  promisesKept,
  nothingLost,
  trueConflicts,
  inboundWasThere,
  noLoops,
  seenOnceInOrder,
  contiguousVersions,
]
const FORCED_ROUNDS = 3
const STORIES = 9

/** Tortures a gateway until enough has gone wrong, lets it come to rest, and judges what is left. */
export async function torture(options: TortureOptions): Promise<TortureResult> {
  const begun = Date.now()
  await using world = await startWorld(options)
  const { say } = options
  const chaos = new Chaos(world)
  await deliverFirst(world, world.chance.fork('first'), options.firstDetections)
  chaos.start()
  const stopActing = startActors(world)
  const tortureBegun = Date.now()
  let said = 0
  await waitUntil(() => {
    const total = chaos.total()
    if (total >= said + options.faults / 20) {
      said = total
      say(`${total} faults after ${Math.round((Date.now() - tortureBegun) / 1_000)} s`)
    }
    return total >= options.faults
  }, options.maxMs)
  await stopActing()
  await chaos.stop()
  const tortureMs = Date.now() - tortureBegun
  say(`${chaos.total()} faults struck in ${Math.round(tortureMs / 1_000)} s; coming to rest`)
  const { rest, findings, evidence } = await judge(world)
  say(`judged after ${Math.round((Date.now() - begun) / 1_000)} s`)
  return {
    seed: options.seed,
    faults: chaos.counts(),
    faultTotal: chaos.total(),
    findings,
    rest,
    figures: figuresOf(evidence),
    tortureMs,
    errors: [...world.fleet.errors, ...world.fleet.servers.flatMap(({ errors }) => [...errors])],
    stories: findings
      .flatMap(({ violations }) => violations.slice(0, 3))
      .slice(0, STORIES)
      .flatMap((violation) => [`\n--- ${violation.message}`, ...storyOf(evidence, violation)]),
  }
}

/** What was found of a world that came to rest. */
export interface Judgement {
  readonly rest: Rest
  readonly findings: readonly (Finding & { readonly name: string })[]
  readonly evidence: Evidence
}

/** Lets a world in which nothing goes wrong any more come to rest, and checks every invariant. */
export async function judge(world: World): Promise<Judgement> {
  const rest = await comeToRest(world)
  const silence = await writesAtRest(world)
  await reachEnd(world)
  const evidence = await gatherEvidence(world)
  const findings = [
    ...invariants.map((invariant) => ({ name: invariant.name, ...invariant.check(evidence) })),
    { name: `${FORCED_ROUNDS} more reconciles of every link write nothing`, ...silence },
    await findLeftovers(world, rest),
  ]
  return { rest, findings, evidence }
}

/** What is wrong already: nothing can mend it any more. */
export async function glance(world: World): Promise<readonly Violation[]> {
  const evidence = await gatherEvidence(world)
  return [oneTicket, promisesKept].flatMap((invariant) => invariant.check(evidence).violations)
}

function startActors(world: World): () => Promise<void> {
  const stop = new AbortController()
  const { options, chance } = world
  const actor = async (name: string): Promise<void> => {
    const own = chance.fork(name)
    while (!stop.signal.aborted) {
      const act = own.weighted([
        [45, () => actHere(world, own)],
        [35, () => Promise.resolve(actThere(world, own))],
        [20, () => actAsSensor(world, own)],
      ])
      await act()
      await pause(own.integer(0, options.gapMs), stop.signal)
    }
  }
  const actors = Promise.all(Array.from({ length: options.actors }, (_, index) => actor(`actor ${index}`)))
  return async () => {
    stop.abort()
    await actors
  }
}

/** Reconciles everything again and again: there is nothing to write any more. */
async function writesAtRest(world: World): Promise<Finding> {
  const violations: Violation[] = []
  let checked = 0
  for (let round = 1; round <= FORCED_ROUNDS; round += 1) {
    const before = world.sites.map((site) => ({
      site,
      writes: site.traffic.writes.length,
      all: site.traffic.count,
    }))
    await reconcileAll(world, world.options.restMs)
    for (const { site, writes, all } of before) {
      checked += site.traffic.count - all
      for (const { method, path, body, status, ticketId } of site.traffic.writes.slice(writes)) {
        // What the site refuses is not written. Whoever asks for a link that is blocked by a rule of the site has it
        // tried again, since only the site can say whether the rule still stands.
        if (status !== null && status >= 400 && status < 500) continue
        violations.push({
          message: `Round ${round}: ${method} ${path} ${status} ${body.slice(0, 200)}`,
          ...(ticketId === null ? {} : { ticketId, siteName: site.name }),
        })
      }
    }
  }
  return { checked, of: 'requests', violations }
}

/** Waits until the subscriber has seen what there is to see. */
async function reachEnd(world: World): Promise<void> {
  await waitUntil(async () => {
    const { count } = await world.database
      .selectFrom('detection_events')
      .select((eb) => eb.fn.countAll<string>().as('count'))
      .where('detection_id', 'is not', null)
      .executeTakeFirstOrThrow()
    return world.reader.seen.length >= Number(count)
  }, 30_000)
}

function figuresOf({
  world,
  tickets,
  links,
  ledger,
  detections,
}: Evidence): Readonly<Record<string, number>> {
  const { log } = world
  return {
    detections: detections.size,
    tickets: tickets.length,
    links: links.length,
    'ledger rows': ledger.length,
    'edits here': log.changes.length,
    notes: log.notes.length,
    'edits of tickets': log.ticketEdits,
    'reports of sensors': log.reports.length,
    'link actions': log.linkActions,
    'requests without an answer': log.unanswered,
    'calls of the ticketing systems': world.sites.reduce((sum, site) => sum + site.traffic.count, 0),
    'answers with an unexpected error': [...world.fleet.errors.values()].reduce(
      (sum, times) => sum + times,
      0,
    ),
    'subscriber connections': world.reader.connections,
  }
}
