import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { SiteTicket, TicketChange, TicketState, TrackedField } from './site.ts'

type Row = Readonly<Record<string, SQLInputValue>>

/** What RT itself keeps whole seconds of. */
const MOMENTS = `
create table TortureMoments (id integer primary key, at integer not null);
create trigger TortureMoment after insert on Transactions begin
  insert into TortureMoments values (new.id, cast((julianday('now') - 2440587.5) * 86400000 as integer));
end;
`

const TICKETS = `
select ticket.id, ticket.Status as status, owner.Name as owner, queue.Name as queue, (
  select value.Content from ObjectCustomFieldValues value
  join CustomFields field on field.id = value.CustomField and field.Name = 'Tripline'
  where value.ObjectType = 'RT::Ticket' and value.ObjectId = ticket.id and value.Disabled = 0
) as dedupeKey
from Tickets ticket
join Users owner on owner.id = ticket.Owner
join Queues queue on queue.id = ticket.Queue
where ticket.Type = 'ticket'`

const TRANSACTIONS = `
select made.Type as type, coalesce(field.Name, made.Field, '') as field, made.OldValue as old, made.NewValue as new,
  made.Data as data, creator.Name as author, moment.at as at
from Transactions made
join Users creator on creator.id = made.Creator
left join TortureMoments moment on moment.id = made.id
left join CustomFields field on made.Type = 'CustomField' and field.id = made.Field
where made.ObjectType = 'RT::Ticket' and made.ObjectId = ? order by made.id`

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
    return this.#rows(`${TICKETS} order by ticket.id`).map((row) => this.#ticketOf(row))
  }

  ticketIds(): readonly string[] {
    return this.#rows(`select id from Tickets where Type = 'ticket' and Status <> 'deleted' order by id`).map(
      ({ id }) => String(id),
    )
  }

  /** One that is there. */
  ticket(id: string): SiteTicket | null {
    const [row] = this.#rows(`${TICKETS} and ticket.Status <> 'deleted' and ticket.id = ?`, id)
    return row === undefined ? null : this.#ticketOf(row)
  }

  queueOf(id: string): string {
    const [row] = this.#rows(`${TICKETS} and ticket.id = ?`, id)
    return String(row?.['queue'])
  }

  /** Whether the gateway has changed anything of a ticket since a moment. */
  hasWritten(id: string, since: Date): boolean {
    return this.#rows(TRANSACTIONS, id).some(
      ({ at, author }) => author === OWN_NAME && Number(at) >= since.getTime(),
    )
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }

  #ticketOf({ dedupeKey, id, owner, status }: Row): SiteTicket {
    const changes = this.#changesOf(String(id))
    const state = this.#stateOf(String(status), String(owner))
    const deleted = status === 'deleted'
    const transactions = (): readonly Row[] => this.#rows(TRANSACTIONS, String(id))
    return {
      id: String(id),
      key: String(id),
      keys: [String(id)],
      dedupeKey: typeof dedupeKey === 'string' && dedupeKey !== '' ? dedupeKey : null,
      deleted,
      // What it was before it was deleted: to RT that is a status.
      state: deleted
        ? (changes.findLast(({ after }) => after.statusId !== 'deleted')?.after ??
          changes[0]?.before ??
          state)
        : state,
      history: changes.filter(({ after }) => !deleted || after.statusId !== 'deleted'),
      get comments() {
        // The subject of a comment, which the gateway's markers are.
        return transactions()
          .filter(({ type }) => type === 'Comment' || type === 'Correspond')
          .map(({ data }) => String(data))
      },
    }
  }

  /**
   * The changes since a ticket was made, each going on from the one before: what RT calls the old value is what whoever
   * made the change had read.
   */
  #changesOf(id: string): readonly TicketChange[] {
    const rows = this.#rows(TRANSACTIONS, id).filter(
      ({ field, type }) =>
        type === 'Status' || type === 'CustomField' || (type === 'Set' && field !== 'Started'),
    )
    const firstOf = (field: TrackedField): Row | undefined => rows.find((row) => trackedField(row) === field)
    const [ticket] = this.#rows(`${TICKETS} and ticket.id = ?`, id)
    const status = String(firstOf('status')?.['old'] ?? ticket?.['status'])
    const owner = firstOf('assignee')?.['old']
    let before = this.#stateOf(
      status,
      owner === undefined ? String(ticket?.['owner']) : this.#userName(owner),
    )
    return rows.map((row) => {
      const of = trackedField(row)
      const shown = (value: SQLInputValue | undefined): string | null => {
        if (value === null || value === undefined || value === '') return null
        return of === 'assignee' ? this.#userName(value) : String(value)
      }
      const [from, to] = [shown(row['old']), shown(row['new'])]
      const after =
        of === 'status'
          ? { ...this.#stateOf(String(to), NOBODY), assignee: before.assignee }
          : of === 'assignee'
            ? { ...before, assignee: to === NOBODY ? null : to }
            : before
      const change: TicketChange = {
        at: Number(row['at']),
        author: String(row['author']),
        ours: row['author'] === OWN_NAME,
        before,
        after,
        items: [{ field: String(row['field']), from, to, of }],
      }
      before = after
      return change
    })
  }

  /** RT has no resolutions: with which status a ticket was closed is what there is to say about it. */
  #stateOf(status: string, owner: string): TicketState {
    return {
      statusId: status,
      resolutionId: this.#isDone(status) ? status : null,
      assignee: owner === NOBODY ? null : owner,
    }
  }

  #userName(id: SQLInputValue): string {
    const [row] = this.#rows('select Name as name from Users where id = ?', id)
    return String(row?.['name'])
  }

  #rows(sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
    return this.#database.prepare(sql).all(...values) as readonly Row[]
  }
}

function trackedField({ field, type }: Row): TrackedField | undefined {
  if (type === 'Status') return 'status'
  return type === 'Set' && field === 'Owner' ? 'assignee' : undefined
}
