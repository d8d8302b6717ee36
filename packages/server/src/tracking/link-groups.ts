import type { PooledDatabase } from '../database/client.ts'
import { answerInGroups } from '../database/groups.ts'
import { MOST_PLANNED } from '../database/one-of.ts'
import { loadLinkWorks, type LinkWork } from './link-work.ts'
import { LinkSuperseded, type TicketLink } from './link.ts'
import { storeIntents, storeNewTickets, type CreateIntent, type TicketToStore } from './store-new-tickets.ts'

/**
 * What every new link has to read from the database and store there, done together for links that are worked on at the same
 * time: a statement and a commit cost about the same for several of them as for one.
 */
export interface LinkGroups {
  /** Reads a link with what belongs to it; `null`: there is no such link. */
  load(linkId: string): Promise<LinkWork | null>
  /**
   * Stores since when a create of a link's ticket may have been carried out; `null`: certainly none was.
   *
   * @throws LinkSuperseded when the ticket is not wanted any more
   */
  storeIntent(link: TicketLink, since: Date | null): Promise<void>
  /** Stores a link's new ticket, and returns whether both sides agree with that. @throws LinkSuperseded */
  storeNewTicket(ticket: TicketToStore): Promise<boolean>
}

/** For the links that one process works on. */
export function groupLinks(database: PooledDatabase): LinkGroups {
  const load = answerInGroups<string, LinkWork | null>({
    most: MOST_PLANNED,
    answerAll: async (linkIds) => {
      const works = await loadLinkWorks(database, linkIds)
      return linkIds.map((linkId) => fulfilled(works.get(linkId) ?? null))
    },
  })
  const storeIntent = answerInGroups<CreateIntent, void>({
    most: MOST_PLANNED,
    keyOf: ({ link }) => link.linkId,
    answerAll: async (intents) => {
      const wanted = await storeIntents(database, intents)
      return intents.map(({ link: { linkId } }) =>
        wanted.has(linkId) ? fulfilled(undefined) : rejected(new LinkSuperseded(linkId)),
      )
    },
  })
  const storeNewTicket = answerInGroups<TicketToStore, boolean>({
    most: MOST_PLANNED,
    keyOf: ({ work }) => work.link.detectionId,
    answerAll: async (tickets) => {
      const stored = await database
        .transaction()
        .execute((transaction) => storeNewTickets(transaction, tickets))
      return stored.map((each) => ('error' in each ? rejected(each.error) : fulfilled(each.agrees)))
    },
  })
  return { load, storeIntent: (link, since) => storeIntent({ link, since }), storeNewTicket }
}

function fulfilled<Value>(value: Value): PromiseFulfilledResult<Value> {
  return { status: 'fulfilled', value }
}

function rejected(reason: Error): PromiseRejectedResult {
  return { status: 'rejected', reason }
}
