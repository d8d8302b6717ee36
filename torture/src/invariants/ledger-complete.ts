import { isDeepStrictEqual } from 'node:util'
import type { TrackingState } from '@tripline/core'
import type { Evidence } from '../evidence.ts'
import type { Invariant, Violation } from './invariant.ts'

/** A subscriber who changes servers whenever one dies saw every row once, in order. */
export const seenOnceInOrder: Invariant = {
  name: 'the ledger reached the subscriber without gap or repeat',
  check({ ledger, world }) {
    const rows = ledger.filter(({ detectionId }) => detectionId !== null).map(({ eventId }) => eventId)
    const { seen } = world.reader
    const violations: Violation[] = []
    const first = rows.findIndex((id, index) => seen[index] !== id)
    if (first >= 0 || seen.length !== rows.length) {
      const came = new Set(seen)
      const missed = rows.filter((id) => !came.has(id))
      const repeated = seen.length - new Set(seen).size
      violations.push({
        message: `${rows.length} rows, ${seen.length} seen: ${missed.length} missed (${missed.slice(0, 5).join(', ')}), ${repeated} repeated; from row ${first} on it differs: ${rows.slice(first, first + 4).join(', ')} came as ${seen.slice(first, first + 4).join(', ')}`,
      })
    }
    return { checked: rows.length, of: 'rows', violations }
  },
}

/** Every change of tracking begins where the one before ended, and the versions count them. */
export const contiguousVersions: Invariant = {
  name: 'each change in the ledger begins where the one before ended',
  check(evidence) {
    const violations: Violation[] = []
    let checked = 0
    for (const detection of evidence.detections.values()) {
      const { detectionId } = detection
      const changes = trackingChanges(evidence, detectionId)
      checked += changes.length
      for (const [index, { before }] of changes.entries()) {
        const previous = changes[index - 1]
        if (previous === undefined || isDeepStrictEqual(previous.after, before)) continue
        violations.push({
          message: `After ${JSON.stringify(previous.after)} comes a change of ${JSON.stringify(before)}`,
          detectionId,
        })
      }
      const last = changes.at(-1)
      const { status, resolution, assignee, ticketId, version } = detection
      if (last !== undefined && !isDeepStrictEqual(last.after, { status, resolution, assignee, ticketId })) {
        violations.push({
          message: `The last change led to ${JSON.stringify(last.after)}, not to what is stored`,
          detectionId,
        })
      }
      if (version !== changes.length + 1) {
        violations.push({ message: `Version ${version} after ${changes.length} changes`, detectionId })
      }
    }
    return { checked, of: 'changes', violations }
  },
}

/** A detection's changes of tracking, oldest first. */
export function trackingChanges(
  evidence: Evidence,
  detectionId: string,
): readonly {
  readonly at: number
  readonly eventId: number
  readonly connectionId: string | null
  readonly before: TrackingState
  readonly after: TrackingState
}[] {
  return evidence
    .eventsOf(detectionId)
    .filter(({ kind }) => kind === 'TRACKING_CHANGED')
    .map(({ at, eventId, connectionId, change }) => ({
      at,
      eventId: Number(eventId),
      connectionId,
      before: change['before'] as TrackingState,
      after: change['after'] as TrackingState,
    }))
}
