import { describe, expect, test } from 'vitest'
import { outcomeFromHistory, type Ticket, type TicketHistoryEntry, ticketIdSchema } from '../src/index.ts'

const status = (id: string): Ticket['status'] => ({ id, name: `Status ${id}`, category: 'active' })

function ticket(change: Partial<Ticket> = {}): Ticket {
  return {
    id: ticketIdSchema.parse('1'),
    key: 'SEC-1',
    url: 'https://tickets.example/SEC-1',
    container: 'SEC',
    status: status('1'),
    resolution: null,
    assignee: null,
    content: {},
    updatedAt: new Date('2026-11-20T14:00:00Z'),
    ...change,
  }
}

const ours = (change: Partial<TicketHistoryEntry>): TicketHistoryEntry => ({
  isOurs: true,
  author: 'tripline',
  ...change,
})
const theirs = (change: Partial<TicketHistoryEntry>): TicketHistoryEntry => ({
  isOurs: false,
  author: 'sam',
  ...change,
})

describe('the outcome of an update', () => {
  test('is not told of by a history without changes', () => {
    expect(outcomeFromHistory(ticket(), ticket(), [])).toEqual({ ticket: ticket(), overwritten: [] })
  })

  test('is none where only others changed the field', () => {
    const history = [theirs({ status: status('2') })]
    expect(outcomeFromHistory(ticket(), ticket({ status: status('2') }), history)).toMatchObject({
      status: null,
      overwritten: [],
    })
  })

  test('is what our last change led to, whatever came after it', () => {
    const history = [
      ours({ status: status('2') }),
      ours({ status: status('3'), resolution: { id: '9', name: 'Done' }, assignee: { id: 'a', name: 'A' } }),
      theirs({ status: status('1'), resolution: null, assignee: null }),
    ]
    expect(outcomeFromHistory(ticket(), ticket(), history)).toEqual({
      ticket: ticket(),
      status: { id: '3', resolutionId: '9' },
      assignee: { accountId: 'a' },
      overwritten: [],
    })
  })

  test('names what stood there when we wrote, and had not been seen', () => {
    const history = [
      theirs({ status: status('2') }),
      theirs({ resolution: { id: '9', name: 'Done' }, assignee: { id: 'a', name: 'A' } }),
      ours({ status: status('3'), resolution: null }),
      ours({ assignee: null }),
    ]
    expect(outcomeFromHistory(ticket(), ticket(), history).overwritten).toEqual([
      { field: 'status', value: 'Status 2 (Done)', author: 'sam' },
      { field: 'assignee', value: 'A', author: 'sam' },
    ])
  })

  test('does not name what was seen, taken back, or set as we did', () => {
    const history = [
      theirs({ status: status('2'), assignee: { id: 'a', name: 'A' }, content: { summary: 'By hand' } }),
      theirs({ status: status('1') }),
      ours({ status: status('3'), assignee: { id: 'a', name: 'A' } }),
      theirs({ status: status('4') }),
    ]
    expect(outcomeFromHistory(ticket(), ticket(), history).overwritten).toEqual([])
  })

  test('has the resolution that no change is told of, while the ticket still is where we brought it', () => {
    const resolution = { id: '9', name: 'Left over' }
    const history = [ours({ status: status('3') })]
    const led = (now: Ticket): unknown => outcomeFromHistory(ticket(), now, history).status
    expect(led(ticket({ status: status('3'), resolution }))).toEqual({ id: '3', resolutionId: '9' })
    expect(led(ticket({ status: status('4'), resolution }))).toEqual({ id: '3', resolutionId: null })
  })
})
