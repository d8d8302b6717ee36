import {
  isAt,
  ticketIdSchema,
  type RefusedChange,
  type StatusChange,
  type Ticket,
  type TicketAccount,
  type TicketChange,
  type TicketStatus,
  type TicketUpdate,
} from '../../src/index.ts'

/** How one ticketing system is set up: its words, its workflow and its bad habits. */
export interface SystemShape {
  readonly statuses: readonly TicketStatus[]
  /** Pairs `from>to` that its workflow lacks. */
  readonly missingTransitions: ReadonlySet<string>
  readonly resolutions: readonly string[]
  /** What it resolves tickets with when a closing transition names nothing; `null`: nothing. */
  readonly defaultResolution: string | null
  /** Whether closing transitions take a resolution at all. */
  readonly takesResolution: boolean
  readonly accounts: readonly TicketAccount[]
  readonly unassignable: ReadonlySet<string>
  /** Whether an assignment that is not possible is dropped in silence, or refused. */
  readonly dropsAssignments: boolean
  readonly editable: boolean
  readonly normalise: (text: string) => string
}

/** What {@link TicketingSystem} keeps of its one ticket. */
export interface TicketRow {
  status: string
  resolution: string | null
  assignee: string | null
  summary: string | null
}

/** A ticketing system with one ticket, in memory, behind the `find` and `update` of an adapter. */
export class TicketingSystem {
  readonly shape: SystemShape
  row: TicketRow
  /** How often a write of ours changed something, per field. */
  readonly writes = { status: 0, assignee: 0, summary: 0 }

  constructor(shape: SystemShape, row: TicketRow) {
    this.shape = shape
    this.row = row
  }

  find(): Ticket {
    const { status, resolution, assignee, summary } = this.row
    return {
      id: ticketIdSchema.parse('10001'),
      key: 'SEC-1',
      url: 'https://tickets.example.com/SEC-1',
      container: 'SEC',
      status: this.#status(status),
      resolution: resolution === null ? null : { id: resolution, name: resolution },
      assignee: this.shape.accounts.find(({ id }) => id === assignee) ?? null,
      content: { summary },
      updatedAt: new Date(0),
    }
  }

  /** @param meanwhile what other people do between our writes and our reading of the result */
  update(change: TicketChange, meanwhile: () => void = () => {}): TicketUpdate {
    const refused: RefusedChange[] = []
    const before = this.row
    const statusId = change.status === undefined ? null : this.#transition(change.status, refused)
    if (this.row.status !== before.status || this.row.resolution !== before.resolution)
      this.writes.status += 1
    if (change.assignee !== undefined) this.#assign(change.assignee.accountId, refused)
    if (change.summary !== undefined) this.#reword(change.summary, refused)
    meanwhile()
    return { ticket: this.find(), statusId, refused }
  }

  /** What a person does there: the workflow does not bind administrators. */
  move(status: string, resolution: string | null): void {
    const done = this.#status(status).category === 'done'
    this.row = { ...this.row, status, resolution: done ? (resolution ?? this.shape.defaultResolution) : null }
  }

  #status(id: string): TicketStatus {
    const status = this.shape.statuses.find((candidate) => candidate.id === id)
    if (status === undefined) throw new Error(`The model has no status ${id}`)
    return status
  }

  #transition(change: StatusChange, refused: RefusedChange[]): string | null {
    const refuse = (code: RefusedChange['code']): void => {
      refused.push({ field: 'status', code, message: code })
    }
    if (this.row.status !== change.expected.id) {
      refuse('changed_meanwhile')
      return null
    }
    let reached: string | null = null
    if (!isAt(this.#status(this.row.status), change.target)) {
      for (const hop of hopsFrom(this.row.status, change.via)) {
        if (!this.#hop(hop, null)) {
          refuse('no_transition')
          return reached
        }
        reached = hop
      }
      const to = this.shape.statuses.find(
        (status) => isAt(status, change.target) && this.#leadsTo(status.id),
      )?.id
      if (to === undefined || !this.#hop(to, change.resolutionId)) {
        refuse('no_transition')
        return reached
      }
      reached = to
    } else if (change.resolutionId !== null && this.row.resolution !== change.resolutionId) {
      if (!this.shape.takesResolution || this.row.resolution === null) refuse('not_editable')
      else this.row = { ...this.row, resolution: change.resolutionId }
    }
    return reached
  }

  #leadsTo(to: string): boolean {
    return to === this.row.status || !this.shape.missingTransitions.has(`${this.row.status}>${to}`)
  }

  #hop(to: string, resolution: string | null): boolean {
    if (!this.#leadsTo(to)) return false
    this.move(to, this.shape.takesResolution ? resolution : null)
    return true
  }

  #assign(accountId: string | null, refused: RefusedChange[]): void {
    if (accountId !== null && this.shape.unassignable.has(accountId)) {
      if (!this.shape.dropsAssignments)
        refused.push({ field: 'assignee', code: 'not_assignable', message: accountId })
      return
    }
    if (this.row.assignee !== accountId) this.writes.assignee += 1
    this.row = { ...this.row, assignee: accountId }
  }

  #reword(text: string, refused: RefusedChange[]): void {
    if (!this.shape.editable) {
      refused.push({ field: 'summary', code: 'not_editable', message: 'summary' })
      return
    }
    const summary = this.shape.normalise(text)
    if (this.row.summary !== summary) this.writes.summary += 1
    this.row = { ...this.row, summary }
  }
}

function hopsFrom(status: string, via: readonly string[]): readonly string[] {
  return via.slice(via.indexOf(status) + 1)
}
