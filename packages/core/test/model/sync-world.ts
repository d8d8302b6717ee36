import {
  baseAfterCreate,
  changeTracking,
  isEmptyPlan,
  planSync,
  settleBase,
  trackingSettingsSchema,
  unappliedFields,
  type OurSide,
  type OverwrittenValue,
  type SyncBase,
  type SyncField,
  type SyncInput,
  type SyncMappings,
  type SyncPlan,
  type TrackingChange,
  type TrackingState,
} from '../../src/index.ts'
import type { TicketingSystem } from './ticketing-system.ts'

const settings = trackingSettingsSchema.parse({ internalTracking: true, externalTracking: true })

/** What happens on either side while a link is being reconciled. */
export interface Meanwhile {
  /** After the plan was made, before it is carried out. */
  readonly planned?: (plan: SyncPlan) => void
  /** After the detection was changed, before the ticket is. */
  readonly applied?: (plan: SyncPlan) => void
  /** After the ticket was compared with what the plan was made from, before it is written. */
  readonly checked?: (plan: SyncPlan) => void
  /** After the ticket was written, before it is read again. */
  readonly written?: (plan: SyncPlan) => void
}

/** What one round of reconciling did and could not do. */
export interface Round {
  readonly plan: SyncPlan
  /** Whether the plan was carried out: the detection was still as it had been planned for. */
  readonly isApplied: boolean
  /** Fields with a conflict or a value without a word. */
  readonly planned: ReadonlySet<SyncField>
  /** Fields whose write was refused or without effect. */
  readonly written: ReadonlySet<SyncField>
  /** What our write replaced without anybody here having seen it. */
  readonly overwritten: readonly OverwrittenValue[]
}

const untouched = { written: new Set<SyncField>(), overwritten: [] }

/** One detection linked to one ticket, reconciled as the engine does it. */
export class SyncWorld {
  readonly system: TicketingSystem
  readonly mappings: SyncMappings
  tracking: TrackingState
  summary: string
  base: SyncBase = {}
  /** How often reconciling changed the detection, per field. */
  readonly changes = { status: 0, assignee: 0 }
  decisions: SyncInput['decisions'] = {}

  constructor(
    system: TicketingSystem,
    mappings: SyncMappings,
    tracking: Partial<TrackingState> = {},
    summary = 'one',
  ) {
    this.system = system
    this.mappings = mappings
    this.tracking = { status: 'open', resolution: null, assignee: null, ticketId: 'SEC-1', ...tracking }
    this.summary = summary
  }

  get ours(): OurSide {
    return {
      tracking: this.tracking,
      text: { summary: this.summary, description: [], priority: null, labels: [] },
    }
  }

  /** Goes on as after the creation of the ticket from this detection. */
  created(): void {
    this.base = baseAfterCreate(this.ours, this.system.find())
  }

  /** What a person does here. */
  track(change: TrackingChange): void {
    this.tracking = changeTracking(this.tracking, change, settings, 'person')
  }

  plan(): SyncPlan {
    return planSync({
      base: this.base,
      ours: this.ours,
      ticket: this.system.find(),
      mappings: this.mappings,
      decisions: this.decisions ?? {},
    })
  }

  reconcile(meanwhile: Meanwhile = {}): Round {
    const plan = this.plan()
    const before = this.tracking
    meanwhile.planned?.(plan)
    // The engine applies a plan only to the version of the detection that it was made from.
    if (this.tracking !== before) return { plan, isApplied: false, planned: new Set(), ...untouched }
    this.#apply(plan)
    const planned = new Set([...plan.conflicts, ...plan.unmapped].map(({ field }) => field))
    meanwhile.applied?.(plan)
    if (Object.keys(plan.outbound).length === 0) return { plan, isApplied: true, planned, ...untouched }
    const update = this.system.update(plan.ticket, plan.outbound, {
      checked: () => meanwhile.checked?.(plan),
      written: () => meanwhile.written?.(plan),
    })
    this.base = settleBase(plan, update)
    const failed = [...update.refused, ...unappliedFields(plan, update)]
    return {
      plan,
      isApplied: true,
      planned,
      written: new Set(failed.map(({ field }) => field)),
      overwritten: update.overwritten,
    }
  }

  /** Reconciles until nothing is left to do, at most four times. */
  rest(): Round {
    for (let round = 1; round < 4; round += 1) {
      const result = this.reconcile()
      if (isEmptyPlan(result.plan)) return result
    }
    return this.reconcile()
  }

  #apply(plan: SyncPlan): void {
    const next = changeTracking(this.tracking, plan.inbound, settings, 'integration')
    if (next.status !== this.tracking.status || next.resolution !== this.tracking.resolution)
      this.changes.status += 1
    if (next.assignee !== this.tracking.assignee) this.changes.assignee += 1
    this.tracking = next
    this.base = plan.base
  }
}
