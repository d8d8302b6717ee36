import { DatabaseSync } from 'node:sqlite'
import type { SiteTicket, TicketChange, TicketState, TrackedField } from './site.ts'

interface TicketRow {
  readonly id: string
  readonly status: string
  readonly owner: string
  readonly queue: string
  readonly dedupeKey: string | null
}

interface TransactionRow {
  readonly type: string
  readonly field: string
  readonly old: string | null
  readonly new: string | null
  /** Of a comment: its subject. */
  readonly data: string | null
  readonly author: string
  readonly at: number
}

/** RT itself keeps whole seconds. */
const MOMENTS = `
create table TortureMoments (id integer primary key, at integer not null);
create trigger TortureMoment after insert on Transactions begin
  insert into TortureMoments values (new.id, cast((julianday('now') - 2440587.5) * 86400000 as integer));
end;
`

const TICKETS = `
select cast(ticket.id as text) as id, ticket.Status as status, owner.Name as owner, queue.Name as queue, (
  select cast(value.Content as text) from ObjectCustomFieldValues value
  join CustomFields field on field.id = value.CustomField and field.Name = 'Tripline'
  where value.ObjectType = 'RT::Ticket' and value.ObjectId = ticket.id and value.Disabled = 0
) as dedupeKey
from Tickets ticket
join Users owner on owner.id = ticket.Owner
join Queues queue on queue.id = ticket.Queue
where ticket.Type = 'ticket'`

// A change of owner is there a second time as SetWatcher.
const TRANSACTIONS = `
select made.Type as type, coalesce(custom.Name, made.Field, '') as field, made.Data as data, creator.Name as author,
  moment.at as at, coalesce(oldOwner.Name, made.OldValue) as old, coalesce(newOwner.Name, made.NewValue) as new
from Transactions made
join TortureMoments moment on moment.id = made.id
join Users creator on creator.id = made.Creator
left join CustomFields custom on made.Type = 'CustomField' and custom.id = made.Field
left join Users oldOwner on made.Field = 'Owner' and oldOwner.id = made.OldValue
left join Users newOwner on made.Field = 'Owner' and newOwner.id = made.NewValue
where made.ObjectType = 'RT::Ticket' and made.ObjectId = ?`

const NOBODY = 'Nobody'
const OWN_NAME = 'gateway'

/** RT's own database, read as it is, and the millisecond of every transaction, which the database is made to keep. */
export class RequestTrackerRecords implements Disposable {
  readonly #database: DatabaseSync
  readonly #isDone: (status: string) => boolean

  /** @param isDone whether a status is one that tickets are closed with */
  constructor(path: string, isDone: (status: string) => boolean) {
    const writer = new DatabaseSync(path, { timeout: 10_000 })
    writer.exec(MOMENTS)
    writer.close()
    this.#database = new DatabaseSync(path, { readOnly: true, timeout: 30_000 })
    this.#isDone = isDone
  }

  /** All there ever were. */
  tickets(): readonly SiteTicket[] {
    return this.#tickets(`${TICKETS} order by ticket.id`).map((row) => this.#ticketOf(row))
  }

  ticketIds(): readonly string[] {
    return this.#tickets(`${TICKETS} and ticket.Status <> 'deleted' order by ticket.id`).map(({ id }) => id)
  }

  /** One that is there. */
  ticket(id: string): SiteTicket | null {
    const [row] = this.#tickets(`${TICKETS} and ticket.Status <> 'deleted' and ticket.id = ?`, id)
    return row === undefined ? null : this.#ticketOf(row)
  }

  queueOf(id: string): string | null {
    return this.#tickets(`${TICKETS} and ticket.id = ?`, id)[0]?.queue ?? null
  }

  /** Whether the gateway has changed anything of a ticket since a moment. */
  hasWritten(id: string, since: Date): boolean {
    return this.#transactions(id).some(({ at, author }) => author === OWN_NAME && at >= since.getTime())
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }

  #ticketOf(row: TicketRow): SiteTicket {
    const { dedupeKey, id, status } = row
    const transactions = this.#transactions(id)
    // To RT deleted is a status; what the ticket was before is what there is to say about it.
    const isDeleted = status === 'deleted'
    const history = this.#changes(row, transactions).filter(
      ({ after }) => !isDeleted || after.statusId !== 'deleted',
    )
    return {
      id,
      key: id,
      keys: [id],
      dedupeKey: dedupeKey === '' ? null : dedupeKey,
      deleted: isDeleted,
      state: isDeleted
        ? (history.at(-1)?.after ?? this.#stateAtFirst(row, transactions))
        : this.#stateOf(status, row.owner),
      history,
      // The gateway's marker is the subject of its comment.
      comments: transactions
        .filter(({ type }) => type === 'Comment' || type === 'Correspond')
        .map(({ data }) => data ?? ''),
    }
  }

  /**
   * The changes since a ticket was made, each going on from the one before: what RT calls the old value is what whoever
   * made the change had read.
   */
  #changes(ticket: TicketRow, transactions: readonly TransactionRow[]): readonly TicketChange[] {
    let before = this.#stateAtFirst(ticket, transactions)
    return transactions.filter(isChange).map((row): TicketChange => {
      const { at, author, field, old: from, new: to } = row
      const of = trackedField(row)
      const after = this.#stateAfter(before, of, to ?? '')
      const items = [{ field, from, to, of }]
      const change = { at, author, ours: author === OWN_NAME, before, after, items }
      before = after
      return change
    })
  }

  #stateAtFirst({ owner, status }: TicketRow, transactions: readonly TransactionRow[]): TicketState {
    const first = (field: TrackedField): string | null | undefined =>
      transactions.find((row) => trackedField(row) === field)?.old
    return this.#stateOf(first('status') ?? status, first('assignee') ?? owner)
  }

  #stateOf(status: string, owner: string): TicketState {
    const unborn = { statusId: '', resolutionId: null, assignee: null }
    return this.#stateAfter(this.#stateAfter(unborn, 'status', status), 'assignee', owner)
  }

  #stateAfter(before: TicketState, field: TrackedField | undefined, value: string): TicketState {
    if (field === undefined) return before
    if (field === 'assignee') return { ...before, assignee: value === NOBODY ? null : value }
    // RT has no resolutions: with which status a ticket was closed is what there is to say about it.
    return { ...before, statusId: value, resolutionId: this.#isDone(value) ? value : null }
  }

  #tickets(sql: string, ...ids: readonly string[]): readonly TicketRow[] {
    return this.#database.prepare(sql).all(...ids) as unknown as readonly TicketRow[]
  }

  #transactions(id: string): readonly TransactionRow[] {
    const rows = this.#database.prepare(`${TRANSACTIONS} order by made.id`).all(id)
    return rows as unknown as readonly TransactionRow[]
  }
}

function isChange({ type }: TransactionRow): boolean {
  return type === 'Status' || type === 'Set' || type === 'CustomField'
}

function trackedField({ field, type }: TransactionRow): TrackedField | undefined {
  if (type === 'Status') return 'status'
  return type === 'Set' && field === 'Owner' ? 'assignee' : undefined
}
