import type { Invariant } from './invariant.ts'

/** The gateway writes because of something, never because of itself. */
export const noLoops: Invariant = {
  name: 'writes bounded by the number of edits and faults',
  check({ world, tickets }) {
    const writes = world.sites.reduce((sum, site) => sum + site.traffic.writes.length, 0)
    const faults = world.sites.reduce(
      (sum, site) => sum + Object.values(site.faults.counts()).reduce((total, times) => total + times, 0),
      0,
    )
    const { count } = world.log
    // A ticket takes three to be made; an edit reaches two tickets, which may have to be written in two parts.
    const bound = 3 * tickets.length + 4 * count + 2 * faults
    return {
      checked: writes,
      of: `writes for ${count} edits and ${faults} faults (at most ${bound})`,
      violations: writes > bound ? [{ message: `${writes} writes are more than ${bound}` }] : [],
    }
  },
}
