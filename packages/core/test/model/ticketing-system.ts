import {
  isAt,
  ticketIdSchema,
  type OverwrittenValue,
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

/** What other people do while a ticket is being updated. */
export interface Meanwhile {
  /** After the ticket was compared with what had been seen, before it is written. */
  readonly checked?: () => void
  /** After the ticket was written, before it is read again. */
  readonly written?: () => void
}

interface Outcome {
  readonly refused: RefusedChange[]
  readonly overwritten: OverwrittenValue[]
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

  /**
   * Compares with what was seen, then writes, then reads: like every real one, it cannot do the first two at once, but it
   * keeps a history.
   */
  update(seen: Ticket, change: TicketChange, meanwhile: Meanwhile = {}): TicketUpdate {
    const outcome: Outcome = { refused: [], overwritten: [] }
    const compared = this.row
    const wanted = this.#parts(seen, change, outcome)
    meanwhile.checked?.()
    const before = this.row
    const statusId =
      wanted.status === undefined ? null : this.#transition(wanted.status, statusText(compared), outcome)
    if (this.row.status !== before.status || this.row.resolution !== before.resolution)
      this.writes.status += 1
    if (wanted.assignee !== undefined) this.#assign(wanted.assignee.accountId, compared.assignee, outcome)
    if (wanted.summary !== undefined) this.#reword(wanted.summary, compared.summary, outcome)
    meanwhile.written?.()
    return { ticket: this.find(), statusId, ...outcome }
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

  /** The parts of a change that still find what was seen, or what they want. */
  #parts(seen: Ticket, change: TicketChange, { refused }: Outcome): TicketChange {
    const { assignee, summary } = this.row
    const { status: toStatus, assignee: toAssignee, summary: toSummary, ...rest } = change
    const finds = (field: RefusedChange['field'], isAsSeen: boolean, isThere: boolean): boolean => {
      if (isAsSeen || isThere) return true
      refused.push({ field, code: 'changed_meanwhile', message: field })
      return false
    }
    const isSeenStatus = seen.status.id === '' || ticketStatusText(seen) === statusText(this.row)
    const keeps = {
      status: toStatus !== undefined && finds('status', isSeenStatus, this.isThere(seen, toStatus)),
      assignee:
        toAssignee !== undefined &&
        finds('assignee', (seen.assignee?.id ?? null) === assignee, toAssignee.accountId === assignee),
      summary:
        toSummary !== undefined &&
        finds('summary', seen.content.summary === summary, this.shape.normalise(toSummary) === summary),
    }
    return {
      ...rest,
      ...(keeps.status && toStatus !== undefined ? { status: toStatus } : {}),
      ...(keeps.assignee && toAssignee !== undefined ? { assignee: toAssignee } : {}),
      ...(keeps.summary && toSummary !== undefined ? { summary: toSummary } : {}),
    }
  }

  /** Whether nothing is left to be done, nor anything there that was neither seen nor asked for. */
  isThere(seen: Ticket, { target, resolutionId }: StatusChange): boolean {
    return (
      isAt(this.#status(this.row.status), target) &&
      this.row.resolution === (resolutionId ?? seen.resolution?.id ?? null)
    )
  }

  #transition(change: StatusChange, compared: string, outcome: Outcome): string | null {
    const refuse = (code: RefusedChange['code']): void => {
      outcome.refused.push({ field: 'status', code, message: code })
    }
    const before = statusText(this.row)
    const wrote = (): void => {
      if (before !== compared && !outcome.overwritten.some(({ field }) => field === 'status'))
        outcome.overwritten.push({ field: 'status', value: before, author: 'somebody' })
    }
    let reached: string | null = null
    if (!isAt(this.#status(this.row.status), change.target)) {
      for (const hop of hopsFrom(this.row.status, change.via)) {
        if (!this.#hop(hop, null)) {
          refuse('no_transition')
          return reached
        }
        wrote()
        reached = hop
      }
      const to = this.shape.statuses.find(
        (status) => isAt(status, change.target) && this.#leadsTo(status.id),
      )?.id
      if (to === undefined || !this.#hop(to, change.resolutionId)) {
        refuse('no_transition')
        return reached
      }
      wrote()
      reached = to
    } else if (change.resolutionId !== null && this.row.resolution !== change.resolutionId) {
      if (!this.shape.takesResolution || this.row.resolution === null) refuse('not_editable')
      else {
        this.row = { ...this.row, resolution: change.resolutionId }
        wrote()
      }
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

  #assign(accountId: string | null, compared: string | null, { refused, overwritten }: Outcome): void {
    if (accountId !== null && this.shape.unassignable.has(accountId)) {
      if (!this.shape.dropsAssignments)
        refused.push({ field: 'assignee', code: 'not_assignable', message: accountId })
      return
    }
    const { assignee } = this.row
    if (assignee === accountId) return
    this.writes.assignee += 1
    if (assignee !== compared) overwritten.push({ field: 'assignee', value: assignee, author: 'somebody' })
    this.row = { ...this.row, assignee: accountId }
  }

  #reword(text: string, compared: string | null, { refused, overwritten }: Outcome): void {
    if (!this.shape.editable) {
      refused.push({ field: 'summary', code: 'not_editable', message: 'summary' })
      return
    }
    const summary = this.shape.normalise(text)
    if (this.row.summary === summary) return
    this.writes.summary += 1
    if (this.row.summary !== compared)
      overwritten.push({ field: 'summary', value: this.row.summary, author: 'somebody' })
    this.row = { ...this.row, summary }
  }
}

/** A status as one text, with its resolution where there is one. */
export function statusText({ status, resolution }: Pick<TicketRow, 'status' | 'resolution'>): string {
  return resolution === null ? status : `${status}/${resolution}`
}

/** The status of a ticket as {@link statusText} has it. */
export function ticketStatusText({ status, resolution }: Ticket): string {
  return statusText({ status: status.id, resolution: resolution?.id ?? null })
}

function hopsFrom(status: string, via: readonly string[]): readonly string[] {
  return via.slice(via.indexOf(status) + 1)
}
