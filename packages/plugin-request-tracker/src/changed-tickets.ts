import { type ChangedTickets, Rejected, ticketIdSchema } from '@tripline/core'
import type { RtClient } from './rt-client.ts'
import type { FoundTicket } from './rt-payloads.ts'
import type { RequestTrackerSettings } from './settings.ts'
import { updatedTicketsQuery } from './ticket-sql.ts'

const PAGE = 100

/** Behind which ticket a list goes on; RT keeps whole seconds. */
interface Place {
  readonly since: Date
  /** `null`: with the first of that second. */
  readonly id: string | null
}

/** A page of the tickets that changed, the oldest change first. RT is asked for somewhat older ones too, which are left out. */
export async function listChangedTickets(
  client: RtClient,
  from: { readonly since: Date; readonly cursor: string | null; readonly now: Date },
  { queue }: RequestTrackerSettings,
): Promise<ChangedTickets> {
  const place = from.cursor === null ? { since: from.since, id: null } : parseCursor(from.cursor)
  const query = updatedTicketsQuery(queue, place.since, from.now)
  for (let page = 1; ; page += 1) {
    const found = await client.searchTickets(query, PAGE, page)
    const tickets = found.tickets.filter((ticket) => isBehind(place, ticket))
    const last = tickets.at(-1)
    if (last === undefined && found.more) continue
    return {
      tickets: tickets.map(({ id }) => ({ id: ticketIdSchema.parse(id), key: id })),
      nextCursor:
        last !== undefined && found.more ? JSON.stringify({ since: last.LastUpdated, id: last.id }) : null,
    }
  }
}

function isBehind({ since, id }: Place, ticket: FoundTicket): boolean {
  const changed = seconds(new Date(ticket.LastUpdated))
  const begun = seconds(since)
  return changed > begun || (changed === begun && (id === null || Number(ticket.id) > Number(id)))
}

const seconds = (instant: Date): number => Math.floor(instant.getTime() / 1000)

function parseCursor(cursor: string): Place {
  try {
    const { since, id } = JSON.parse(cursor) as { since: unknown; id: unknown }
    const instant = typeof since === 'string' ? new Date(since) : null
    if (instant !== null && !Number.isNaN(instant.getTime()) && typeof id === 'string' && /^\d+$/u.test(id))
      return { since: instant, id }
  } catch {
    // Not made by us; said below.
  }
  throw new Rejected('The cursor is not one of this connection.')
}
