import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changeTracking, trackingSettingsSchema, type SyncPlan } from '../src/index.ts'
import { edits, worlds, type ArbitraryWorld, type EditMoment } from './model/arbitrary-worlds.ts'
import { agreesInMeaning, EditLog, trackedFields } from './model/edit-log.ts'
import { SyncWorld } from './model/sync-world.ts'
import { TicketingSystem } from './model/ticketing-system.ts'

const settings = trackingSettingsSchema.parse({ externalTracking: true })

interface Lived {
  readonly world: SyncWorld
  readonly log: EditLog
}

/** Lets a world live through its script, without the rounds in which it comes to rest. */
function live({ shape, mappings, row, tracking, created, script }: ArbitraryWorld): Lived {
  const system = new TicketingSystem(shape, { ...row })
  const world = new SyncWorld(system, mappings, tracking)
  if (created) world.created()
  const log = new EditLog(world)
  for (const step of script) {
    const editsAt = (moment: EditMoment) => step.filter(({ at }) => at === moment).map(({ edit }) => edit)
    for (const edit of editsAt('before')) log.before(edit)
    log.reading()
    const meanwhile = (moment: EditMoment) => (plan: SyncPlan) => {
      log.reading()
      for (const edit of editsAt(moment)) log.during(edit, moment, plan)
    }
    const round = world.reconcile({
      planned: meanwhile('planned'),
      applied: meanwhile('applied'),
      checked: meanwhile('checked'),
      written: meanwhile('written'),
    })
    log.after(round)
  }
  return { world, log }
}

function comeToRest({ world, log }: Lived): ReturnType<SyncWorld['reconcile']> {
  for (let left = 3; left > 0; left -= 1) log.after(world.reconcile())
  const round = world.reconcile()
  log.after(round)
  return round
}

function snapshot({ tracking, base, system }: SyncWorld): object {
  return structuredClone({ tracking, base, row: system.row, writes: system.writes })
}

const check = (property: (lived: Lived) => void, numRuns = 3_000): void =>
  fc.assert(
    fc.property(worlds, (arbitrary) => property(live(arbitrary))),
    { numRuns },
  )

describe('planSync, whatever the mappings and whoever edits when', () => {
  test('comes to rest: a further round changes nothing on either side, nor the base', () => {
    check((lived) => {
      comeToRest(lived)
      const before = snapshot(lived.world)
      const round = lived.world.reconcile()
      expect(snapshot(lived.world)).toEqual(before)
      expect(round.plan.inbound).toEqual({})
      const attempted = Object.keys(round.plan.outbound)
      expect(attempted.filter((field) => !round.written.has(field as 'status'))).toEqual([])
    })
  })

  test('at rest both sides mean the same, or what keeps them apart is recorded', () => {
    check((lived) => {
      const round = comeToRest(lived)
      for (const field of trackedFields) {
        if (lived.world.mappings.ownership[field] === 'create-only') continue
        const isKnown = round.planned.has(field) || round.written.has(field)
        expect(isKnown || agreesInMeaning(lived.world, field, 'ours')).toBe(true)
      }
    })
  })

  test('loses no change of either side without a record', () => {
    check((lived) => {
      comeToRest(lived)
      expect(lived.log.pending).toEqual([])
    })
  })

  test('loses nothing that somebody sets in a ticket while it is being written', () => {
    const moments = fc.constantFrom<EditMoment>('planned', 'applied', 'checked')
    fc.assert(
      fc.property(worlds, moments, edits, (arbitrary, at, edit) => {
        const { world, log } = live(arbitrary)
        if (edit.side === 'ours') return
        const field = 'summary' in edit ? 'summary' : 'status' in edit ? 'status' : 'assignee'
        const { row } = world.system
        let set = row[field]
        const { overwritten } = world.reconcile({
          [at]: (plan: SyncPlan) => {
            log.during(edit, at, plan)
            set = world.system.row[field]
          },
        })
        if (set === row[field] || world.system.row[field] === set) return
        expect(at).toBe('checked')
        expect(overwritten.map((each) => [each.field, each.value?.split('/')[0] ?? null])).toContainEqual([
          field,
          set,
        ])
      }),
      { numRuns: 3_000 },
    )
  })

  test('takes the echo of its own write for no change', () => {
    check(({ world }) => {
      const round = world.reconcile()
      const next = world.plan()
      expect(next.inbound).toEqual({})
      for (const field of Object.keys(next.outbound)) expect(round.written).toContain(field)
      const open = next.conflicts.filter(({ field }) => !round.planned.has(field))
      expect(open).toEqual([])
    })
  })

  test('writes a field at most once per edit of it, and once when the sides meet', () => {
    check((lived) => {
      comeToRest(lived)
      const { system, changes } = lived.world
      for (const field of ['status', 'assignee', 'summary'] as const)
        expect(system.writes[field]).toBeLessThanOrEqual(lived.log.counts[field] + 1)
      for (const field of trackedFields)
        expect(changes[field]).toBeLessThanOrEqual(lived.log.counts[field] + 1)
    })
  })

  test('makes plans that may be applied twice', () => {
    check(({ world }) => {
      const plan = world.plan()
      const once = changeTracking(world.tracking, plan.inbound, settings, 'integration')
      expect(changeTracking(once, plan.inbound, settings, 'integration')).toBe(once)
      world.system.update(plan.ticket, plan.outbound)
      const row = { ...world.system.row }
      world.system.update(plan.ticket, plan.outbound)
      expect(world.system.row).toEqual(row)
    })
  })

  test('plans the same from the same, and changes nothing by planning', () => {
    check(({ world }) => {
      const before = snapshot(world)
      expect(world.plan()).toEqual(world.plan())
      expect(snapshot(world)).toEqual(before)
    }, 500)
  })

  test('settles a conflict that was left open once a person has chosen', () => {
    fc.assert(
      fc.property(worlds, fc.constantFrom('ours', 'theirs'), (arbitrary, choice) => {
        const mappings = { ...arbitrary.mappings, conflicts: 'ask' as const }
        const lived = live({ ...arbitrary, mappings })
        const { world } = lived
        const open = comeToRest(lived).plan.conflicts.filter(({ winner }) => winner === null)
        world.decisions = Object.fromEntries(open.map(({ field }) => [field, choice]))
        const decided = world.reconcile()
        world.decisions = {}
        const after = world.reconcile()
        for (const { field } of open) {
          const isKnown =
            decided.planned.has(field) && (decided.written.has(field) || after.planned.has(field))
          if (choice === 'theirs') expect(after.plan.conflicts.map((each) => each.field)).not.toContain(field)
          if (field !== 'status' && field !== 'assignee') continue
          expect(isKnown || agreesInMeaning(world, field, choice)).toBe(true)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('planSync and the wording of a ticket', () => {
  const steps = fc.array(
    fc.oneof(
      fc.nat(20).map((version) => ({ sensor: `text ${version}` })),
      fc.nat(20).map((version) => ({ person: `by hand ${version}` })),
    ),
    { maxLength: 8 },
  )
  const worded = (arbitrary: ArbitraryWorld, ownership: 'both' | 'ours'): SyncWorld => {
    const mappings = {
      ...arbitrary.mappings,
      ownership: { ...arbitrary.mappings.ownership, summary: ownership },
      conflicts: 'prefer-ticket' as const,
    }
    const shape = { ...arbitrary.shape, editable: true }
    const world = new SyncWorld(new TicketingSystem(shape, { ...arbitrary.row }), mappings)
    if (arbitrary.created) world.created()
    return world
  }

  test('never overwrites what a person reworded while both own it', () => {
    fc.assert(
      fc.property(worlds, steps, (arbitrary, script) => {
        const world = worded(arbitrary, 'both')
        let byHand: string | null = null
        for (const step of script) {
          if ('sensor' in step) world.summary = step.sensor
          else {
            byHand = step.person
            world.system.row = { ...world.system.row, summary: step.person }
          }
          world.reconcile()
          const { summary } = world.system.row
          expect(summary).toBe(byHand ?? summary)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('overwrites it while it is ours, and says so', () => {
    fc.assert(
      fc.property(worlds, steps, (arbitrary, script) => {
        const world = worded(arbitrary, 'ours')
        world.rest()
        for (const step of script) {
          if ('sensor' in step) world.summary = step.sensor
          else world.system.row = { ...world.system.row, summary: step.person }
          const { plan } = world.reconcile()
          if ('person' in step) {
            expect(plan.conflicts).toContainEqual(
              expect.objectContaining({ field: 'summary', theirs: step.person, winner: 'ours' }),
            )
          }
          expect(world.system.row.summary).toBe(arbitrary.shape.normalise(world.summary))
          expect(world.plan().outbound.summary).toBeUndefined()
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
