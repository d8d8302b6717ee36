import type {
  Backlink,
  DedupeKey,
  RefusedChange,
  SyncField,
  Ticket,
  TicketAccount,
  TicketChange,
  TicketComment,
  TicketDraft,
  TicketRef,
  TicketStatus,
  TicketUpdate,
  UpdateOutcome,
} from './ticket.ts'
import type { JsonValue } from './json-value.ts'
import type { RichText } from './rich-text.ts'

/** What every call carries. */
export interface CallOptions {
  /** Ends the call; the adapter then throws Unavailable. */
  readonly signal: AbortSignal
  /** Names the chain of work this call belongs to, for the log and for the other side's request id, if it has one. */
  readonly traceId: string
}

/** One thing that was found while checking a connection. */
export interface ConnectionFinding {
  /** `error`: something will fail; `warning`: something may; `ok`: looked at, and as it should be. */
  readonly severity: 'ok' | 'warning' | 'error'
  /** What was looked at, stable, for instance `permission:CREATE_ISSUES` or `field:resolution`. */
  readonly subject: string
  /** What was found, for people. */
  readonly message: string
  /** What to do about it; `null` when nothing needs doing. */
  readonly remedy: string | null
}

/** Looked at, and as it should be. */
export function okFinding(subject: string, message: string): ConnectionFinding {
  return { severity: 'ok', subject, message, remedy: null }
}

/** Something that may fail, and what to do about it. */
export function warningFinding(subject: string, message: string, remedy: string): ConnectionFinding {
  return { severity: 'warning', subject, message, remedy }
}

/** Something that will fail, and what to do about it. */
export function errorFinding(subject: string, message: string, remedy: string): ConnectionFinding {
  return { severity: 'error', subject, message, remedy }
}

/** What a connection's mappings will ask of the ticketing system. */
export interface ConnectionNeeds {
  /** Fields by the system's own names that are given a value when a ticket is created, besides those every ticket has. */
  readonly createFields: readonly string[]
  /** How tickets are closed: with which resolution, and which further fields on the transition, by the system's names. */
  readonly outcomes: readonly { readonly resolutionId: string | null; readonly fields: readonly string[] }[]
  /** The accounts that people are mapped to, to whom tickets are to be assigned. */
  readonly accounts: readonly { readonly username: string; readonly accountId: string }[]
}

/** What a check of a connection found, permission by permission. */
export interface ConnectionReport {
  /** The product and its version as it names itself, for instance `Jira Cloud 1001.0.0`. */
  readonly product: string
  /** Who we are there. */
  readonly account: TicketAccount | null
  readonly findings: readonly ConnectionFinding[]
}

/** What exists on the other side, for forms in which an administrator maps values. */
export interface ConnectionDescription {
  readonly statuses: readonly TicketStatus[]
  readonly resolutions: readonly { readonly id: string; readonly name: string }[]
  readonly priorities: readonly { readonly id: string; readonly name: string }[]
}

/** One page of tickets that changed. */
export interface ChangedTickets {
  readonly tickets: readonly TicketRef[]
  /** Continue here; `null`: this was the last page. */
  readonly nextCursor: string | null
}

/** What a watch heard of. */
export interface WatchedTickets {
  /** Tickets that changed, or were deleted; none when there is only to say that the watch stands. */
  readonly tickets: readonly TicketRef[]
  /** Where to continue, in words of the adapter's own, once these are dealt with; `null`: nothing was heard of yet. */
  readonly cursor: string | null
  /** Whether changes of other tickets may have been missed before this. */
  readonly missed: boolean
}

/** A request to a connection's webhook address, as it came. */
export interface WebhookRequest {
  readonly method: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** The body byte for byte: signatures are made over it. */
  readonly body: Uint8Array
  /** The secrets that are valid now; more than one while they are being exchanged. */
  readonly secrets: readonly string[]
}

/** What a webhook hints at. Its payload is never trusted for state: the tickets named are read. */
export interface WebhookHint {
  readonly tickets: readonly TicketRef[]
  /** The delivery's own id, the same across its retries; `null` when it has none. */
  readonly deliveryId: string | null
  /** What the sender wants to be answered before it takes the delivery for received; absent: any 2xx without a body. */
  readonly answer?: { readonly contentType: string; readonly body: string }
}

/**
 * The contract between the gateway and a ticketing system.
 *
 * An adapter keeps no state and decides nothing: the gateway says what to write, the adapter says what is there. Every
 * method throws {@link TicketingError}s only; their class says what happened. A method that is not there is a
 * capability that the system does not have.
 */
export interface TicketingAdapter {
  /**
   * How long after a `create` whose answer was lost `findCreated` may still miss the ticket, in milliseconds. 0 means
   * that `create` is idempotent by nature and may simply be repeated.
   */
  readonly createSettlesWithinMs: number

  /**
   * Creates a ticket that carries `draft.dedupeKey`. Throws with `outcome: 'unknown'` when the request may have been
   * carried out although no answer came.
   */
  create(draft: TicketDraft, options: CallOptions): Promise<Ticket>

  /** Finds the ticket that an earlier `create` made; `null`: none is there (yet). Needed unless `create` is idempotent. */
  findCreated?(dedupeKey: DedupeKey, options: CallOptions): Promise<Ticket | null>

  /**
   * Applies each part of a change on its own and reads the ticket again: what the system does not take is in
   * `refused`, and does not keep the rest from being done. Throws TicketNotFound when there is no such ticket.
   *
   * @param seen the ticket as it was read when the change was planned: a part whose value is another one by now, and not
   *   the one to be written, is refused with `changed_meanwhile`. Its status has an empty id when it was never read.
   */
  update(seen: Ticket, change: TicketChange, options: CallOptions): Promise<TicketUpdate>

  /**
   * Finds out from the ticket's history what became of an update whose answer was lost; `null`: there is no such ticket.
   * Needed where the system tells who changed what. What our account did since `seen` is taken for that update's doing.
   *
   * @param seen the ticket as it was read when the update was planned
   * @param fields what the update was to change
   */
  findOutcome?(
    seen: Ticket,
    fields: readonly SyncField[],
    options: CallOptions,
  ): Promise<UpdateOutcome | null>

  /**
   * Takes a key or URL that a person gave, puts the link back to the detection on that ticket (once, however often
   * this is called) and returns it. Throws Rejected for a reference of another system or of the wrong form, and
   * TicketNotFound when there is no such ticket.
   */
  link(reference: string, backlink: Backlink, options: CallOptions): Promise<Ticket>

  /** Reads a ticket by its immutable id; `null`: there is no such ticket, never "could not ask". */
  find(ref: TicketRef, options: CallOptions): Promise<Ticket | null>

  /** Looks at everything the gateway will need, without changing anything: permissions, fields, transitions, users. */
  check(needs: ConnectionNeeds, options: CallOptions): Promise<ConnectionReport>

  /** What the connection offers to map to. */
  describe?(options: CallOptions): Promise<ConnectionDescription>

  /** Exactly what `create` would send; pure. Previews and tests use it. */
  render?(draft: TicketDraft): JsonValue

  /** Adds a comment; `marker` makes it recognisable, so that a repeated call does not add it twice. */
  comment?(ref: TicketRef, text: RichText, marker: DedupeKey, options: CallOptions): Promise<TicketComment>

  /** The account that a person of this user name has there and that tickets can be assigned to; `null`: none. */
  findAccount?(username: string, options: CallOptions): Promise<TicketAccount | null>

  /** Tickets changed at or after an instant, oldest change first, page by page. */
  listTicketsUpdatedSince?(since: Date, cursor: string | null, options: CallOptions): Promise<ChangedTickets>

  /**
   * Verifies a webhook request and says which tickets it is about. Throws Unauthorized when the signature is missing
   * or wrong, Rejected when the body is not understood. Reads nothing from the network.
   */
  receiveWebhook?(request: WebhookRequest): WebhookHint

  /**
   * Hears of tickets at once when they change, for as long as the caller goes on asking. What is heard is a hint, as a
   * webhook is: the tickets named are read, so that to hear of one twice, or of our own write, is no harm.
   *
   * First it says that it stands. Without a cursor it then begins with what changes from now on. So it does, and says that
   * something was `missed`, when the other side does not know the cursor (any more): polling covers what lies between.
   *
   * Holds a request open and keeps its state in the generator. Ends by throwing: Unavailable when `signal` ends it, else
   * by the class of what went wrong; the caller begins again at the last cursor.
   */
  watchTickets?(after: string | null, options: CallOptions): AsyncIterable<WatchedTickets>

  /** Frees what the adapter holds; it is not used afterwards. */
  close?(): Promise<void>
}

/** Whether a refusal may resolve itself, so that the same change should be planned anew soon. */
export function isPassingRefusal(refusal: RefusedChange): boolean {
  return refusal.code === 'changed_meanwhile'
}
