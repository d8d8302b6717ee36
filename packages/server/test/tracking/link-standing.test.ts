import { expect, test } from 'vitest'
import { ticketIdSchema, type SyncConflict, type SyncPlan, type Ticket } from '@tripline/core'
import { standingAfter } from '../../src/tracking/link-standing.ts'

const open: SyncConflict = {
  field: 'summary',
  ours: 'One',
  theirs: 'Two',
  winner: null,
  reason: 'both_changed',
}

const ticket: Ticket = {
  id: ticketIdSchema.parse('10001'),
  key: 'SEC-1',
  url: 'https://jira.example/browse/SEC-1',
  container: 'SEC',
  status: { id: '1', name: 'To Do', category: 'open' },
  resolution: null,
  assignee: null,
  content: {},
  updatedAt: new Date('2026-11-20T14:00:00Z'),
}

function plan(change: Partial<SyncPlan>): SyncPlan {
  return {
    inbound: {},
    outbound: {},
    conflicts: [],
    unmapped: [],
    base: {},
    written: {},
    ticket,
    ...change,
  }
}

test('a link with nothing left to be done has no standing', () => {
  expect(standingAfter(plan({}), null, [])).toBeNull()
})

test('beside a conflict a link says what else keeps its sides from agreeing', () => {
  const alone = standingAfter(plan({ conflicts: [open] }), null, [])
  expect(alone).toMatchObject({ syncState: 'conflict', reason: { code: 'CONFLICT', field: 'summary' } })
  expect(alone?.reason.message).not.toContain('Besides')
  const unmapped = [{ field: 'assignee', value: 'ann' }] as const
  const both = standingAfter(plan({ conflicts: [open], unmapped }), null, [])
  expect(both).toMatchObject({ syncState: 'conflict', reason: { code: 'CONFLICT', field: 'summary' } })
  expect(both?.reason.message).toContain('Besides: No account in the ticketing system is known for ann.')
})
