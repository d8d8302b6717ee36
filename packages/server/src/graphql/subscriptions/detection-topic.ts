import { matchesFilter, type Detection, type DetectionFilter } from '@tripline/core'
import type { RecordedEvent } from '../../ledger/event-reader.ts'
import type { EventChanges } from '../../ledger/ledger.ts'
import type { Topic } from './topic.ts'

/**
 * Changes of the detections that match a filter now, and of those that matched it before a change of their tracking
 * state, or before a rule hid them: so whoever shows a filtered list learns what leaves it. What leaves by a change of content (a risk score that
 * falls) is not told, because the ledger does not keep the content before it.
 */
export function detectionTopic(filter: DetectionFilter): Topic {
  return {
    async select(burst) {
      if (!burst.events.some(({ detectionId }) => detectionId !== null)) return []
      const detections = await burst.detections()
      return burst.events.flatMap((event) => {
        const detection = event.detectionId === null ? undefined : detections.get(event.detectionId)
        if (detection === undefined || !concerns(filter, event, detection)) return []
        return [{ position: event.position, value: event }]
      })
    },
  }
}

function concerns(filter: DetectionFilter, event: RecordedEvent, detection: Detection): boolean {
  if (matchesFilter(filter, detection)) return true
  if (event.kind === 'DETECTION_HIDDEN' || event.kind === 'DETECTION_SHOWN') {
    return matchesFilter({ ...filter, hidden: 'include' }, detection)
  }
  if (event.kind !== 'TRACKING_CHANGED') return false
  // Also what it went to: somebody else may have changed it again since.
  const { before, after } = event.change as EventChanges['TRACKING_CHANGED']
  return [before, after].some((tracking) => matchesFilter(filter, { ...detection, tracking }))
}
