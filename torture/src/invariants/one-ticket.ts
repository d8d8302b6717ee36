import type { Invariant, Violation } from './invariant.ts'

/** Each generation of each link has one ticket: counted in the ticketing system, by what the ticket was created with. */
export const oneTicket: Invariant = {
  name: 'exactly one ticket per detection and connection',
  check({ tickets, links, world }) {
    const violations: Violation[] = []
    const made = tickets.filter(({ ticket }) => ticket.dedupeKey !== null)
    for (const [key, same] of Map.groupBy(made, ({ site, ticket }) => `${site.name} ${ticket.dedupeKey}`)) {
      if (same.length === 1) continue
      violations.push({
        message: `${same.length} tickets were created for ${key}: ${same.map(({ ticket }) => ticket.key).join(', ')}`,
        detectionId: /tripline-(\d+)-/u.exec(key)?.[1] ?? '',
      })
    }
    for (const link of links) {
      const { detectionId, dedupeKey, state } = link
      const site = world.siteOf(link.connectionId)
      const own = made.filter(
        ({ site: of, ticket }) => of === site && isOfLink(ticket.dedupeKey ?? '', dedupeKey),
      )
      const newest = own.find(({ ticket }) => ticket.dedupeKey === dedupeKey)
      if (own.length > generationOf(dedupeKey)) {
        violations.push({ message: `${own.length} tickets for ${dedupeKey}`, detectionId })
      }
      const isByHand = link.remoteId !== null && newest === undefined
      if (state === 'active' && !isByHand && newest?.ticket.id !== link.remoteId) {
        violations.push({
          message: `The link ${dedupeKey} follows ticket ${link.remoteId}, but ticket ${newest?.ticket.id} was created for it`,
          detectionId,
        })
      }
      const follows = tickets.find(({ site: of, ticket }) => of === site && ticket.id === link.remoteId)
      const followedKey = follows?.ticket.dedupeKey ?? null
      if (state === 'active' && followedKey !== null && followedKey !== dedupeKey) {
        violations.push({
          message: `The link ${dedupeKey} follows ${follows?.ticket.key}, which was created for ${followedKey}`,
          detectionId,
        })
      }
    }
    return { checked: made.length, of: 'tickets', violations }
  },
}

/** The first generation has the bare key; later ones have their number behind it. */
function firstKey(key: string): string {
  return /^tripline-\d+-[0-9a-f]{12}/u.exec(key)?.[0] ?? key
}

function isOfLink(key: string, linkKey: string): boolean {
  return firstKey(key) === firstKey(linkKey)
}

function generationOf(key: string): number {
  return Number(key.slice(firstKey(key).length + 1) || '1')
}
