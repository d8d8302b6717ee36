import type { DetectionFilter } from '@tripline/core'

interface TicketRule {
  readonly name: string
  readonly filter?: DetectionFilter
}

/**
 * Each site has some detections for itself, some together with each of the others, and some that all have; with three
 * sites or more, no detection is without a ticket.
 */
const rules: readonly TicketRule[] = [
  { name: 'not trifling', filter: { riskScoreMin: 30 } },
  { name: 'tunnels', filter: { types: ['dns_tunnel'] } },
  { name: 'not too bad', filter: { riskScoreMax: 70 } },
  { name: 'bad', filter: { riskScoreMin: 50 } },
]

/** Which detections the site at a place gets tickets for. */
export function ticketRule(place: number, sites: number): TicketRule {
  const rule = rules[place]
  return sites === 1 || rule === undefined ? { name: 'all' } : rule
}
