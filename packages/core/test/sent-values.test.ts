import { describe, expect, test } from 'vitest'
import {
  baseAfterCreate,
  baseWhileWriting,
  planSync,
  syncMappingsSchema,
  ticketIdSchema,
  type OurSide,
  type SyncBase,
  type SyncInput,
  type Ticket,
} from '../src/index.ts'

const mappings = syncMappingsSchema.parse({
  identities: [{ username: 'ann', accountId: 'a1' }],
  outcomes: { outbound: { action_taken: { resolutionId: 'fixed' } }, inbound: { fixed: 'action_taken' } },
})

const ticket: Ticket = {
  id: ticketIdSchema.parse('1'),
  key: 'SEC-1',
  url: 'https://tickets.example/1',
  container: 'SEC',
  status: { id: 'todo', name: 'To do', category: 'open' },
  resolution: null,
  assignee: null,
  content: { summary: 'Scan', description: '* {*}Risk:{*} 70', priority: null, labels: '' },
  updatedAt: new Date('2026-11-20T12:00:00Z'),
}

function ours(change: Partial<OurSide['tracking']> = {}, risk = 70): OurSide {
  return {
    tracking: { status: 'new', resolution: null, assignee: null, ...change },
    text: {
      summary: 'Scan',
      description: [{ kind: 'list', items: [[{ text: 'Risk:', bold: true }, { text: ` ${risk}` }]] }],
      priority: null,
      labels: [],
    },
  }
}

/** The base with which both sides, as they are above, agree. */
function agreed(): SyncBase {
  const created = baseAfterCreate(ours({ status: 'open' }), ticket)
  return planSync({ base: created, ours: ours(), ticket, mappings }).base
}

/** The base that is stored while `side` is written to a ticket that both sides agreed on before. */
function whileWriting(side: OurSide): SyncBase {
  return baseWhileWriting(planSync({ base: agreed(), ours: side, ticket, mappings }))
}

function planAfter(base: SyncBase, side: OurSide, change: Partial<Ticket>): ReturnType<typeof planSync> {
  const input: SyncInput = { base, ours: side, ticket: { ...ticket, ...change }, mappings }
  return planSync(input)
}

const doing = { id: 'doing', name: 'Doing', category: 'active' } as const
const done = { id: 'done', name: 'Done', category: 'done' } as const

describe('a value whose arrival nobody was told of', () => {
  test('is ours when the ticket shows it, whatever ours has become', () => {
    const base = whileWriting(ours({ status: 'in_progress' }))
    const plan = planAfter(base, ours({ status: 'acknowledged' }), { status: doing })
    expect(plan.conflicts).toEqual([])
    expect(plan.outbound.status?.target).toEqual({ category: 'open' })
  })

  test('is agreed on when the ticket shows it and ours still is it', () => {
    const base = whileWriting(ours({ status: 'in_progress' }))
    const plan = planAfter(base, ours({ status: 'in_progress' }), { status: doing })
    expect(plan).toMatchObject({ conflicts: [], inbound: {}, outbound: {} })
    expect(plan.base.status).toEqual({ ours: 'in_progress', theirs: 'doing' })
  })

  test('is written again when the ticket shows what it showed before', () => {
    const base = whileWriting(ours({ assignee: 'ann' }))
    const plan = planAfter(base, ours({ assignee: 'ann' }), {})
    expect(plan.outbound.assignee).toEqual({ accountId: 'a1' })
    expect(plan.base.assignee).not.toHaveProperty('sent')
  })

  test('is no excuse for anything else that the ticket shows', () => {
    const base = whileWriting(ours({ status: 'in_progress' }))
    const plan = planAfter(base, ours({ status: 'in_progress' }), { status: done })
    expect(plan.conflicts).toMatchObject([{ field: 'status', reason: 'both_changed' }])
  })

  test('has replaced what a conflict was decided about, which is then no change, and going back further is one', () => {
    const preferring = syncMappingsSchema.parse({
      identities: [
        { username: 'ann', accountId: 'a1' },
        { username: 'bo', accountId: 'b1' },
        { username: 'cy', accountId: 'c1' },
      ],
      conflicts: 'prefer-tripline',
    })
    const assigned = (id: string): Partial<Ticket> => ({ assignee: { id, name: id } })
    const plan = (base: SyncBase, assignee: string, id: string): ReturnType<typeof planSync> =>
      planSync({
        base,
        ours: ours({ assignee }),
        ticket: { ...ticket, ...assigned(id) },
        mappings: preferring,
      })
    const agreedOnAnn = plan(agreed(), 'ann', 'a1').base
    const decided = plan(agreedOnAnn, 'bo', 'c1')
    expect(decided.conflicts).toMatchObject([{ field: 'assignee', winner: 'ours' }])
    const base = baseWhileWriting(decided)
    // It never arrived.
    expect(plan(base, 'bo', 'c1')).toMatchObject({
      conflicts: [],
      outbound: { assignee: { accountId: 'b1' } },
    })
    // It arrived, and somebody set what had been agreed on before.
    expect(plan(base, 'bo', 'a1').conflicts).toMatchObject([{ field: 'assignee', theirs: 'a1' }])
  })

  test('counts with the resolution that was sent, not with another one', () => {
    const base = whileWriting(ours({ status: 'closed', resolution: 'action_taken' }))
    const now = ours({ status: 'in_progress' })
    const same = planAfter(base, now, { status: done, resolution: { id: 'fixed', name: 'Fixed' } })
    expect(same.conflicts).toEqual([])
    const other = planAfter(base, now, { status: done, resolution: { id: 'declined', name: 'Declined' } })
    expect(other.conflicts).toMatchObject([{ field: 'status' }])
  })

  test('is recognised in the markup of the ticketing system', () => {
    const base = whileWriting(ours({}, 80))
    const arrived = { content: { ...ticket.content, description: '* {*}Risk:{*} 80' } }
    const plan = planAfter(base, ours({}, 90), arrived)
    expect(plan.conflicts).toEqual([])
    expect(plan.outbound.description).toBeDefined()
  })
})
