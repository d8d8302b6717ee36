import { AnswerNow } from '@tripline/adapter-testkit/simulator'
import type { Chance } from './chance.ts'
import { colleagues, type Site, type SitePeople } from './site.ts'
import type { World } from './world.ts'

/** One thing that a person does to a ticket, in the ticketing system itself. */
export function actThere(world: World, chance: Chance): void {
  const site = chance.one(world.sites)
  const ids = site.ticketIds()
  if (ids.length === 0) return
  const id = chance.one(ids)
  const { people } = site
  const act = chance.weighted<() => void>([
    [50, () => move(people, id, chance)],
    [25, () => assign(people, id, chance)],
    [10, () => reword(people, id, chance)],
    [4, () => people.comment(id, 'Seen.', chance.one(colleagues))],
    [people.moveAway === undefined ? 0 : 3, () => people.moveAway?.(id, chance.one(colleagues))],
    [1, () => remove(world, site, id)],
  ])
  try {
    act()
    world.log.ticketEdits += 1
  } catch (error) {
    // The site forbids it: no such transition from here, for instance.
    if (!(error instanceof AnswerNow)) throw error
  }
}

function move(people: SitePeople, id: string, chance: Chance): void {
  const { resolutionIds, statusId } = chance.weighted(people.choices)
  const resolutionId = resolutionIds.length > 0 && chance.happens(0.8) ? chance.one(resolutionIds) : null
  people.move(id, statusId, resolutionId, chance.one(colleagues))
}

function assign(people: SitePeople, id: string, chance: Chance): void {
  const assignee = chance.happens(0.2) ? null : chance.one(colleagues)
  people.assign(id, assignee, chance.one(colleagues))
}

function reword(people: SitePeople, id: string, chance: Chance): void {
  const text = `In other words, ${chance.integer(1, 1_000_000)}`
  const words = chance.happens(0.5) ? { summary: text } : { description: text }
  people.reword(id, words, chance.one(colleagues))
}

function remove(world: World, site: Site, id: string): void {
  const ticket = site.ticket(id)
  // Not before it is known here: a ticket that is gone before its create was answered can only be made again.
  if (ticket === null || (ticket.dedupeKey !== null && !world.isKnownTicket(site, ticket))) return
  site.people.remove(id)
}
