import type { TrackingState } from '@tripline/core'
import { agrees } from '../agreement.ts'
import type { Evidence, KnownTicket, LedgerRow, LinkRow } from '../evidence.ts'
import type { TicketChange, TicketState, TrackedField } from '../site.ts'
import { differs } from '../ticket-timeline.ts'
import type { Invariant, Violation } from './invariant.ts'
import { trackingChanges } from './ledger-complete.ts'

const TOLERANCE_MS = 20

/**
 * Nobody's change of status or assignee disappears unseen. Both histories are complete, so each change can be followed:
 * whoever replaces a value that came from the other side must have known it, or say what was replaced.
 *
 * - A value of ours that the ticket's replaces had reached the ticket, or there is a conflict, or a record why not.
 * - A value of the ticket that ours replaces had been seen here, or there is a conflict, or a record why not.
 */
export const nothingLost: Invariant = {
  name: 'no change lost: carried over, superseded on its own side, or on record',
  check(evidence) {
    const violations: Violation[] = []
    let checked = 0
    let excused = 0
    for (const link of evidence.links) {
      for (const span of spansOf(evidence, link)) {
        for (const field of ['status', 'assignee'] as const) {
          const ours = lostHere(evidence, link, span, field)
          const theirs = lostThere(evidence, link, span, field)
          checked += ours.checked + theirs.checked
          excused += theirs.excused
          violations.push(...ours.violations, ...theirs.violations)
        }
      }
    }
    return { checked, of: 'replaced values', violations, excused: { count: excused, reason: UNDONE } }
  },
}

/** A time in which a link followed one ticket. */
interface Span {
  readonly known: KnownTicket
  readonly moves: readonly TicketChange[]
  readonly from: number
  readonly fromEvent: number
  readonly until: number
  readonly untilEvent: number
}

function spansOf(evidence: Evidence, link: LinkRow): readonly Span[] {
  const site = evidence.world.siteOf(link.connectionId)
  const spans: Span[] = []
  let open: Omit<Span, 'until' | 'untilEvent'> | null = null
  for (const { kind, change, at, eventId } of evidence.eventsOf(link.detectionId)) {
    if (change['linkId'] !== link.linkId) continue
    if (kind === 'TICKET_CREATED' || kind === 'TICKET_LINKED') {
      const known = evidence.ticketCalled(site, String(change['ticketKey']))
      if (known !== undefined)
        open = { known, moves: known.ticket.history, from: at, fromEvent: Number(eventId) }
    }
    if (kind === 'TICKET_UNLINKED' && open !== null) {
      spans.push({ ...open, until: at, untilEvent: Number(eventId) })
      open = null
    }
  }
  if (open !== null) {
    spans.push({ ...open, until: Number.POSITIVE_INFINITY, untilEvent: Number.POSITIVE_INFINITY })
  }
  return spans
}

interface Judged {
  readonly checked: number
  readonly excused: number
  readonly violations: readonly Violation[]
}

/** Values of ours that the ticket's replaced. */
function lostHere(evidence: Evidence, link: LinkRow, span: Span, field: TrackedField): Judged {
  const changes = trackingChanges(evidence, link.detectionId).filter(({ before, after }) =>
    changed(field, before, after),
  )
  const violations: Violation[] = []
  let checked = 0
  for (const [index, change] of changes.entries()) {
    const next = changes[index + 1]
    const isReplaced =
      next !== undefined &&
      change.connectionId !== link.connectionId &&
      // What another ticket was born with is nobody's change.
      !(field === 'status' && change.after.status === 'new') &&
      next.connectionId === link.connectionId &&
      change.eventId > span.fromEvent &&
      next.eventId < span.untilEvent
    if (!isReplaced) continue
    checked += 1
    const reached = statesWithin(span, agreedSince(changes, index, span, field, link), next.at).some(
      (state) => agrees(field, change.after, span.known.site, state),
    )
    if (reached || isOnRecord(evidence, link, field, change.at, next.at)) continue
    violations.push({
      message: `The ${field} ${shownHere(field, change.after)} of ${time(change.at)} was replaced by the ticket's ${shownHere(field, next.after)} at ${time(next.at)}, and it never reached ${span.known.ticket.key}`,
      detectionId: link.detectionId,
      ticketId: span.known.ticket.id,
      field,
    })
  }
  return { checked, violations, excused: 0 }
}

/**
 * Since when the value that a change led to may have been agreed on: whoever changes a value and changes it back before
 * anybody looked has changed nothing.
 */
function agreedSince(
  changes: ReturnType<typeof trackingChanges>,
  index: number,
  { from, known, moves }: Span,
  field: TrackedField,
  { connectionId }: LinkRow,
): number {
  const change = changes[index]
  if (change === undefined) return 0
  // What the link began with stood in the ticket when that was read, which is before the link was stored.
  const firstSeen = known.site.traffic.readsOf(known.ticket.id).findLast((at) => at <= from) ?? from
  const writtenWithin = (after: number, until: number): number | undefined =>
    moves.findLast(
      ({ at, ours, before, after: state }) =>
        ours && at > after && at <= until && differs(field, before, state),
    )?.at
  let since = change.at
  for (let place = index - 1; place >= 0; place -= 1) {
    const earlier = changes[place]
    if (earlier === undefined) break
    const written = writtenWithin(earlier.at, since)
    if (written !== undefined) return written
    if (!changed(field, earlier.after, change.after)) since = earlier.at
    // What is taken from the ticket is agreed on, and not what was there before.
    if (earlier.connectionId === connectionId) break
    if (!changed(field, earlier.before, change.after)) {
      // It held from the change before on, or from the beginning.
      const begun = Math.max(changes[place - 1]?.at ?? 0, firstSeen)
      since = writtenWithin(begun, earlier.at) ?? begun
    }
  }
  return since
}

/** Values of the ticket, set by others, that ours replaced. */
function lostThere(evidence: Evidence, link: LinkRow, span: Span, field: TrackedField): Judged {
  const { moves, known } = span
  const changes = moves.filter(({ before, after }) => differs(field, before, after))
  const states = statesHere(evidence, link.detectionId)
  const violations: Violation[] = []
  let checked = 0
  let excused = 0
  for (const [index, move] of changes.entries()) {
    const next = changes[index + 1]
    const isReplaced =
      next !== undefined &&
      !move.ours &&
      next.ours &&
      move.at > span.from + TOLERANCE_MS &&
      next.at < span.until
    if (!isReplaced) continue
    checked += 1
    const since = Math.min(changes[index - 1]?.at ?? span.from, standingSince(changes, index, field))
    const seen = states.some(
      ({ from, until, state }) =>
        from <= next.at + TOLERANCE_MS &&
        until >= since - TOLERANCE_MS &&
        agrees(field, state, known.site, move.after),
    )
    if (seen || restoresOurs(evidence, link, changes, index, field)) continue
    if (isOnRecord(evidence, link, field, move.at, next.at)) continue
    if (undoesUnknownWrite(evidence, link, changes[index - 1], move, field)) {
      excused += 1
      continue
    }
    violations.push({
      message: `The ${field} ${shownThere(field, move.after)} that somebody gave ${known.ticket.key} at ${time(move.at)} was replaced by ours, ${shownThere(field, next.after)}, at ${time(next.at)}, and was never seen here`,
      detectionId: link.detectionId,
      ticketId: known.ticket.id,
      field,
    })
  }
  return { checked, violations, excused }
}

const UNDONE = 'somebody undid our write before we learnt that it had arrived'

/** Whether a change took back a write of ours whose answer was lost: the ticket is as if it had never arrived. */
function undoesUnknownWrite(
  evidence: Evidence,
  { detectionId, linkId }: LinkRow,
  written: TicketChange | undefined,
  { at, after }: TicketChange,
  field: TrackedField,
): boolean {
  if (written?.ours !== true || differs(field, written.before, after)) return false
  return !evidence
    .eventsOf(detectionId)
    .some(
      (event) =>
        event.kind === 'TICKET_WRITTEN' &&
        event.change['linkId'] === linkId &&
        event.at >= written.at - TOLERANCE_MS &&
        event.at <= at + TOLERANCE_MS,
    )
}

/**
 * Whether a change brought back what we had written last, while nothing was taken from the ticket: both sides had agreed on
 * that, whatever the detection had become by the time the write arrived, and so it is no change to be seen.
 */
function restoresOurs(
  evidence: Evidence,
  { connectionId, detectionId }: LinkRow,
  changes: readonly TicketChange[],
  index: number,
  field: TrackedField,
): boolean {
  const [move, next] = changes.slice(index)
  const written = changes.slice(0, index).findLast(({ ours }) => ours)
  if (move === undefined || next === undefined || written === undefined) return false
  if (differs(field, written.after, move.after)) return false
  return !trackingChanges(evidence, detectionId).some(
    (change) =>
      change.connectionId === connectionId &&
      change.at > written.at &&
      change.at < next.at + TOLERANCE_MS &&
      changed(field, change.before, change.after),
  )
}

/**
 * Since when a value that somebody gave a ticket may have been agreed on: what was changed and changed back before anybody
 * looked is not changed. Besides, what was wanted here since the ticket's last change counts: somebody set just what we
 * were about to set.
 */
function standingSince(changes: readonly TicketChange[], index: number, field: TrackedField): number {
  const move = changes[index]
  if (move === undefined) return 0
  let since = move.at
  for (let place = index - 1; place >= 0; place -= 1) {
    const earlier = changes[place]
    if (earlier === undefined) break
    if (!differs(field, earlier.after, move.after)) since = earlier.at
    if (earlier.ours) break
    // It was there from the change before on, or from the beginning.
    if (!differs(field, earlier.before, move.after)) since = changes[place - 1]?.at ?? 0
  }
  return since
}

/** What is written to a record may be recorded a good while after it happened: a killed server's work waits for the next. */
const RECORD_DELAY_MS = 120_000

function isOnRecord(
  evidence: Evidence,
  link: LinkRow,
  field: TrackedField,
  from: number,
  until: number,
): boolean {
  return evidence.eventsOf(link.detectionId).some((event) => {
    if (event.change['linkId'] !== link.linkId) return false
    if (event.at < from - TOLERANCE_MS || event.at > until + RECORD_DELAY_MS) return false
    return names(event, field)
  })
}

function names({ kind, change }: LedgerRow, field: TrackedField): boolean {
  switch (kind) {
    case 'SYNC_CONFLICT':
      return (change['conflict'] as { field: string }).field === field
    case 'TICKET_WRITTEN':
      return (change['refused'] as readonly { field: string; code: string }[]).some(
        (refused) => refused.field === field && refused.code !== 'changed_meanwhile',
      )
    case 'SYNC_HALTED':
      return (change['reason'] as { field: string | null }).field === field
    default:
      return false
  }
}

/** The states a ticket was in between two moments, the one at the first moment included. */
function statesWithin({ known, moves }: Span, from: number, until: number): readonly TicketState[] {
  const before =
    moves.findLast(({ at }) => at < from - TOLERANCE_MS)?.after ?? moves[0]?.before ?? known.ticket.state
  const within = moves.filter(({ at }) => at >= from - TOLERANCE_MS && at <= until + TOLERANCE_MS)
  return [before, ...within.map(({ after }) => after)]
}

function statesHere(
  evidence: Evidence,
  detectionId: string,
): readonly { readonly from: number; readonly until: number; readonly state: TrackingState }[] {
  const changes = trackingChanges(evidence, detectionId)
  const first = changes[0]?.before ?? evidence.detections.get(detectionId)
  const states = [...(first === undefined ? [] : [{ at: 0, after: first }]), ...changes]
  return states.map(({ at, after }, index) => ({
    from: at,
    until: states[index + 1]?.at ?? Number.POSITIVE_INFINITY,
    state: after,
  }))
}

function changed(field: TrackedField, before: TrackingState, after: TrackingState): boolean {
  return field === 'assignee'
    ? before.assignee !== after.assignee
    : before.status !== after.status || before.resolution !== after.resolution
}

function shownHere(field: TrackedField, { status, resolution, assignee }: TrackingState): string {
  if (field === 'assignee') return assignee ?? '(nobody)'
  return resolution === null ? status : `${status}/${resolution}`
}

function shownThere(field: TrackedField, { statusId, resolutionId, assignee }: TicketState): string {
  return field === 'assignee' ? (assignee ?? '(nobody)') : `${statusId}/${resolutionId ?? 'none'}`
}

function time(at: number): string {
  return new Date(at).toISOString().slice(11)
}
