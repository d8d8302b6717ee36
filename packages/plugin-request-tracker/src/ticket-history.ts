import type { OverwrittenValue, SyncField, Ticket } from '@tripline/core'
import type { CurrentTicket } from './current-ticket.ts'
import { ownName } from './own-account.ts'
import type { RtClient } from './rt-client.ts'
import { nobody } from './rt-mapping.ts'
import type { RtTicket, RtTransaction } from './rt-payloads.ts'
import type { RequestTrackerSettings } from './settings.ts'

/**
 * What others had set of the fields that we wrote, after the ticket was read and before we wrote. RT compares the tag of
 * a write before it begins with it, so that a moment remains in which that can happen.
 */
export async function overwrittenValues(
  client: RtClient,
  begun: CurrentTicket,
  written: ReadonlySet<SyncField>,
  settings: RequestTrackerSettings,
): Promise<readonly OverwrittenValue[]> {
  const { id, revision } = begun.ticket
  if (revision === undefined) return []
  const entries = (await transactionsSince(client, id, revision)).flatMap((transaction) => {
    const field = fieldOf(transaction, begun.raw, settings)
    return field !== null && written.has(field) ? [{ field, transaction }] : []
  })
  const histories = [...written].map((field) => ({
    field,
    history: entries.filter((entry) => entry.field === field).map(({ transaction }) => transaction),
  }))
  const contested = histories.filter(
    ({ history }) => new Set(history.map(({ Creator }) => Creator.id)).size > 1,
  )
  if (contested.length === 0) return []
  // Who we are matters only where several people changed the same field in that moment.
  const self = await ownName(client, settings)
  const overwritten: OverwrittenValue[] = []
  for (const { field, history } of contested) {
    for (const { Creator, NewValue } of replaced(history, self)) {
      const value = await shownValue(client, field, NewValue ?? null)
      if (value !== valueOf(field, begun.ticket)) overwritten.push({ field, value, author: Creator.id })
    }
  }
  return overwritten
}

/** What was done to a ticket since it had a revision, oldest first. */
export async function transactionsSince(
  client: RtClient,
  id: string,
  revision: string,
): Promise<readonly RtTransaction[]> {
  const transactions: RtTransaction[] = []
  for await (const transaction of client.listHistory(id)) {
    if (Number(transaction.id) <= Number(revision)) break
    transactions.unshift(transaction)
  }
  return transactions
}

const SET_FIELDS: Readonly<Record<string, SyncField>> = {
  Subject: 'summary',
  Priority: 'priority',
  Owner: 'assignee',
}

/** The transactions of others that one of ours came directly upon. */
function replaced(history: readonly RtTransaction[], self: string | null): readonly RtTransaction[] {
  return history.filter((entry, index) => {
    const next = history[index + 1]
    return entry.Creator.id !== self && next !== undefined && next.Creator.id === self
  })
}

/** `null`: it changes nothing that is kept in step. */
export function fieldOf(
  { Field, Type }: RtTransaction,
  { CustomFields }: RtTicket,
  { descriptionField, labelsField }: RequestTrackerSettings,
): SyncField | null {
  if (Type === 'CustomField') {
    const name = CustomFields.find(({ id }) => id === Field)?.name.toLowerCase()
    if (name === undefined) return null
    if (name === descriptionField?.toLowerCase()) return 'description'
    return name === labelsField?.toLowerCase() ? 'labels' : null
  }
  if (Type === 'Status') return 'status'
  // A change of owner is there a second time as SetWatcher.
  if (Type !== 'Set') return null
  return SET_FIELDS[Field ?? ''] ?? null
}

function valueOf(field: SyncField, ticket: Ticket): string | null {
  if (field === 'status') return ticket.status.id
  if (field === 'assignee') return ticket.assignee?.id ?? null
  return ticket.content[field] ?? null
}

/** The history names owners by number. */
export async function shownValue(
  client: RtClient,
  field: SyncField,
  value: string | null,
): Promise<string | null> {
  if (field !== 'assignee') return value === '' ? null : value
  const name = value === null ? null : ((await client.getUser(value))?.Name ?? `user ${value}`)
  return name === nobody ? null : name
}
