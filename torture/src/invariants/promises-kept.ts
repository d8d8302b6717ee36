import type { Evidence } from '../evidence.ts'
import type { Invariant, Violation } from './invariant.ts'
import { trackingChanges } from './ledger-complete.ts'

/** Clocks of the processes and of the database are the same; rounding to milliseconds is not. */
const TOLERANCE_MS = 10
const MARKER = /tripline-note-[0-9a-f-]{36}/u

/** Whatever was acknowledged is stored: through kills, restarts of the database and all. */
export const promisesKept: Invariant = {
  name: 'every acknowledged edit is stored',
  check(evidence) {
    const { changes, reports, notes } = evidence.world.log
    return {
      checked: changes.length + reports.length + notes.length,
      of: 'edits',
      violations: [...lostChanges(evidence), ...lostReports(evidence), ...lostNotes(evidence)],
    }
  },
}

function lostChanges(evidence: Evidence): readonly Violation[] {
  return evidence.world.log.changes.flatMap((change) => {
    const { detectionId, sentAt, answeredAt } = change
    const history = trackingChanges(evidence, detectionId)
    const first = history[0]?.before ?? evidence.detections.get(detectionId)
    const states = [
      { from: 0, state: first },
      ...history.map(({ at, after }) => ({ from: at, state: after })),
    ]
    // Some state that held while the request was under way is what was asked for.
    const held = states.some(({ from, state }, index) => {
      const until = states[index + 1]?.from ?? Number.POSITIVE_INFINITY
      return (
        from <= answeredAt + TOLERANCE_MS &&
        until >= sentAt - TOLERANCE_MS &&
        (change.status === undefined || state?.status === change.status) &&
        (change.resolution === undefined || state?.resolution === change.resolution) &&
        (change.assignee === undefined || state?.assignee === change.assignee)
      )
    })
    return held
      ? []
      : [{ message: `An acknowledged change is in no ledger row: ${JSON.stringify(change)}`, detectionId }]
  })
}

function lostReports({ world, detections }: Evidence): readonly Violation[] {
  const violations: Violation[] = []
  for (const [externalId, same] of Map.groupBy(world.log.reports, (report) => report.externalId)) {
    const ids = new Set(same.map(({ detectionId }) => detectionId))
    const [detectionId = ''] = ids
    if (ids.size > 1)
      violations.push({ message: `${externalId} is several detections: ${[...ids].join(', ')}`, detectionId })
    const stored = detections.get(detectionId)
    const newest = Math.max(...same.map(({ updateTime }) => updateTime))
    if (stored === undefined || stored.updateTime < newest) {
      violations.push({
        message: `News of ${externalId} from ${new Date(newest).toISOString()} is not stored`,
        detectionId,
      })
    } else if (world.reports.get(`${externalId} ${stored.updateTime}`) !== stored.title) {
      violations.push({
        message: `${externalId} has the title of another report: ${stored.title}`,
        detectionId,
      })
    }
  }
  return violations
}

/** Each note stands once in each ticket that it was written to, or the reason why not is recorded. */
function lostNotes({ world, comments, links, tickets, ...evidence }: Evidence): readonly Violation[] {
  const violations: Violation[] = []
  const counts = new Map<string, number>()
  for (const { ticket } of tickets) {
    const markers = ticket.comments.map((text) => MARKER.exec(text)?.[0] ?? '')
    for (const [marker, same] of Map.groupBy(markers, (each) => each)) {
      counts.set(marker, (counts.get(marker) ?? 0) + 1)
      if (same.length === 1 || marker === '') continue
      violations.push({
        message: `The note ${marker} stands ${same.length} times in ${ticket.key}`,
        ticketId: ticket.id,
      })
    }
  }
  for (const [marker, rows] of Map.groupBy(comments, (row) => row.marker)) {
    const expected = rows.filter(({ commentId }) => commentId !== null).length
    const found = counts.get(marker) ?? 0
    if (found >= expected) continue
    violations.push({
      message: `The note ${marker} is recorded as ${expected} comments, and there are ${found}`,
    })
  }
  for (const { commentId, reason, linkId, marker } of comments) {
    const link = links.find((each) => each.linkId === linkId)
    if (commentId !== null || reason !== null || link?.state !== 'active') continue
    if (link.syncState === 'pending') continue
    const { detectionId, ticketKey } = link
    violations.push({
      message: `The note ${marker} is not in ${ticketKey}, and nothing says why`,
      detectionId,
    })
  }
  for (const { noteId, detectionId } of world.log.notes) {
    const id = noteId.split(':').at(-1)
    if (
      evidence
        .eventsOf(detectionId)
        .some(({ kind, change }) => kind === 'NOTE_ADDED' && change['noteId'] === id)
    )
      continue
    violations.push({ message: `The acknowledged note ${noteId} is not stored`, detectionId })
  }
  return violations
}
