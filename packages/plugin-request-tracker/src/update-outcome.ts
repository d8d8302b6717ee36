import {
  outcomeFromHistory,
  type SyncField,
  type Ticket,
  type TicketHistoryEntry,
  type UpdateOutcome,
} from '@tripline/core'
import { type CurrentTicket, readTicket } from './current-ticket.ts'
import { ownName } from './own-account.ts'
import type { RtClient } from './rt-client.ts'
import { categoryOf, comparableText } from './rt-mapping.ts'
import type { RtTransaction } from './rt-payloads.ts'
import type { RequestTrackerSettings } from './settings.ts'
import { fieldOf, shownValue, transactionsSince } from './ticket-history.ts'
import { ticketNumber } from './ticket-reference.ts'

const ATTEMPTS = 3

/** What became of an update whose answer was lost, as the ticket's history tells it; `null`: there is no such ticket. */
export async function findUpdateOutcome(
  client: RtClient,
  seen: Ticket,
  fields: readonly SyncField[],
  settings: RequestTrackerSettings,
): Promise<UpdateOutcome | null> {
  const read = await readWithHistory(client, seen, settings)
  if (read === null) return null
  const { current, transactions } = read
  const { raw, ticket } = current
  const changes = transactions.flatMap((transaction) => {
    const field = fieldOf(transaction, raw, settings)
    return field === null ? [] : [{ field, transaction }]
  })
  const unknown = { ticket, overwritten: [] }
  if (!changes.some(({ field }) => fields.includes(field))) return unknown
  const self = await ownName(client, settings)
  if (self === null) return unknown
  const entries: TicketHistoryEntry[] = []
  for (const { field, transaction } of changes) {
    const author = transaction.Creator.id
    const value = await valueOf(client, field, transaction, ticket, settings)
    entries.push({ isOurs: author === self, author, ...value })
  }
  return outcomeFromHistory(seen, ticket, entries)
}

/**
 * A ticket and what was done to it since it was seen, oldest first. RT changes a ticket a moment before it writes down that
 * it did, and others go on changing it: it is read until it is as old as its history.
 */
async function readWithHistory(
  client: RtClient,
  seen: Ticket,
  settings: RequestTrackerSettings,
): Promise<{ readonly current: CurrentTicket; readonly transactions: readonly RtTransaction[] } | null> {
  for (let attempt = 1; ; attempt += 1) {
    const current = await readTicket(client, ticketNumber(seen), settings)
    if (current === null) return null
    const { id, revision } = current.ticket
    // Of a ticket that was never read, nobody knows where its history goes on.
    if (seen.revision === undefined || revision === undefined) return { current, transactions: [] }
    const transactions = await transactionsSince(client, id, seen.revision)
    const isNewer = transactions.some((transaction) => Number(transaction.id) > Number(revision))
    if (!isNewer || attempt === ATTEMPTS) return { current, transactions }
  }
}

/** What a transaction gave a field. */
async function valueOf(
  client: RtClient,
  field: SyncField,
  { NewValue }: RtTransaction,
  ticket: Ticket,
  settings: RequestTrackerSettings,
): Promise<Omit<TicketHistoryEntry, 'isOurs' | 'author'>> {
  switch (field) {
    case 'status': {
      const id = NewValue ?? ''
      if (id === ticket.status.id) return { status: ticket.status, resolution: ticket.resolution }
      const status = { id, name: id }
      return { status, resolution: categoryOf(id, settings) === 'done' ? status : null }
    }
    case 'assignee': {
      const id = await shownValue(client, field, NewValue ?? null)
      return { assignee: id === null ? null : { id, name: id } }
    }
    case 'summary':
    case 'priority':
      return { content: { [field]: NewValue ?? '' } }
    case 'description':
      return { content: { description: comparableText(NewValue ?? '') } }
    case 'labels':
      // Each label comes and goes by itself.
      return {}
  }
}
