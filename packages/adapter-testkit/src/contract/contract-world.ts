import type { TicketAccount, TicketId, TicketingAdapter, TicketRef, WebhookRequest } from '@tripline/core'
import type { FaultScript } from '../simulator/fault-script.ts'

/** What goes wrong at the other side, and when. The simulator kit's `Faults` is one. */
export interface ContractFaults {
  add(script: FaultScript): unknown
  clear(): void
}

/** Which requests a fault shall strike. */
export type FaultTarget = Pick<FaultScript, 'method' | 'path' | 'matches'>

/** A text as the ticketing system would show it. */
export interface ShownText {
  /** What people read. */
  readonly text: string
  /**
   * What the system would make of the text beyond showing it: a mention, a macro, an image, an address it turns into a
   * link. Links that the draft has do not count.
   */
  readonly active: readonly string[]
}

/** Looks at the other side past the adapter, and acts there as other people do, so that no adapter vouches for itself. */
export interface TicketingProbes {
  /** The ids of the tickets that carry a dedupe key, the system's search and its delays left aside. */
  ticketsWithKey(dedupeKey: string): readonly string[]
  ticketCount(): number
  summary(id: TicketId): string
  description(id: TicketId): ShownText
  /** The addresses that the ticket links back to. */
  backlinks(id: TicketId): readonly string[]
  commentCount(id: TicketId): number
  /** Deletes a ticket. */
  remove(id: TicketId): void
  /** Changes the summary as another user. */
  rename(id: TicketId, summary: string): void
  /** Moves a ticket to another container; absent: tickets are never moved there. */
  move?(id: TicketId): void
  /** The body of the last request that created a ticket, parsed. */
  lastCreateBody?(): unknown
}

/** A ticketing system that runs for one test, with an adapter connected to it. */
export interface ContractWorld {
  readonly adapter: TicketingAdapter
  /** The same connection with credentials that the system refuses. */
  readonly unauthorized: TicketingAdapter
  /** The same connection with a short timeout, for requests that are never answered. */
  readonly impatient: TicketingAdapter
  /** No error may contain any of these. */
  readonly secrets: readonly string[]
  readonly faults: ContractFaults
  readonly probes: TicketingProbes
  /** The request that creates a ticket. */
  readonly createRequest: FaultTarget
  /** The request that reads a ticket. */
  readonly readRequest: FaultTarget
  /**
   * The request that writes a ticket's summary, of a system that keeps a history from which the adapter tells what an update
   * overwrote. Absent: it keeps none.
   */
  readonly recordedWrite?: FaultTarget
  readonly statuses: {
    /** One that a new ticket can be brought to in one step. */
    readonly active: string
    /** One that closes, with a resolution where the system has them. */
    readonly done: { readonly id: string; readonly resolutionId: string | null }
    /** One that exists nowhere. */
    readonly unreachable: string
  }
  /** The id of a priority other than the default. */
  readonly priority: string
  /** Somebody tickets can be assigned to, and what `findAccount` finds them by. */
  readonly assignable: { readonly account: TicketAccount; readonly username: string }
  /** The id of an account that exists and that no ticket can be assigned to. */
  readonly notAssignable: string
  /** References that are of the right form and lead elsewhere. */
  readonly foreignReferences: readonly string[]
  /** Well-formed, and of no ticket. */
  readonly absentTicket: TicketRef & { readonly reference: string }
  /** Ids that the system cannot have given, some of which would lead a careless adapter to another address. */
  readonly malformedIds: readonly string[]
  /** A webhook about a ticket; `secret`: what it is signed with, `null`: not at all. Absent: the system has none. */
  webhook?(ref: TicketRef, secret: string | null): Omit<WebhookRequest, 'secrets'>
  /** Whether unsigned webhooks are refused. */
  readonly webhooksAreSigned?: boolean
  close(): Promise<void>
}

/** A system and an adapter to judge. */
export interface AdapterUnderTest {
  /** Of the system and its variant, for instance `Jira Cloud`. */
  readonly name: string
  /** Starts a system with nothing in it. */
  start(): Promise<ContractWorld>
}
