import { expect, test } from 'vitest'
import {
  changedMeanwhile,
  heldValue,
  type JsonObject,
  type PartMakers,
  partsOf,
  type Ticket,
  ticketIdSchema,
} from '../src/index.ts'

const ticket: Ticket = {
  id: ticketIdSchema.parse('1'),
  key: 'SEC-1',
  url: 'https://tickets.example/1',
  container: 'SEC',
  status: { id: 's1', name: 'New', category: 'open' },
  resolution: null,
  assignee: { id: 'a1', name: 'Ann' },
  content: { summary: 'One', description: null },
  updatedAt: new Date(0),
}

test('a ticket holds ids of status and assignee, and content that can be read', () => {
  const held = (['status', 'assignee', 'summary', 'description', 'labels'] as const).map((field) =>
    heldValue(ticket, field),
  )
  expect(held).toEqual(['s1', 'a1', 'One', null, undefined])
  expect(heldValue({ ...ticket, assignee: null }, 'assignee')).toBeNull()
})

test('a change has a part for each field it gives and the system has a place for, the status first', () => {
  const makers: PartMakers<JsonObject> = {
    summary: (wanted) => ({ wanted, steps: [{ subject: wanted }] }),
    priority: (wanted) => ({ wanted, steps: [{ priority: wanted }] }),
    assignee: ({ accountId }) => ({
      wanted: accountId,
      steps: [{ agent: accountId }],
    }),
  }
  const change = { summary: 'Two', priority: null, assignee: { accountId: null }, labels: ['x'] }
  expect(partsOf(change, makers)).toEqual([
    { field: 'assignee', wanted: null, steps: [{ agent: null }] },
    { field: 'summary', wanted: 'Two', steps: [{ subject: 'Two' }] },
    { field: 'priority', wanted: null, steps: [{ priority: null }] },
  ])
  expect(partsOf({}, makers)).toEqual([])
})

test('a part was changed meanwhile when its value is another one than the one that was read', () => {
  const now: Ticket = {
    ...ticket,
    status: { ...ticket.status, id: 's2' },
    assignee: null,
    content: { summary: 'Two', description: null, labels: 'x' },
  }
  for (const field of ['status', 'assignee', 'summary'] as const) {
    expect(changedMeanwhile(field, ticket, now)).toEqual({
      field,
      code: 'changed_meanwhile',
      message: expect.stringContaining(`the ${field} of SEC-1`),
    })
  }
  expect(changedMeanwhile('description', ticket, now)).toBeNull()
  // What was never read is not expected to be anything.
  expect(changedMeanwhile('labels', ticket, now)).toBeNull()
  const unread: Ticket = { ...ticket, status: { ...ticket.status, id: '' }, assignee: null, content: {} }
  for (const field of ['status', 'assignee', 'summary'] as const) {
    expect(changedMeanwhile(field, unread, ticket)).toBeNull()
  }
})
