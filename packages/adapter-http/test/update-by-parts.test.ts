import {
  AccessDenied,
  Rejected,
  type Ticket,
  ticketIdSchema,
  type TicketPart,
  Unavailable,
} from '@tripline/core'
import { expect, test } from 'vitest'
import { updateByParts } from '../src/index.ts'

const start: Ticket = {
  id: ticketIdSchema.parse('1'),
  key: 'SEC-1',
  url: 'https://tickets.example/1',
  container: 'SEC',
  status: { id: 'new', name: 'new', category: 'open' },
  resolution: null,
  assignee: null,
  content: { summary: 'One', priority: 'low' },
  updatedAt: new Date(0),
}

type Step = (ticket: Ticket) => Ticket

const statusTo =
  (id: string): Step =>
  (ticket) => ({ ...ticket, status: { ...ticket.status, id } })
const contentTo =
  (content: Ticket['content']): Step =>
  (ticket) => ({ ...ticket, content: { ...ticket.content, ...content } })
const failing =
  (error: Error): Step =>
  () => {
    throw error
  }

/** Updates a ticket that is `now` what it is, and says how many steps were taken. */
async function update(
  parts: readonly TicketPart<Step>[],
  { now = start, codeOf }: { readonly now?: Ticket; readonly codeOf?: () => 'missing_fields' | null } = {},
) {
  let steps = 0
  const result = await updateByParts(start, parts, {
    read: () => Promise.resolve(now),
    write(step, ticket) {
      steps += 1
      return Promise.resolve().then(() => step(ticket))
    },
    ...(codeOf === undefined ? {} : { codeOf }),
  })
  return { ...result, steps }
}

test('goes through each step, and says which status it came to', async () => {
  const steps = [statusTo('working'), statusTo('done')]
  const summary = { field: 'summary', wanted: 'Two', steps: [contentTo({ summary: 'Two' })] } as const
  const result = await update([{ field: 'status', wanted: 'done', steps }, summary])
  expect(result).toMatchObject({ statusId: 'done', refused: [], overwritten: [], steps: 3 })
  expect(result.ticket).toMatchObject({ status: { id: 'done' }, content: { summary: 'Two' } })
})

test('stays where the way is barred, and does the other parts all the same', async () => {
  const steps = [statusTo('working'), failing(new Rejected('no way')), statusTo('done')]
  const summary = { field: 'summary', wanted: 'Two', steps: [contentTo({ summary: 'Two' })] } as const
  const result = await update([{ field: 'status', wanted: 'done', steps }, summary])
  expect(result).toMatchObject({ statusId: 'working', steps: 3, ticket: { content: { summary: 'Two' } } })
  expect(result.refused).toEqual([{ field: 'status', code: 'no_transition', message: 'no way' }])
})

test('writes nothing that is there, and nothing over what somebody changed', async () => {
  const now = contentTo({ summary: 'Two', priority: 'high' })(start)
  const parts = [
    { field: 'summary', wanted: 'Two', steps: [failing(new Error('written'))] },
    { field: 'priority', wanted: 'mid', steps: [failing(new Error('written'))] },
  ] as const
  const { refused, steps } = await update(parts, { now })
  expect(refused).toEqual([expect.objectContaining({ field: 'priority', code: 'changed_meanwhile' })])
  expect(steps).toBe(0)
})

test('says of what was taken and not done that it was not applied, unless it cannot be read', async () => {
  const parts = [
    { field: 'priority', wanted: 'high', steps: [(ticket: Ticket) => ticket] },
    { field: 'labels', wanted: 'x', steps: [(ticket: Ticket) => ticket] },
  ] as const
  const { refused } = await update(parts)
  expect(refused).toEqual([expect.objectContaining({ field: 'priority', code: 'not_applied' })])
})

test.each([
  ['assignee', new Rejected('x'), 'not_assignable'],
  ['summary', new Rejected('x'), 'invalid_value'],
  ['summary', new AccessDenied('x'), 'not_editable'],
  ['status', new AccessDenied('x'), 'no_transition'],
] as const)('takes a refusal of %s by %s for %s', async (field, error, code) => {
  const { refused } = await update([{ field, wanted: 'z', steps: [failing(error)] }])
  expect(refused).toEqual([{ field, code, message: 'x' }])
})

test('lets the system say what a refusal amounts to', async () => {
  const parts = [{ field: 'status', wanted: 'done', steps: [failing(new Rejected('x'))] }] as const
  expect((await update(parts, { codeOf: () => 'missing_fields' })).refused[0]?.code).toBe('missing_fields')
  expect((await update(parts, { codeOf: () => null })).refused[0]?.code).toBe('no_transition')
})

test('ends with an error that is no refusal', async () => {
  const parts = [{ field: 'summary', wanted: 'z', steps: [failing(new Unavailable('gone'))] }] as const
  await expect(update(parts)).rejects.toThrow(Unavailable)
})
