import { detectionStatuses, resolutions } from './detection-status.ts'
import type { TrackingState } from './detection.ts'
import {
  baseWhileWriting,
  planSync,
  settleBase,
  type FieldBase,
  type SyncBase,
  type SyncConflict,
  type SyncPlan,
} from './plan-sync.ts'
import type { ResolutionWords, SourceChange, SourceTracking } from './source-adapter.ts'
import { syncMappingsSchema, type SyncMappings } from './sync-mappings.ts'
import {
  ticketIdSchema,
  type RefusedChange,
  type Ticket,
  type TicketAccount,
  type TicketUpdate,
} from './ticket.ts'
import type { TrackingChange } from './tracking-change.ts'

/** What is kept in sync between a detection and the source that it comes from. */
export const trackedFields = ['status', 'assignee', 'ticketId'] as const
/** One thing that is kept in sync with a source. */
export type TrackedField = (typeof trackedFields)[number]

/** What both sides held when they last agreed, per field; see {@link SyncBase}. */
export type SourceSyncBase = Readonly<Partial<Record<TrackedField, FieldBase>>>

/** Who wins when both sides changed the same field. */
export const sourceConflictPolicies = ['prefer-tripline', 'prefer-source'] as const
/** `prefer-tripline`: what people and tickets say here; `prefer-source`: what the source shows. */
export type SourceConflictPolicy = (typeof sourceConflictPolicies)[number]

/** A field that both sides changed. */
export interface SourceConflict extends Omit<SyncConflict, 'field'> {
  readonly field: TrackedField
}

/** What {@link planSourceSync} looks at. */
export interface SourceSyncInput {
  readonly base: SourceSyncBase
  readonly ours: TrackingState
  readonly theirs: SourceTracking
  readonly conflicts: SourceConflictPolicy
  readonly resolutions: ResolutionWords
}

/** What to do to bring a detection and what its source shows of it together. */
export interface SourceSyncPlan {
  /** To apply to the detection; empty: nothing. */
  readonly inbound: TrackingChange
  /** To write to the source; empty: nothing. */
  readonly outbound: SourceChange
  readonly conflicts: readonly SourceConflict[]
  /** The base once `inbound` is applied, and before anything of `outbound` is. */
  readonly base: SourceSyncBase
  /** The base to store before `outbound` is written: by it our own value is recognised when no answer comes. */
  readonly baseWhileWriting: SourceSyncBase
  /** The base after `outbound` was written, from what the source shows then and the fields that it refused. */
  readonly settle: (shown: SourceTracking, refused: readonly TrackedField[]) => SourceSyncBase
}

/**
 * Merges a detection and what its source shows of it three ways, by the rules of {@link planSync}: to them the source is
 * a ticket that has our words for statuses. Ticket ids are merged as people are, who are names to be compared as well.
 */
export function planSourceSync(input: SourceSyncInput): SourceSyncPlan {
  const { status, assignee, ticketId } = input.base
  const tracking = planSync({
    base: present({ status: status ?? untouchedBase(input.theirs), assignee }),
    ours: { tracking: input.ours, text: noText },
    ticket: toTicket(input.theirs, input.theirs.assignee),
    mappings: mappingsFor(input, input.ours.assignee),
  })
  const ticket = planSync({
    base: present({ assignee: ticketId }),
    ours: { tracking: { status: 'open', resolution: null, assignee: input.ours.ticketId }, text: noText },
    ticket: toTicket(nothing, input.theirs.ticketId),
    mappings: mappingsFor(input, input.ours.ticketId),
  })
  return {
    inbound: { ...tracking.inbound, ...renamed(ticket.inbound.assignee) },
    outbound: {
      ...(tracking.outbound.status === undefined
        ? {}
        : { status: { status: input.ours.status, resolution: input.ours.resolution } }),
      ...(tracking.outbound.assignee === undefined ? {} : { assignee: input.ours.assignee }),
      ...(ticket.outbound.assignee === undefined ? {} : { ticketId: input.ours.ticketId }),
    },
    conflicts: [...tracking.conflicts, ...ticket.conflicts].flatMap((conflict) => {
      const isOfTicket = ticket.conflicts.includes(conflict)
      if (conflict.field !== 'assignee' && conflict.field !== 'status') return []
      return [{ ...conflict, field: isOfTicket ? 'ticketId' : conflict.field }]
    }),
    base: joined(tracking.base, ticket.base),
    baseWhileWriting: joined(baseWhileWriting(tracking), baseWhileWriting(ticket)),
    settle(shown, refused) {
      const tracked = settleBase(tracking, updateOf(tracking, toTicket(shown, shown.assignee), refused))
      const named: readonly TrackedField[] = refused.includes('ticketId') ? ['assignee'] : []
      return joined(tracked, settleBase(ticket, updateOf(ticket, toTicket(nothing, shown.ticketId), named)))
    },
  }
}

/** Whether a plan writes, changes or records anything. */
export function isEmptySourcePlan(plan: SourceSyncPlan): boolean {
  const { inbound, outbound, conflicts } = plan
  return [inbound, outbound].every((change) => Object.keys(change).length === 0) && conflicts.length === 0
}

const nothing: SourceTracking = { status: null, resolution: null, assignee: null, ticketId: null }
const noText = { summary: '', description: [], priority: null, labels: [] }

/** Closed without a resolution is a resolution of its own: else one that somebody sets meanwhile would count as ours. */
const NO_RESOLUTION = 'none'

const words = Object.fromEntries(detectionStatuses.map((status) => [status, status]))
const wordings = syncMappingsSchema.parse({
  status: {
    outbound: Object.fromEntries(detectionStatuses.map((status) => [status, { id: status }])),
    inbound: words,
    // A status that a later version has added needs to be looked at.
    inboundByCategory: { open: 'open', active: 'open', done: 'open' },
  },
  outcomes: {
    outbound: {
      ...Object.fromEntries(resolutions.map((resolution) => [resolution, { resolutionId: resolution }])),
      none: { resolutionId: NO_RESOLUTION },
    },
  },
})

function mappingsFor(
  { conflicts, resolutions: meanings }: SourceSyncInput,
  ours: string | null,
): SyncMappings {
  return {
    ...wordings,
    outcomes: {
      ...wordings.outcomes,
      inbound: { ...meanings, ...Object.fromEntries(resolutions.map((each) => [each, each])) },
    },
    // A source takes any name.
    identities: ours === null ? [] : [{ username: ours, accountId: ours, accountName: null }],
    conflicts: conflicts === 'prefer-source' ? 'prefer-ticket' : 'prefer-tripline',
  }
}

/** A source in which nobody has touched a detection agreed with us as long as we had not either. */
function untouchedBase({ status }: SourceTracking): FieldBase | undefined {
  return status === null ? { ours: 'open', theirs: 'open' } : undefined
}

function toTicket({ status, resolution }: SourceTracking, name: string | null): Ticket {
  const account: TicketAccount | null = name === null || name === '' ? null : { id: name, name }
  const outcome = status === 'closed' ? (resolution ?? NO_RESOLUTION) : resolution
  return {
    id: ticketIdSchema.parse('detection'),
    key: '',
    url: '',
    container: '',
    status: { id: status ?? 'open', name: status ?? 'open', category: 'open' },
    resolution: outcome === null ? null : { id: outcome, name: outcome },
    assignee: account,
    content: {},
    updatedAt: new Date(0),
  }
}

function updateOf(plan: SyncPlan, ticket: Ticket, refused: readonly TrackedField[]): TicketUpdate {
  const change = plan.outbound.status
  const isThere =
    change !== undefined &&
    'id' in change.target &&
    ticket.status.id === change.target.id &&
    (ticket.resolution?.id ?? null) === change.resolutionId
  return {
    ticket,
    statusId: isThere ? ticket.status.id : null,
    refused: refused.flatMap((field): RefusedChange[] =>
      field === 'ticketId' ? [] : [{ field, code: 'invalid_value', message: '' }],
    ),
    overwritten: [],
  }
}

function joined(tracking: SyncBase, ticket: SyncBase): SourceSyncBase {
  return present({ status: tracking.status, assignee: tracking.assignee, ticketId: ticket.assignee })
}

function present<Key extends string>(
  fields: Readonly<Record<Key, FieldBase | undefined>>,
): Partial<Record<Key, FieldBase>> {
  const entries = Object.entries(fields).filter(([, base]) => base !== undefined)
  return Object.fromEntries(entries) as Partial<Record<Key, FieldBase>>
}

function renamed(ticketId: string | null | undefined): TrackingChange {
  return ticketId === undefined ? {} : { ticketId }
}
