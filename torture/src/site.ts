import type { Webhooks } from '@tripline/adapter-testkit/simulator'
import type {
  JsonObject,
  SyncMappings,
  SyncMappingsInput,
  TicketAccount,
  TicketStatusCategory,
} from '@tripline/core'
import type { SiteFaults } from './site-faults.ts'
import type { SiteTraffic } from './site-traffic.ts'

/** A ticketing system, simulated or genuine, how the gateway is connected to it, and all that can be known of it. */
export interface Site extends AsyncDisposable {
  /** What its connection is called. */
  readonly name: string
  readonly plugin: string
  readonly settings: JsonObject
  readonly mappings: SyncMappings
  readonly mappingsInput: SyncMappingsInput
  /** By their ids. */
  readonly statuses: Readonly<Record<string, SiteStatus>>
  readonly people: SitePeople
  readonly faults: SiteFaults
  readonly traffic: SiteTraffic
  readonly webhooks: Pick<Webhooks, 'idle' | 'release'>
  /** All there ever were, deleted ones included, as they are now. */
  tickets(): readonly SiteTicket[]
  /** The ids of those that are there. */
  ticketIds(): readonly string[]
  /** One that is there, by its id. */
  ticket(id: string): SiteTicket | null
  /** An assignee of a {@link TicketState} as the adapter calls it. */
  account(assignee: string): TicketAccount
  /** Everything that the gateway may call an assignee, or know it by. */
  namesOf(assignee: string): readonly string[]
  /** Sets the gateway's webhook up as an administrator does. */
  registerWebhook(url: string, secret: string): Promise<void>
}

/** A status that tickets of a site can have. */
export interface SiteStatus {
  readonly name: string
  readonly category: TicketStatusCategory
}

/** A ticket as its site knows it. */
export interface SiteTicket {
  readonly id: string
  readonly key: string
  /** Everything it is or was called by. */
  readonly keys: readonly string[]
  /** What it was created with; `null`: a person made it. */
  readonly dedupeKey: string | null
  readonly deleted: boolean
  readonly state: TicketState
  /** Every change of it, oldest first. */
  readonly history: readonly TicketChange[]
  readonly comments: readonly string[]
}

/** What the merge looks at, of a ticket at one moment. */
export interface TicketState {
  readonly statusId: string
  readonly resolutionId: string | null
  readonly assignee: string | null
}

/** A field that both sides own. */
export type TrackedField = 'status' | 'assignee'

/** A change of a ticket. */
export interface TicketChange {
  readonly at: number
  readonly author: string
  /** Whether the gateway's own account made it. */
  readonly ours: boolean
  readonly before: TicketState
  readonly after: TicketState
  /** Everything that was changed, for people to read. */
  readonly items: readonly {
    readonly field: string
    readonly from: string | null
    readonly to: string | null
    /** What it is a part of; absent: of nothing that is tracked. */
    readonly of?: TrackedField | undefined
  }[]
}

/** A status that people give tickets, and with which resolutions. */
export interface StatusChoice {
  readonly statusId: string
  /** Empty: the status takes none. */
  readonly resolutionIds: readonly string[]
}

/**
 * What people do on a site, by their user names. Each obeys the rules there.
 *
 * @throws AnswerNow when the site forbids it
 */
export interface SitePeople {
  /** What statuses there are for them to choose from, and how often they choose each. */
  readonly choices: readonly (readonly [weight: number, choice: StatusChoice])[]
  /** Makes a ticket and returns its key. */
  create(summary: string): string
  move(ticketId: string, statusId: string, resolutionId: string | null, by: string): void
  assign(ticketId: string, username: string | null, by: string): void
  reword(
    ticketId: string,
    words: { readonly summary?: string; readonly description?: string },
    by: string,
  ): void
  comment(ticketId: string, text: string, by: string): void
  /** To where it gets another key; absent: there is no such place. */
  moveAway?(ticketId: string, by: string): void
  remove(ticketId: string): void
}

/** The people who have accounts on every site and can be assigned tickets. */
export const colleagues = ['mlindqvist', 'daydin', 'praman', 'therrera'] as const
