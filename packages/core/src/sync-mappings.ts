import { z } from 'zod'
import { detectionStatuses, resolutions, type TrackedStatus } from './detection-status.ts'
import { jsonObjectSchema } from './json-value.ts'
import {
  syncFields,
  ticketStatusCategories,
  type Ticket,
  type TicketAccount,
  type TicketStatusCategory,
} from './ticket.ts'

const statusTargetSchema = z.union([
  z.object({ id: z.string().min(1), via: z.array(z.string().min(1)).max(5).default([]) }),
  z.object({ category: z.enum(ticketStatusCategories), via: z.array(z.string().min(1)).max(5).default([]) }),
])

const outcomeSchema = z.object({
  /** The system's id of the resolution to set. */
  resolutionId: z.string().min(1).nullable().default(null),
  /** Fields for the closing transition, by the system's own names. */
  fields: jsonObjectSchema.default({}),
})

/** The owners a field can have. */
export const fieldOwnerships = ['create-only', 'ours', 'theirs', 'both'] as const

/**
 * Who decides a field after the ticket was created. `create-only`: written once, then left alone; `ours`: the detection
 * decides; `theirs`: the ticket decides; `both`: whoever changed it last, and a conflict when both did.
 */
export type FieldOwnership = (typeof fieldOwnerships)[number]

const defaultOwnership = {
  status: 'both',
  assignee: 'both',
  summary: 'both',
  description: 'both',
  priority: 'both',
  labels: 'create-only',
} as const

/** Parses the mappings of a connection; everything has a default, so `{}` is enough to begin with. */
export const syncMappingsSchema = z.object({
  status: z
    .object({
      /** Our status -> theirs. An absent status goes by the default category; `null` means: change nothing there. */
      outbound: z.partialRecord(z.enum(detectionStatuses), statusTargetSchema.nullable()).default({}),
      /** Their status id -> ours. An absent id goes by its category. */
      inbound: z.record(z.string(), z.enum(detectionStatuses)).default({}),
      /** Their category -> ours. */
      inboundByCategory: z
        .object({
          open: z.enum(detectionStatuses).default('new'),
          active: z.enum(detectionStatuses).default('in_progress'),
          done: z.enum(detectionStatuses).default('closed'),
        })
        .prefault({}),
    })
    .prefault({}),
  outcomes: z
    .object({
      /** Our resolution (`none`: closed without one) -> what to set when the ticket is closed. */
      outbound: z.partialRecord(z.enum([...resolutions, 'none']), outcomeSchema).default({}),
      /** Their resolution id -> ours. */
      inbound: z.record(z.string(), z.enum(resolutions)).default({}),
    })
    .prefault({}),
  identities: z
    .array(
      z.object({
        username: z.string().min(1),
        accountId: z.string().min(1),
        accountName: z.string().nullable().default(null),
      }),
    )
    .default([]),
  /** The lowest risk score from which a priority of theirs is given, by its id. */
  priorities: z
    .array(z.object({ minRiskScore: z.number().int().min(0).max(99), priorityId: z.string().min(1) }))
    .default([]),
  ownership: z
    .partialRecord(z.enum(syncFields), z.enum(fieldOwnerships))
    .default({})
    .transform((chosen) => ({ ...defaultOwnership, ...chosen })),
  /** What happens when both sides changed a field that both own. */
  conflicts: z.enum(['prefer-ticket', 'prefer-tripline', 'ask']).default('prefer-ticket'),
  /** How a ticket is written. */
  template: z
    .object({
      /** Variables: see `ticketTemplateVariables`. */
      summary: z.string().min(1).max(500).default('$title'),
      labels: z.array(z.string().min(1)).max(20).default(['tripline']),
      /** Further fields by the system's own names; strings in them may hold variables. */
      fields: jsonObjectSchema.default({}),
    })
    .prefault({}),
})

/** How the words of a detection and of a ticketing system translate into each other, for one connection. */
export type SyncMappings = Readonly<z.output<typeof syncMappingsSchema>>

/** What {@link syncMappingsSchema} accepts. */
export type SyncMappingsInput = z.input<typeof syncMappingsSchema>

/** A status to bring a ticket to, with the way there. */
export type StatusTarget = z.output<typeof statusTargetSchema>

const defaultTargets = {
  open: { category: 'open', via: [] },
  new: { category: 'open', via: [] },
  acknowledged: { category: 'open', via: [] },
  in_progress: { category: 'active', via: [] },
  closed: { category: 'done', via: [] },
} as const satisfies Record<string, StatusTarget>

/** Where a ticket belongs for a status of ours; `null`: the mapping says to change nothing. */
export function statusTarget(mappings: SyncMappings, status: TrackedStatus['status']): StatusTarget | null {
  const mapped = mappings.status.outbound[status]
  return mapped === undefined ? defaultTargets[status] : mapped
}

/** What to set when closing with an outcome. */
export function outcomeFor(
  mappings: SyncMappings,
  resolution: TrackedStatus['resolution'],
): z.output<typeof outcomeSchema> {
  return mappings.outcomes.outbound[resolution ?? 'none'] ?? { resolutionId: null, fields: {} }
}

/** What a ticket's status and resolution mean in our words. Every status means something, by its category at least. */
export function statusFromTicket(
  mappings: SyncMappings,
  ticket: Pick<Ticket, 'status' | 'resolution'>,
): TrackedStatus {
  const status =
    mappings.status.inbound[ticket.status.id] ?? mappings.status.inboundByCategory[ticket.status.category]
  if (status !== 'closed' || ticket.resolution === null) return { status, resolution: null }
  return { status, resolution: mappings.outcomes.inbound[ticket.resolution.id] ?? null }
}

/** Whether a ticket already is where our status would bring it. */
export function statusAgrees(
  mappings: SyncMappings,
  ours: TrackedStatus,
  ticket: Pick<Ticket, 'status' | 'resolution'>,
): boolean {
  const meaning = statusFromTicket(mappings, ticket)
  if (meaning.status === ours.status && meaning.resolution === ours.resolution) return true
  // Several of our statuses may lead to the ticket's; being there is agreement, unless the mapping gives the ticket's
  // status another meaning by name.
  const target = statusTarget(mappings, ours.status)
  if (target === null || !isAt(ticket.status, target)) return false
  const named = mappings.status.inbound[ticket.status.id] !== undefined
  if (named && 'category' in target && meaning.status !== ours.status) return false
  if (ours.status !== 'closed' || meaning.status !== 'closed')
    return ours.status !== 'closed' && meaning.status !== 'closed'
  const { resolutionId } = outcomeFor(mappings, ours.resolution)
  if (resolutionId !== null) return ticket.resolution?.id === resolutionId
  return meaning.resolution === null || meaning.resolution === ours.resolution
}

/** Whether a ticket's status is the one a target names. */
export function isAt(
  status: Ticket['status'],
  target: { readonly id: string } | { readonly category: TicketStatusCategory },
): boolean {
  return 'id' in target ? status.id === target.id : status.category === target.category
}

/** The account that a user name of ours maps to; `undefined`: no mapping is known. */
export function accountFor(mappings: SyncMappings, username: string): string | undefined {
  return mappings.identities.find((identity) => identity.username === username)?.accountId
}

/** The user name for an account: the mapped one, else what the account is called there, its id if it has no name. */
export function usernameFor(mappings: SyncMappings, account: TicketAccount): string {
  const known = mappings.identities.find((identity) => identity.accountId === account.id)
  return known?.username ?? (account.name.trim() === '' ? account.id : account.name)
}

/** The priority for a risk score; `null`: the system's default. */
export function priorityFor(mappings: SyncMappings, riskScore: number | null): string | null {
  const band = mappings.priorities
    .filter(({ minRiskScore }) => (riskScore ?? 0) >= minRiskScore)
    .reduce<{ minRiskScore: number; priorityId: string } | null>(
      (best, next) => (best === null || next.minRiskScore > best.minRiskScore ? next : best),
      null,
    )
  return band?.priorityId ?? null
}
