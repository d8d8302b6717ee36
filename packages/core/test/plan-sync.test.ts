import { describe, expect, test } from 'vitest'
import {
  baseWhileWriting,
  isEmptyPlan,
  planSync,
  settleBase,
  settleSent,
  syncMappingsSchema,
  unappliedFields,
  unsettledFields,
  type DetectionStatus,
  type SyncMappingsInput,
  type SyncPlan,
  type Ticket,
  type TrackingState,
} from '../src/index.ts'
import { SyncWorld } from './model/sync-world.ts'
import { TicketingSystem, type SystemShape, type TicketRow } from './model/ticketing-system.ts'

const identities = [
  { username: 'ann', accountId: 'a1' },
  { username: 'bob', accountId: 'a2' },
]

interface Given {
  readonly mappings?: SyncMappingsInput
  readonly shape?: Partial<SystemShape>
  readonly row?: Partial<TicketRow>
  readonly tracking?: Partial<TrackingState>
}

function meet({ mappings = {}, shape = {}, row = {}, tracking = {} }: Given = {}): SyncWorld {
  const system = new TicketingSystem(
    {
      statuses: [
        { id: 'todo', name: 'To do', category: 'open' },
        { id: 'triage', name: 'Triage', category: 'open' },
        { id: 'doing', name: 'In progress', category: 'active' },
        { id: 'review', name: 'Review', category: 'active' },
        { id: 'done', name: 'Done', category: 'done' },
      ],
      missingTransitions: new Set(),
      resolutions: ['fixed', 'declined'],
      defaultResolution: null,
      takesResolution: true,
      accounts: [
        { id: 'a1', name: 'Ann A.' },
        { id: 'a2', name: 'Bob B.' },
        { id: 'a9', name: 'Carol' },
      ],
      unassignable: new Set(),
      dropsAssignments: false,
      editable: true,
      normalise: (text) => text,
      ...shape,
    },
    { status: 'todo', resolution: null, assignee: null, summary: 'one', ...row },
  )
  return new SyncWorld(system, syncMappingsSchema.parse({ identities, ...mappings }), tracking)
}

/** A world in which both sides have met and agree. */
function agreed(given: Given = {}): SyncWorld {
  const world = meet(given)
  world.rest()
  expect(isEmptyPlan(world.plan())).toBe(true)
  return world
}

function isUneventful(plan: SyncPlan): boolean {
  return isEmptyPlan(plan) && plan.conflicts.length === 0
}

describe('A change on one side', () => {
  test('goes to the other, and its echo is no change', () => {
    const world = agreed()
    world.track({ status: 'in_progress', assignee: 'ann' })
    expect(world.reconcile().plan.outbound).toMatchObject({
      status: { target: { category: 'active' } },
      assignee: { accountId: 'a1' },
    })
    expect(isEmptyPlan(world.plan())).toBe(true)
    world.system.move('done', null)
    world.system.row = { ...world.system.row, assignee: 'a2' }
    expect(world.reconcile().plan.inbound).toEqual({ status: 'closed', resolution: null, assignee: 'bob' })
    expect(isEmptyPlan(world.plan())).toBe(true)
  })

  test('of a ticket between statuses of one category changes nothing here', () => {
    const world = agreed({ tracking: { status: 'acknowledged' } })
    world.system.move('triage', null)
    expect(isEmptyPlan(world.reconcile().plan)).toBe(true)
    expect(world.tracking.status).toBe('acknowledged')
    world.track({ status: 'in_progress' })
    world.rest()
    world.system.move('review', null)
    expect(isEmptyPlan(world.reconcile().plan)).toBe(true)
  })

  test('of a ticket to a status that is mapped by its id arrives, within one category too', () => {
    const world = agreed({ mappings: { status: { inbound: { triage: 'acknowledged' } } } })
    world.system.move('triage', null)
    expect(world.reconcile().plan.inbound).toEqual({ status: 'acknowledged' })
  })

  test('between statuses of ours that share one of theirs writes nothing', () => {
    const world = agreed()
    world.track({ status: 'acknowledged' })
    expect(isEmptyPlan(world.reconcile().plan)).toBe(true)
    expect(world.system.writes.status).toBe(0)
    world.track({ status: 'in_progress' })
    world.rest()
    expect(world.system.row.status).toBe('doing')
  })

  test('to a status that the mapping keeps to ourselves writes nothing, and their next change still arrives', () => {
    const world = agreed({ mappings: { status: { outbound: { closed: null } } } })
    world.track({ status: 'closed' })
    expect(isEmptyPlan(world.rest().plan)).toBe(true)
    expect(world.system.row.status).toBe('todo')
    world.system.move('doing', null)
    expect(world.reconcile().plan).toMatchObject({ inbound: { status: 'in_progress' }, conflicts: [] })
  })

  test('carries the outcome both ways', () => {
    const outcomes = {
      outbound: { action_taken: { resolutionId: 'fixed' }, no_action_taken: { resolutionId: 'declined' } },
      inbound: { fixed: 'action_taken', declined: 'no_action_taken' },
    } as const
    const world = agreed({ mappings: { outcomes } })
    world.track({ status: 'closed', resolution: 'no_action_taken' })
    world.rest()
    expect(world.system.row).toMatchObject({ status: 'done', resolution: 'declined' })
    world.system.row = { ...world.system.row, resolution: 'fixed' }
    expect(world.reconcile().plan.inbound).toEqual({ status: 'closed', resolution: 'action_taken' })
    world.track({ resolution: 'no_action_taken' })
    world.rest()
    expect(world.system.row.resolution).toBe('declined')
  })
})

describe('The status', () => {
  test('that we reopened is not undone by a ticket that shows it late', () => {
    const world = agreed({ tracking: { status: 'closed' }, row: { status: 'done' } })
    world.track({ status: 'in_progress', assignee: 'ann' })
    const plan = world.plan()
    // Only the assignee has been written when the ticket is read: the status is still the old one.
    const update = world.system.update(plan.ticket, { assignee: { accountId: 'a1' } })
    world.base = settleBase(plan, update)
    const next = world.plan()
    expect(next.inbound).toEqual({})
    expect(next.outbound).toMatchObject({ status: { target: { category: 'active' } } })
    world.rest()
    expect([world.tracking.status, world.system.row.status]).toEqual(['in_progress', 'doing'])
  })

  test('needs no write to close a ticket that is done already', () => {
    const world = agreed({ tracking: { status: 'in_progress' }, row: { status: 'doing' } })
    world.track({ status: 'closed' })
    world.system.move('done', null)
    const { plan } = world.reconcile()
    expect(isEmptyPlan(plan)).toBe(true)
    expect(plan.conflicts).toEqual([])
  })

  test('is not written over one that somebody set since the ticket was read', () => {
    const world = agreed()
    world.track({ status: 'in_progress' })
    const round = world.reconcile({ applied: () => world.system.move('done', null) })
    expect(round.written).toContain('status')
    expect(world.system.row.status).toBe('done')
    expect(world.reconcile().plan.conflicts).toMatchObject([
      { field: 'status', ours: 'in_progress', theirs: 'done', winner: 'theirs' },
    ])
    expect(world.tracking.status).toBe('closed')
  })

  test('that somebody went on to right after our transition is not taken for agreement', () => {
    const world = agreed()
    world.track({ status: 'in_progress' })
    world.reconcile({ written: () => world.system.move('review', null) })
    // Also active, and yet not where we brought it: agreement is for the next reading to find.
    expect(world.base.status?.ours).not.toBe('in_progress')
    world.rest()
    expect(world.base.status).toEqual({ ours: 'in_progress', theirs: 'review' })
    world.track({ status: 'open' })
    world.reconcile({ written: () => world.system.move('done', null) })
    expect(world.reconcile().plan.conflicts).toMatchObject([{ field: 'status', theirs: 'done' }])
  })

  test('that gets a resolution while nothing was to be written is not taken for agreement', () => {
    const world = agreed({ mappings: { status: { inbound: { done: 'open' } } }, row: { status: 'done' } })
    world.track({ status: 'closed' })
    const plan = world.plan()
    expect(plan.outbound).toMatchObject({ status: { target: { category: 'done' }, resolutionId: null } })
    const ticket = { ...world.system.find(), resolution: { id: 'fixed', name: 'Fixed' } }
    const update = { ticket, statusId: null, refused: [], overwritten: [] }
    expect(unappliedFields(plan, update)).toEqual([{ field: 'status', unchanged: false }])
    expect(settleBase(plan, update)).toEqual(world.base)
  })

  test('that a system drops without a word is reported, and counts as not written', () => {
    const world = agreed()
    world.track({ status: 'closed' })
    const plan = world.plan()
    const update = { ticket: world.system.find(), statusId: null, refused: [], overwritten: [] }
    expect(unappliedFields(plan, update)).toEqual([{ field: 'status', unchanged: true }])
    expect(settleBase(plan, update)).toEqual(world.base)
  })

  test('that was reached half way is no change of theirs', () => {
    const world = agreed({
      mappings: { status: { outbound: { closed: { id: 'done', via: ['review'] } } } },
      shape: { missingTransitions: new Set(['review>done']) },
    })
    world.track({ status: 'closed' })
    const round = world.reconcile()
    expect(world.system.row.status).toBe('review')
    expect(round.written).toContain('status')
    const { plan } = world.reconcile()
    expect(plan.inbound).toEqual({})
    expect(plan.conflicts).toEqual([])
    expect(world.tracking.status).toBe('closed')
    world.system.move('done', null)
    expect(isEmptyPlan(world.reconcile().plan)).toBe(true)
  })

  test('that was reached without its resolution is no change of theirs', () => {
    const outbound = { action_taken: { resolutionId: 'fixed' } }
    const world = agreed({ mappings: { outcomes: { outbound } }, shape: { takesResolution: false } })
    world.track({ status: 'closed', resolution: 'action_taken' })
    world.reconcile()
    expect(world.system.row).toMatchObject({ status: 'done', resolution: null })
    const round = world.reconcile()
    expect(round.plan.inbound).toEqual({})
    expect(round.plan.conflicts).toEqual([])
    expect(round.written).toContain('status')
    expect(world.tracking).toMatchObject({ status: 'closed', resolution: 'action_taken' })
  })
})

describe('The assignee', () => {
  test('without an account there is reported, and nobody is taken off the ticket', () => {
    const world = agreed({ row: { assignee: 'a2' } })
    world.track({ assignee: 'zoe' })
    const { plan } = world.reconcile()
    expect(plan.unmapped).toEqual([{ field: 'assignee', value: 'zoe' }])
    expect(isEmptyPlan(plan)).toBe(true)
    expect([world.tracking.assignee, world.system.row.assignee]).toEqual(['zoe', 'a2'])
  })

  test('without a user here is taken by the name of the account, by its id if it has none', () => {
    const accounts = [
      { id: 'a9', name: 'Carol' },
      { id: 'a10', name: ' ' },
    ]
    const world = agreed({ shape: { accounts } })
    world.system.row = { ...world.system.row, assignee: 'a9' }
    expect(world.reconcile().plan.inbound).toEqual({ assignee: 'Carol' })
    world.system.row = { ...world.system.row, assignee: 'a10' }
    expect(world.reconcile().plan.inbound).toEqual({ assignee: 'a10' })
  })

  test('that a system drops without a word does not count as agreed', () => {
    const world = agreed({ shape: { unassignable: new Set(['a1']), dropsAssignments: true } })
    world.track({ assignee: 'ann' })
    const plan = world.plan()
    const update = world.system.update(plan.ticket, plan.outbound)
    expect(update.refused).toEqual([])
    expect(unappliedFields(plan, update)).toEqual([{ field: 'assignee', unchanged: true }])
    expect(settleBase(plan, update).assignee).toEqual({ ours: null, theirs: null })
  })

  test('is not written over one that somebody set since the ticket was read', () => {
    const world = agreed()
    world.track({ assignee: 'ann' })
    const toBob = (): void => void (world.system.row = { ...world.system.row, assignee: 'a2' })
    const round = world.reconcile({ applied: toBob })
    expect([...round.written]).toEqual(['assignee'])
    expect([world.system.row.assignee, round.overwritten]).toEqual(['a2', []])
    expect(world.reconcile().plan.conflicts).toMatchObject([{ field: 'assignee', theirs: 'a2' }])
  })

  test('that somebody set in the moment of our write is reported, and the write counts', () => {
    const world = agreed()
    world.track({ assignee: 'ann' })
    const toBob = (): void => void (world.system.row = { ...world.system.row, assignee: 'a2' })
    const round = world.reconcile({ checked: toBob })
    expect(round.overwritten).toEqual([{ field: 'assignee', value: 'a2', author: 'somebody' }])
    expect(world.system.row.assignee).toBe('a1')
    expect(isUneventful(world.plan())).toBe(true)
  })

  test('that somebody set right after our write is theirs, and the conflict is recorded', () => {
    const world = agreed()
    world.track({ assignee: 'ann' })
    world.reconcile({ written: () => (world.system.row = { ...world.system.row, assignee: 'a2' }) })
    expect(world.reconcile().plan.conflicts).toMatchObject([
      { field: 'assignee', ours: 'ann', theirs: 'a2', winner: 'theirs', reason: 'both_changed' },
    ])
    expect(world.tracking.assignee).toBe('bob')
  })
})

describe('A new ticket', () => {
  test('is brought to where its detection already is', () => {
    const world = meet({ tracking: { status: 'in_progress', assignee: 'ann' }, row: { assignee: 'a2' } })
    world.created()
    const { plan } = world.reconcile()
    expect(plan.conflicts).toEqual([])
    expect(world.system.row).toMatchObject({ status: 'doing', assignee: 'a1' })
    expect(isEmptyPlan(world.plan())).toBe(true)
  })

  test('makes an untouched detection `new`, and gives it the assignee it was born with', () => {
    const world = meet({ row: { assignee: 'a2' } })
    world.created()
    const { plan } = world.reconcile()
    expect(plan.inbound).toEqual({ status: 'new', assignee: 'bob' })
    expect(plan.outbound).toEqual({})
  })

  test('is not left with an assignee that its detection gave up in the meantime', () => {
    const world = meet({ tracking: { assignee: 'ann' }, row: { assignee: 'a2' } })
    world.created()
    world.track({ assignee: null })
    world.rest()
    expect(world.system.row.assignee).toBeNull()
  })

  test('agrees on texts as they read back, however the system spells them', () => {
    const world = meet({ row: { summary: 'ONE' } })
    world.created()
    expect(world.reconcile().plan.outbound).toEqual({})
    world.summary = 'two'
    expect(world.reconcile().plan).toMatchObject({ outbound: { summary: 'two' }, conflicts: [] })
  })
})

describe('A detection and a ticket that meet for the first time', () => {
  const statuses: readonly DetectionStatus[] = ['open', 'new', 'acknowledged', 'in_progress', 'closed']
  // ours, theirs -> what both are afterwards; `!` where the conflict is recorded
  const outcomes: Record<string, string> = {
    'open todo': 'new todo',
    'open doing': 'in_progress doing',
    'open done': 'closed done',
    'new todo': 'new todo',
    'new doing': 'in_progress doing',
    'new done': 'closed done',
    'acknowledged todo': 'acknowledged todo',
    'acknowledged doing': 'in_progress doing !',
    'acknowledged done': 'closed done !',
    'in_progress todo': 'in_progress doing',
    'in_progress doing': 'in_progress doing',
    'in_progress done': 'closed done !',
    'closed todo': 'closed done',
    'closed doing': 'in_progress doing !',
    'closed done': 'closed done',
  }
  const pairs = statuses.flatMap((ours) => ['todo', 'doing', 'done'].map((theirs) => [ours, theirs] as const))

  test.each(pairs)(
    'come together from %s and %s: the untouched side takes the other value',
    (ours, theirs) => {
      const world = meet({ tracking: { status: ours }, row: { status: theirs } })
      const { plan } = world.reconcile()
      const mark = plan.conflicts.length > 0 ? ' !' : ''
      expect(`${world.tracking.status} ${world.system.row.status}${mark}`).toBe(outcomes[`${ours} ${theirs}`])
      expect(isEmptyPlan(world.plan())).toBe(true)
    },
  )

  test.each([
    [null, null, null, null, 0],
    [null, 'a1', 'ann', 'a1', 0],
    ['ann', null, 'ann', 'a1', 0],
    ['ann', 'a1', 'ann', 'a1', 0],
    ['ann', 'a2', 'bob', 'a2', 1],
  ])('assigned to %s and %s, end with %s and %s', (ours, theirs, after, thereafter, conflicts) => {
    const world = meet({ tracking: { assignee: ours }, row: { assignee: theirs } })
    const { plan } = world.reconcile()
    expect([world.tracking.assignee, world.system.row.assignee]).toEqual([after, thereafter])
    expect(plan.conflicts).toHaveLength(conflicts)
  })

  test('agree on what somebody took from the ticket since it was read, and that is recorded', () => {
    const world = meet({
      tracking: { status: 'in_progress', assignee: 'ann' },
      row: { status: 'doing', assignee: 'a2' },
    })
    const seen = world.system.find()
    world.system.row = { ...world.system.row, status: 'todo', assignee: null }
    const { base, mappings, ours } = world
    const given = { base, mappings, ours, ticket: world.system.find() }
    expect(planSync(given)).toMatchObject({ conflicts: [], written: { assignee: 'ann' } })
    expect(planSync({ ...given, seen })).toMatchObject({
      inbound: { status: 'new', assignee: null },
      outbound: {},
      conflicts: [
        { field: 'status', ours: 'in_progress', winner: 'theirs' },
        { field: 'assignee', ours: 'ann', theirs: null, winner: 'theirs' },
      ],
    })
  })

  test('still have the conflict between them when a person takes away what one side of it was', () => {
    const world = meet({
      tracking: { assignee: 'ann' },
      row: { assignee: 'a2' },
      mappings: { conflicts: 'ask' },
    })
    const { conflicts } = world.reconcile().plan
    expect(conflicts).toMatchObject([{ field: 'assignee', ours: 'ann', theirs: 'a2', winner: null }])
    world.tracking = { ...world.tracking, assignee: null }
    const { base, mappings, ours } = world
    expect(planSync({ base, mappings, ours, ticket: world.system.find(), conflicts })).toMatchObject({
      inbound: {},
      outbound: {},
      conflicts: [{ field: 'assignee', ours: null, theirs: 'a2', winner: null }],
    })
  })

  test('follow the owner, and what that overrules is recorded', () => {
    const given = {
      tracking: { status: 'in_progress', assignee: 'ann' },
      row: { status: 'done', assignee: 'a2' },
    } as const
    const ours = meet({ ...given, mappings: { ownership: { status: 'ours', assignee: 'ours' } } })
    expect(ours.reconcile().plan.conflicts).toMatchObject([
      { field: 'status', winner: 'ours', reason: 'not_owner' },
      { field: 'assignee', winner: 'ours', reason: 'not_owner' },
    ])
    expect(ours.system.row).toMatchObject({ status: 'doing', assignee: 'a1' })
    const theirs = meet({ ...given, mappings: { ownership: { status: 'theirs', assignee: 'theirs' } } })
    expect(theirs.reconcile().plan.conflicts).toMatchObject([
      { field: 'status', winner: 'theirs', reason: 'not_owner' },
      { field: 'assignee', winner: 'theirs', reason: 'not_owner' },
    ])
    expect(theirs.tracking).toMatchObject({ status: 'closed', assignee: 'bob' })
  })

  test('leave the wording of the ticket alone, and later changes of ours too', () => {
    const world = meet({ row: { summary: 'Investigate the DHCP thing' } })
    world.rest()
    world.summary = 'two'
    const { plan } = world.reconcile()
    expect(isEmptyPlan(plan)).toBe(true)
    expect(plan.conflicts).toMatchObject([{ field: 'summary', ours: 'two', winner: 'theirs' }])
    expect(world.plan().conflicts).toEqual([])
  })
})

describe('A conflict', () => {
  const bothChange = (conflicts: 'ask' | 'prefer-ticket' | 'prefer-tripline'): SyncWorld => {
    const world = agreed({ mappings: { conflicts } })
    world.track({ status: 'in_progress' })
    world.system.move('done', null)
    return world
  }

  test.each([
    ['prefer-ticket', 'closed', 'done', 'theirs'],
    ['prefer-tripline', 'in_progress', 'doing', 'ours'],
    ['ask', 'in_progress', 'done', null],
  ] as const)('is decided by the policy: %s', (policy, ours, theirs, winner) => {
    const world = bothChange(policy)
    expect(world.reconcile().plan.conflicts).toEqual([
      { field: 'status', ours: 'in_progress', theirs: 'done', winner, reason: 'both_changed' },
    ])
    expect([world.tracking.status, world.system.row.status]).toEqual([ours, theirs])
  })

  test('that is open keeps only its own field back', () => {
    const world = bothChange('ask')
    world.track({ assignee: 'ann' })
    world.rest()
    expect(world.system.row.assignee).toBe('a1')
    expect(world.plan().conflicts).toHaveLength(1)
  })

  test.each([
    ['ours', 'in_progress', 'doing'],
    ['theirs', 'closed', 'done'],
  ] as const)('that is open ends when a person chooses %s', (choice, ours, theirs) => {
    const world = bothChange('ask')
    world.rest()
    world.decisions = { status: choice }
    world.reconcile()
    world.decisions = {}
    expect([world.tracking.status, world.system.row.status]).toEqual([ours, theirs])
    expect(isUneventful(world.plan())).toBe(true)
  })

  test('that is open ends when the sides come to agree by themselves', () => {
    const world = bothChange('ask')
    world.rest()
    world.system.move('doing', null)
    expect(world.reconcile().plan.conflicts).toEqual([])
  })
})

describe('A field', () => {
  test('that cannot be read for a while keeps what was agreed about it', () => {
    const world = agreed()
    const ticket = { ...world.system.find(), content: {} }
    const { base, outbound } = planSync({
      base: world.base,
      ours: world.ours,
      ticket,
      mappings: world.mappings,
    })
    expect(base.summary).toEqual(world.base.summary)
    expect(outbound).toEqual({})
  })

  test('that is written only at creation is never touched again', () => {
    const ownership = { status: 'create-only', assignee: 'create-only', summary: 'create-only' } as const
    const world = meet({ mappings: { ownership }, row: { status: 'done', assignee: 'a1' } })
    expect(isUneventful(world.reconcile().plan)).toBe(true)
    world.track({ status: 'closed', assignee: 'ann' })
    world.summary = 'two'
    world.system.row = { status: 'doing', resolution: null, assignee: 'a2', summary: 'theirs' }
    expect(isUneventful(world.plan())).toBe(true)
  })
})

describe('The base while a write is under way', () => {
  test('lets ours go out over what was decided against, even if it is what it was before the conflict', () => {
    const world = agreed({ mappings: { conflicts: 'prefer-tripline' } })
    world.track({ assignee: 'ann' })
    world.system.row = { ...world.system.row, assignee: 'a2' }
    const plan = world.plan()
    expect(plan).toMatchObject({ conflicts: [{ field: 'assignee', winner: 'ours' }] })
    world.base = baseWhileWriting(plan)
    // Nothing of it arrives, and the person takes it back here.
    world.track({ assignee: null })
    expect(world.plan()).toMatchObject({ conflicts: [], outbound: { assignee: { accountId: null } } })
    world.rest()
    expect(world.system.row.assignee).toBeNull()
    expect(world.tracking.assignee).toBeNull()
  })
})

describe('The base after a write whose answer was lost', () => {
  const sent = { target: { category: 'done' }, via: ['review'], resolutionId: null } as const
  const before = { ours: 'open', theirs: 'todo' }
  const base = { status: { ...before, sent: { ours: 'closed', status: sent } } } as const
  const ticketAt = (status: string): Ticket => meet({ row: { status } }).system.find()

  test.each([
    ['nothing of ours', null, before],
    [
      'all of ours, with the resolution that came along',
      'done/fixed',
      { ours: 'closed', theirs: 'done/fixed' },
    ],
    ['a part of the way', 'review', { ours: '', theirs: 'review' }],
    ['what was there before', 'todo', before],
  ])('is what the history tells: %s', (_, led, after) => {
    const [id = '', resolutionId = null] = led?.split('/') ?? []
    const status = led === null ? null : { id, resolutionId }
    expect(settleSent(base, { ticket: ticketAt('done'), status })).toEqual({ status: after })
  })

  test('has no status of ours that is of another category than was asked for', () => {
    const outcome = { ticket: ticketAt('doing'), status: { id: 'doing', resolutionId: null } }
    expect(settleSent(base, outcome)).toEqual({ status: before })
  })

  test('lacks a resolution that was asked for and did not come', () => {
    const asked = {
      status: { ...before, sent: { ours: 'closed/a', status: { ...sent, resolutionId: 'fixed' } } },
    }
    const outcome = { ticket: ticketAt('done'), status: { id: 'done', resolutionId: 'declined' } }
    expect(settleSent(asked, outcome)).toEqual({ status: { ours: '', theirs: 'done/declined' } })
  })

  test.each([
    ['a1', { ours: 'ann', theirs: 'a1' }],
    ['a2', { ours: null, theirs: null }],
    [null, { ours: null, theirs: null }],
  ])('has an assignee of ours only where it is the one that was sent, and not %s', (accountId, after) => {
    const assigning = { assignee: { ours: null, theirs: null, sent: { ours: 'ann', theirs: 'a1' } } }
    const outcome = { ticket: ticketAt('todo'), assignee: accountId === null ? null : { accountId } }
    expect(settleSent(assigning, outcome)).toEqual({ assignee: after })
  })

  test('goes by what the ticket shows where the history tells nothing', () => {
    expect(settleSent(base, { ticket: ticketAt('done') })).toEqual({
      status: { ours: 'closed', theirs: 'done' },
    })
    expect(unsettledFields(base)).toEqual(['status'])
    expect(unsettledFields(settleSent(base, { ticket: ticketAt('todo') }))).toEqual([])
  })
})
