import { type Ticket, TicketNotFound, type TicketRef } from '@tripline/core'
import type { RtClient } from './rt-client.ts'
import { categoryOf, toTicket } from './rt-mapping.ts'
import type { RtTicket } from './rt-payloads.ts'
import type { RequestTrackerSettings } from './settings.ts'
import { ticketNumber } from './ticket-reference.ts'
import { inactiveTicketQuery } from './ticket-sql.ts'

/** A ticket as it was read a moment ago. */
export interface CurrentTicket {
  readonly ticket: Ticket
  readonly raw: RtTicket
  readonly etag: string | null
}

/** `null`: there is none. RT answers for a ticket that was merged into another with that other one. */
export async function readTicket(
  client: RtClient,
  id: string,
  settings: RequestTrackerSettings,
): Promise<CurrentTicket | null> {
  const found = await client.getTicket(id)
  if (found === null) return null
  const { ticket: raw, etag } = found
  // The lifecycle has a status that the settings do not know, and RT tells of it only whether it is a final one.
  const asked = categoryOf(raw.Status, settings) === null
  const isInactive = asked && (await client.searchTickets(inactiveTicketQuery(raw.id), 1)).tickets.length > 0
  const revision = revisionIn(etag)
  const ticket = toTicket(raw, settings, isInactive)
  return { ticket: revision === null ? ticket : { ...ticket, revision }, raw, etag }
}

/** The number of the newest transaction, which is what RT makes a ticket's tag of. */
function revisionIn(etag: string | null): string | null {
  return /^(?:W\/)?"(\d+)"$/u.exec(etag ?? '')?.[1] ?? null
}

/** @throws TicketNotFound when there is none */
export async function requireTicket(
  client: RtClient,
  ref: TicketRef,
  settings: RequestTrackerSettings,
): Promise<CurrentTicket> {
  const current = await readTicket(client, ticketNumber(ref), settings)
  if (current === null) throw new TicketNotFound(`There is no ticket ${ref.key} (any more).`)
  return current
}
