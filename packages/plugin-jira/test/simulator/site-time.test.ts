import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { siteTime } from '../../src/simulator/site-time.ts'

describe('siteTime', () => {
  it.each([
    ['2026-01-15T23:30:00Z', 'Europe/Stockholm', '2026-01-16T00:30:00.000+0100'],
    ['2026-07-15T10:00:00Z', 'Europe/Stockholm', '2026-07-15T12:00:00.000+0200'],
    ['2026-07-15T10:00:00Z', 'America/New_York', '2026-07-15T06:00:00.000-0400'],
    ['2026-07-15T10:00:00Z', 'Asia/Kolkata', '2026-07-15T15:30:00.000+0530'],
    ['2026-07-15T10:00:00Z', 'Etc/UTC', '2026-07-15T10:00:00.000+0000'],
  ])('%s in %s is %s', (instant, zone, expected) => {
    expect(siteTime(zone).timestamp(Date.parse(instant))).toBe(expected)
  })

  it('reads a wall clock back to an instant at which it shows that', () => {
    const time = siteTime('Europe/Stockholm')
    const day = fc.integer({ min: Date.UTC(2026, 2, 28), max: Date.UTC(2026, 2, 30) })
    fc.assert(
      fc.property(day, (atMs) => {
        const wall = Date.parse(`${time.timestamp(atMs).slice(0, 23)}Z`)
        expect(time.fromWallClock(wall)).toBe(atMs)
      }),
    )
  })
})
