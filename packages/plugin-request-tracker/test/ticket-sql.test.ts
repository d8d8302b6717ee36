import { describe, expect, test } from 'vitest'
import { createdTicketsQuery, otherStatusesQuery, updatedTicketsQuery } from '../src/ticket-sql.ts'

const now = new Date('2026-03-29T12:00:00Z')
const since = (ms: number): string => updatedTicketsQuery('Security', new Date(now.getTime() - ms), now)

describe('TicketSQL', () => {
  test('quotes values', () => {
    expect(createdTicketsQuery('Tripline', "a'b\\")).toBe(
      String.raw`CF.{Tripline} = 'a\'b\\' AND EffectiveId > 0`,
    )
    expect(otherStatusesQuery("O'Hara", ['new'])).toBe(String.raw`Queue = 'O\'Hara' AND Status != 'new'`)
  })

  test.each([
    [-60_000, '75 minutes ago'],
    [61_000, '77 minutes ago'],
    [7 * 86_400_000, '170 hours ago'],
    [900 * 60_000, '975 minutes ago'],
    [15 * 3_600_000 + 25 * 60_000, '17 hours ago'],
    [40 * 86_400_000, '962 hours ago'],
    [500 * 86_400_000, '501 days ago'],
  ])('names an instant %d ms ago earlier rather than later, in at most three digits', (ms, ago) => {
    expect(since(ms)).toContain(`LastUpdated >= '${ago}'`)
  })

  test('does not name what is too long ago', () => {
    expect(since(now.getTime())).toBe("Queue = 'Security' AND EffectiveId > 0")
  })
})
