/** The time zone that a site's timestamps and JQL dates are in. */
export interface SiteTime {
  /** Jira's way of writing an instant: `2026-11-24T07:30:00.000+0100`. */
  timestamp(atMs: number): string
  /** The instant at which the site's clocks show what a UTC clock would show at `wallMs`. */
  fromWallClock(wallMs: number): number
}

export function siteTime(timeZone: string): SiteTime {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' })

  function offsetMs(atMs: number): number {
    const name = format.formatToParts(atMs).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'
    const match = /GMT([+-])(\d{2}):(\d{2})/.exec(name)
    if (match === null) return 0
    const minutes = Number(match[2]) * 60 + Number(match[3])
    return (match[1] === '-' ? -minutes : minutes) * 60_000
  }

  return {
    timestamp(atMs) {
      const offset = offsetMs(atMs)
      const local = new Date(atMs + offset).toISOString().slice(0, -1)
      const minutes = Math.abs(offset) / 60_000
      return `${local}${offset < 0 ? '-' : '+'}${twoDigits(minutes / 60)}${twoDigits(minutes % 60)}`
    },
    fromWallClock(wallMs) {
      // Near a change of clocks the offset at the instant itself differs from the one at the first guess.
      return wallMs - offsetMs(wallMs - offsetMs(wallMs))
    },
  }
}

function twoDigits(value: number): string {
  return String(Math.trunc(value)).padStart(2, '0')
}
