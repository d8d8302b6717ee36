import { z } from 'zod'
import type { Resolution } from './detection-status.ts'
import type { JsonObject } from './json-value.ts'
import type { RichText } from './rich-text.ts'

const key = (what: string): z.ZodType<string, string> =>
  z
    .string()
    .max(500)
    .refine((value) => value.trim() !== '', `${what} must not be empty`)

/** The ticketing system's immutable id of a ticket: it survives a move to another project. Never empty. */
export type TicketId = string & z.$brand<'TicketId'>
/** Parses a ticket id; an empty one is refused, because it would address somebody else's ticket. */
export const ticketIdSchema: z.ZodType<TicketId, string> = key('A ticket id').transform(
  (value) => value as TicketId,
)

/** What the gateway writes into a ticket when it creates it, and recognises it by afterwards. Never empty. */
export type DedupeKey = string & z.$brand<'DedupeKey'>
/** Parses a dedupe key: letters, digits, `_` and `-`, at most 80 of them, so that it can be a label anywhere. */
export const dedupeKeySchema: z.ZodType<DedupeKey, string> = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,80}$/, 'A dedupe key consists of 1 to 80 letters, digits, _ and -')
  .transform((value) => value as DedupeKey)

/** How far work on a ticket is, in words that every ticketing system shares. */
export const ticketStatusCategories = ['open', 'active', 'done'] as const
/** `open`: nobody has begun; `active`: being worked on; `done`: finished, however. */
export type TicketStatusCategory = (typeof ticketStatusCategories)[number]

/** A status as the ticketing system has it. Names are for people only: they are localised and renamed. */
export interface TicketStatus {
  readonly id: string
  readonly name: string
  readonly category: TicketStatusCategory
}

/** An account in the ticketing system. */
export interface TicketAccount {
  readonly id: string
  /** What people there call the account: the user name where the system has one, else the display name. */
  readonly name: string
}

/** The parts of a ticket that are written from the detection's content. */
export const contentFields = ['summary', 'description', 'priority', 'labels'] as const
/** A part of a ticket that is written from the detection's content. */
export type ContentField = (typeof contentFields)[number]

/**
 * What the ticket holds of each content field, as text to compare with (labels sorted and joined by spaces, priority by
 * its id). An absent field cannot be read; `null` means empty.
 */
export type TicketContent = Readonly<Partial<Record<ContentField, string | null>>>

/** A ticket as it is in the ticketing system now. */
export interface Ticket {
  readonly id: TicketId
  /** What people call it, for instance `SEC-17`; may change when the ticket is moved. */
  readonly key: string
  /** Where a person opens it. */
  readonly url: string
  /** The project, queue or table it is in; a change of it means that the ticket was moved. */
  readonly container: string
  readonly status: TicketStatus
  /** With what the ticket was resolved; `null` while it is not, or where the system has no such thing. */
  readonly resolution: { readonly id: string; readonly name: string } | null
  readonly assignee: TicketAccount | null
  readonly content: TicketContent
  readonly updatedAt: Date
  /**
   * Where in the order of its changes the ticket was when it was read, in the system's own words, where it counts them.
   * Absent: `updatedAt` is all there is to say about it.
   */
  readonly revision?: string
}

/** A ticket as people name and open it. */
export interface TicketName {
  readonly key: string
  readonly url: string
}

/** Names a ticket in calls to an adapter. */
export interface TicketRef {
  readonly id: TicketId
  /** The key last seen; adapters address by `id` wherever the system allows it. */
  readonly key: string
}

/** The link back from a ticket to its detection. */
export interface Backlink {
  readonly dedupeKey: DedupeKey
  /** The detection's page; `null` when the gateway has no public address. */
  readonly url: string | null
  readonly title: string
}

/** A ticket to be created. */
export interface TicketDraft {
  readonly dedupeKey: DedupeKey
  readonly summary: string
  readonly description: RichText
  /** The system's id of a priority; `null`: the system's default. */
  readonly priority: string | null
  readonly labels: readonly string[]
  /** Further fields by the system's own names, as its API takes them. */
  readonly fields: JsonObject
  readonly backlink: Backlink
}

/** The status to bring a ticket to. */
export interface StatusChange {
  /** By the system's status id, or any status of a category. */
  readonly target: { readonly id: string } | { readonly category: TicketStatusCategory }
  /** Status ids to go through first, in order; empty: one hop. */
  readonly via: readonly string[]
  /** The outcome to close with; `null` when the target is not a closed status or no outcome was given. */
  readonly resolution: Resolution | null
  /** The system's id of the resolution to set; `null`: none is mapped. */
  readonly resolutionId: string | null
  /** Fields for the transition by the system's own names. */
  readonly fields: JsonObject
}

/** Changes to a ticket; an absent member is not touched. */
export interface TicketChange {
  readonly status?: StatusChange
  /** `null` takes the ticket from whoever has it. */
  readonly assignee?: { readonly accountId: string | null }
  readonly summary?: string
  readonly description?: RichText
  readonly priority?: string | null
  readonly labels?: readonly string[]
}

/** What is kept in sync between a detection and its ticket. */
export const syncFields = ['status', 'assignee', ...contentFields] as const
/** One thing that is kept in sync. */
export type SyncField = (typeof syncFields)[number]

/** Why a ticketing system did not take one part of a change. */
export const refusalCodes = [
  'no_transition',
  'missing_fields',
  'not_assignable',
  'not_editable',
  'invalid_value',
  'changed_meanwhile',
  'not_applied',
] as const

/** One part of a change that the ticketing system did not take; the other parts were taken. */
export interface RefusedChange {
  readonly field: SyncField
  readonly code: (typeof refusalCodes)[number]
  /** What was refused and what would be needed, for people. */
  readonly message: string
}

/** A value of somebody else that an update replaced although nobody here had seen it. */
export interface OverwrittenValue {
  readonly field: SyncField
  /** The value as people there read it; `null`: none. */
  readonly value: string | null
  /** Who had set it; `null`: not known. */
  readonly author: string | null
}

/** The answer to an update. */
export interface TicketUpdate {
  /** The ticket, read after the writes. */
  readonly ticket: Ticket
  /** The id of the status that this update brought the ticket to; `null`: it made no transition. */
  readonly statusId: string | null
  /** What was not taken, in no particular order; empty when all was. */
  readonly refused: readonly RefusedChange[]
  /**
   * What somebody set between the moment the ticket was seen and our write, as far as the system's history tells; empty
   * when there was nothing, or the system keeps no history.
   */
  readonly overwritten: readonly OverwrittenValue[]
}

/** What a ticket's history tells of an update whose answer was lost. */
export interface UpdateOutcome {
  /** The ticket, read together with the history. */
  readonly ticket: Ticket
  /**
   * The status and resolution that our last change of them led to; `null`: only others changed them; absent: the history
   * tells of no change.
   */
  readonly status?: { readonly id: string; readonly resolutionId: string | null } | null
  /** To whom our last change of the assignee gave the ticket; `null` and absent as above. */
  readonly assignee?: { readonly accountId: string | null } | null
  /** What somebody set between the moment the ticket was seen and our last change of the field, and we replaced. */
  readonly overwritten: readonly OverwrittenValue[]
}

/** A comment on a ticket. */
export interface TicketComment {
  readonly id: string
  readonly createdAt: Date
}
