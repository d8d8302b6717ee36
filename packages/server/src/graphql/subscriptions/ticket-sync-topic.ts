import type { RecordedEvent } from '../../ledger/event-reader.ts'
import type { Topic } from './topic.ts'

/** The links whose sync a change may have touched: the one it names, else all of its detection. */
export function ticketSyncTopic(connectionId: string | null): Topic {
  return {
    async select(burst) {
      if (!burst.events.some(({ detectionId }) => detectionId !== null)) return []
      const links = await burst.links()
      return burst.events.flatMap((event) =>
        (links.get(event.detectionId ?? '') ?? [])
          .filter((link) => connectionId === null || link.connectionId === connectionId)
          .filter(({ linkId }) => (linkOf(event) ?? linkId) === linkId)
          .map(({ linkId }) => ({ position: event.position, value: linkId })),
      )
    },
  }
}

function linkOf({ change }: RecordedEvent): string | null {
  return 'linkId' in change ? change.linkId : null
}
