import {
  accountFor,
  isAt,
  outcomeFor,
  statusAgrees,
  statusTarget,
  usernameFor,
  type SyncPlan,
} from '../../src/index.ts'
import type { Edit, EditMoment } from './arbitrary-worlds.ts'
import type { Round, SyncWorld } from './sync-world.ts'
import { statusText, ticketStatusText } from './ticketing-system.ts'

export const trackedFields = ['status', 'assignee'] as const
type TrackedField = (typeof trackedFields)[number]
type Side = 'ours' | 'theirs'

interface Pending {
  readonly side: Side
  readonly field: TrackedField
  readonly value: string | null
}

/** Carries out edits and remembers those of which neither the other side nor a record knows yet. */
export class EditLog {
  readonly counts = { status: 0, assignee: 0, summary: 0 }
  readonly #world: SyncWorld
  #pending: readonly Pending[] = []
  #statusRead = ''
  #duringRound: readonly Pending[] = []

  constructor(world: SyncWorld) {
    this.#world = world
  }

  get pending(): readonly Pending[] {
    return this.#pending
  }

  before(edit: Edit): void {
    this.#pending = this.#carryOut(edit, this.#pending, 'before', null)
  }

  /** An edit while a plan is being carried out. */
  during(edit: Edit, moment: EditMoment, plan: SyncPlan): void {
    this.#pending = this.#pending.filter(({ side, field }) => side !== edit.side || field !== fieldOf(edit))
    this.#duringRound = this.#carryOut(edit, this.#duringRound, moment, plan)
  }

  /** Where both sides agree at this moment, what was changed before has arrived. */
  reading(): void {
    this.#statusRead = this.#world.system.row.status
    this.#pending = this.#pending.filter((pending) => !this.#isCarried(pending))
  }

  after(round: Round): void {
    const isOpen = (pending: Pending): boolean =>
      !round.written.has(pending.field) && !isReported(pending, round) && !this.#isCarried(pending)
    this.#pending = [
      ...this.#pending.filter((pending) => isOpen(pending) && !round.planned.has(pending.field)),
      ...this.#duringRound.filter((pending) => isOpen(pending) && !isDecided(pending, round)),
    ]
    this.#duringRound = []
  }

  #carryOut(
    edit: Edit,
    log: readonly Pending[],
    moment: EditMoment,
    plan: SyncPlan | null,
  ): readonly Pending[] {
    const { system } = this.#world
    const field = fieldOf(edit)
    const valueBefore = field === 'summary' ? null : this.#value(edit.side, field)
    this.counts[field] += 1
    if (edit.side === 'theirs') {
      if ('status' in edit) system.move(edit.status, edit.resolution)
      else system.row = { ...system.row, ...edit }
    } else if ('change' in edit) this.#world.track(edit.change)
    else this.#world.summary = edit.summary
    if (field === 'summary' || this.#value(edit.side, field) === valueBefore) return log
    const others = log.filter((pending) => pending.side !== edit.side || pending.field !== field)
    const isBlurred = edit.side === 'theirs' && plan !== null && this.#isBlurred(field, moment, plan)
    const value = this.#value(edit.side, field)
    return isBlurred || !this.#isChange(edit.side, field, value)
      ? others
      : [...others, { side: edit.side, field, value }]
  }

  /**
   * What we were about to write, set by hand, is what we wrote. A resolution given right after our transition cannot be told
   * from one that the system gives by itself.
   */
  #isBlurred(field: TrackedField, moment: EditMoment, { outbound, ticket }: SyncPlan): boolean {
    const { system } = this.#world
    if (field === 'assignee') return system.row.assignee === outbound.assignee?.accountId
    if (moment === 'written') return system.row.status === this.#statusRead
    return outbound.status !== undefined && system.isThere(ticket, outbound.status)
  }

  #isChange(side: Side, field: TrackedField, value: string | null): boolean {
    if (this.#world.mappings.ownership[field] === 'create-only') return false
    const base = this.#world.base[field]
    return base !== undefined && base[side] !== value
  }

  #value(side: Side, field: TrackedField): string | null {
    const { tracking, system } = this.#world
    if (field === 'status') return statusText(side === 'ours' ? tracking : system.row)
    return side === 'ours' ? tracking.assignee : system.row.assignee
  }

  #isCarried({ side, field, value }: Pending): boolean {
    if (this.#value(side, field) !== value) return false
    return agreesInMeaning(this.#world, field, side)
  }
}

function isReported({ side, field, value }: Pending, { overwritten }: Round): boolean {
  return side === 'theirs' && overwritten.some((each) => each.field === field && each.value === value)
}

/** Set back to what the plan had been made from, which has dealt with it. */
function isDecided({ side, field, value }: Pending, { plan: { ticket }, isApplied }: Round): boolean {
  if (side === 'ours' || !isApplied) return false
  return value === (field === 'status' ? ticketStatusText(ticket) : (ticket.assignee?.id ?? null))
}

function fieldOf(edit: Edit): TrackedField | 'summary' {
  if ('summary' in edit) return 'summary'
  if (edit.side === 'ours') return edit.change.assignee === undefined ? 'status' : 'assignee'
  return 'status' in edit ? 'status' : 'assignee'
}

/** Whether what one side says is there on the other, as far as the mappings can say it. */
export function agreesInMeaning(world: SyncWorld, field: TrackedField, side: Side): boolean {
  const { tracking, mappings } = world
  const ticket = world.system.find()
  if (field === 'assignee') {
    const { assignee } = tracking
    if (assignee === null || ticket.assignee === null) return assignee === ticket.assignee
    return (
      accountFor(mappings, assignee) === ticket.assignee.id ||
      usernameFor(mappings, ticket.assignee) === assignee
    )
  }
  if (statusAgrees(mappings, tracking, ticket)) return true
  if (side === 'theirs') return false
  const target = statusTarget(mappings, tracking.status)
  if (target === null) return true
  const wanted = tracking.status === 'closed' ? outcomeFor(mappings, tracking.resolution).resolutionId : null
  return isAt(ticket.status, target) && (wanted === null || ticket.resolution?.id === wanted)
}
