import { Rejected, ticketIdSchema } from '@tripline/core'
import { describe, expect, test } from 'vitest'
import { parseTicketReference, ticketNumber } from '../src/ticket-reference.ts'

const baseUrl = 'https://example.org/rt'

describe('a reference', () => {
  test.each([
    '17',
    ' #17\n',
    'https://example.org/rt/Ticket/Display.html?id=17',
    'https://example.org/rt/Ticket/Modify.html?foo=1&id=17#txn-3',
    'https://example.org/rt/m/ticket/show?id=17',
    'https://example.org/rt/SelfService/Display.html?id=17',
  ])('names ticket 17 as %j', (reference) => {
    expect(parseTicketReference(reference, baseUrl)).toBe('17')
  })

  test.each([
    '',
    'SEC-17',
    '0',
    '1 7',
    '99999999999',
    'https://example.org/Ticket/Display.html?id=17',
    'https://example.org/rtx/Ticket/Display.html?id=17',
    'https://example.org.evil.example/rt/Ticket/Display.html?id=17',
    'https://example.org/rt/Ticket/Display.html?id=17/../18',
    'https://example.org/rt/Asset/Display.html?id=17',
    'javascript:17',
  ])('is refused as %j', (reference) => {
    expect(() => parseTicketReference(reference, baseUrl)).toThrow(Rejected)
  })
})

test('an id is a number, or nothing of RT', () => {
  expect(ticketNumber({ id: ticketIdSchema.parse('17') })).toBe('17')
  for (const id of ['017', '1/../2', '1?x', '#17', 'x'])
    expect(() => ticketNumber({ id: ticketIdSchema.parse(id) })).toThrow(Rejected)
})
