import type { TrackingState } from '@tripline/core'
import type { Evidence, LedgerRow } from './evidence.ts'
import type { Violation } from './invariants/invariant.ts'
import type { TrackedField } from './site.ts'

const MOST_LINES = 250

/** Everything that happened to what a violation is about, in the order of time, for whoever has to find the cause. */
export function storyOf(
  evidence: Evidence,
  { detectionId, ticketId, siteName, field }: Violation,
): readonly string[] {
  const lines: { readonly at: number; readonly text: string }[] = []
  const links = evidence.links.filter((link) => link.detectionId === detectionId)
  for (const { at, connectionId, eventId, kind, change } of evidence.eventsOf(detectionId ?? '')) {
    if (field !== undefined && !concerns(kind, change, field)) continue
    const cause = connectionId === null ? '' : ` by ${evidence.world.siteOf(connectionId).name}`
    lines.push({ at, text: `ledger ${eventId} ${kind}${cause} ${JSON.stringify(change)}` })
  }
  for (const { site, ticket } of evidence.tickets) {
    const isAbout =
      links.some((link) => evidence.ticketOf(link)?.ticket === ticket) ||
      (links.length === 0 && ticket.id === ticketId && (siteName ?? site.name) === site.name)
    if (!isAbout) continue
    for (const { at, author, items, ours } of ticket.history) {
      const about = items.filter(({ of }) => field === undefined || of === field)
      if (about.length === 0) continue
      const moves = about.map((item) => `${item.field} ${item.from} -> ${item.to}`).join(', ')
      const who = ours ? 'tripline' : author
      lines.push({ at, text: `${site.name} ${ticket.key} ${who}: ${moves.slice(0, 300)}` })
    }
    for (const request of site.traffic.requests) {
      const { at, fault, fields, isWrite, method, path, status } = request
      // Reads that went well say nothing.
      if (request.ticketId !== ticket.id || (!isWrite && status === 200 && fault === null)) continue
      if (field !== undefined && !fields.includes(field)) continue
      const what = `${method} ${path.slice(0, 120)} ${status ?? 'no answer'}${fault === null ? '' : ` (${fault})`}`
      lines.push({ at, text: `${site.name} request ${what}` })
    }
  }
  const sorted = lines.toSorted((left, right) => left.at - right.at)
  const shown = sorted
    .slice(-MOST_LINES)
    .map(({ at, text }) => `${new Date(at).toISOString().slice(11)} ${text}`)
  return [...links.map((link) => JSON.stringify(link)), ...shown]
}

function concerns(kind: string, change: LedgerRow['change'], field: TrackedField): boolean {
  if (kind === 'SYNC_CONFLICT') return (change['conflict'] as { field: string }).field === field
  if (kind === 'TICKET_WRITTEN') return JSON.stringify(change).includes(`"${field}"`)
  if (kind !== 'TRACKING_CHANGED') return /^(TICKET|SYNC_HALTED)/u.test(kind)
  const [before, after] = [change['before'], change['after']] as readonly TrackingState[]
  return (
    before?.[field] !== after?.[field] || (field === 'status' && before?.resolution !== after?.resolution)
  )
}
