import { sql, type Transaction } from 'kysely'
import type {
  LinkReason,
  RefusedChange,
  SourceChange,
  SourceConflict,
  SourceTracking,
  SyncConflict,
  SyncField,
  TrackedField,
  TrackingSettings,
  TrackingState,
} from '@tripline/core'
import type { Tables } from '../database/tables.ts'

/** Who made a change: a person, an integration's key, a ticketing connection, or the gateway itself. */
export interface Actor {
  readonly kind: 'person' | 'integration' | 'connection' | 'system'
  readonly name: string
}

/** On whose behalf something is done, and as part of what. */
export interface ChangeOrigin {
  readonly actor: Actor
  /** The ticketing connection, or the source, that a change came from; it is not sent back there. `null`: it came from here. */
  readonly connectionId: string | null
  /** Names the chain of work: one request, one job, one ingested batch. */
  readonly traceId: string
}

/** What a connection's rules made of a detection. */
export interface TicketingDecision {
  readonly connection: string
  /** The rule that matched; `null`: none did. */
  readonly rule: string | null
  readonly decision: 'create' | 'hold' | 'manual' | 'none'
  readonly reason: string
}

interface LinkChange {
  readonly linkId: string
  readonly connection: string
  readonly ticketKey: string | null
}

/** How the ledger names a detection in the source that it comes from. */
interface SourceLinkChange {
  readonly source: string
  readonly externalId: string
}

/** A part of a change that the other side did not take. */
export interface RefusedPart {
  readonly field: TrackedField
  readonly code: string
  readonly message: string
}

/** A ticket as it was read after something was done to it, in the ticketing system's words. */
export interface TicketSeen {
  readonly status: string
  readonly resolution: string | null
  readonly assignee: string | null
}

/** What a ticket was created with; its description is the detection's of that moment. */
export interface TicketSent {
  readonly summary: string
  readonly priority: string | null
  readonly labels: readonly string[]
}

/** A ticket that a link got. */
export interface TicketGot {
  readonly ticketUrl: string
  /** What it was created with; `null`: it was there, made by somebody else or by an attempt whose answer was lost. */
  readonly sent: TicketSent | null
  /** What came back; `null`: it could not be read yet. */
  readonly seen: TicketSeen | null
}

/** Every kind of change and what is kept of it. */
export interface EventChanges {
  /** `hiddenBy`: the hiding rule that kept it out of sight from the beginning. */
  DETECTION_CREATED: {
    readonly ticketing: readonly TicketingDecision[]
    readonly hiddenBy: string | null
  }
  /** `fields`: the names of the content fields that differ. */
  DETECTION_UPDATED: { readonly fields: readonly string[]; readonly ticketing: readonly TicketingDecision[] }
  TRACKING_CHANGED: { readonly before: TrackingState; readonly after: TrackingState }
  /** A hiding rule hides it now, or another one than before. */
  DETECTION_HIDDEN: { readonly ruleId: string }
  /** `ruleId`: the rule that hid it. */
  DETECTION_SHOWN: { readonly ruleId: string | null }
  /** What an integration knows of participants; `participantIds`: the sensor's numbers of those that differ. */
  PARTICIPANTS_CHANGED: { readonly participantIds: readonly number[] }
  NOTE_ADDED: { readonly noteId: string }
  /** Notes that are no longer part of the one text that they are to ExtraHop's clients. */
  NOTES_REPLACED: { readonly noteIds: readonly string[] }
  TICKET_REQUESTED: LinkChange & { readonly rule: string | null }
  TICKET_CREATED: LinkChange & TicketGot
  TICKET_LINKED: LinkChange & TicketGot
  TICKET_UNLINKED: LinkChange
  /** `fields`: what was written to the ticket; `sent`: with which values; `refused`: what it did not take; `seen`: what came back. */
  TICKET_WRITTEN: LinkChange & {
    readonly fields: readonly SyncField[]
    readonly sent: Readonly<Partial<Record<SyncField, string | null>>>
    readonly refused: readonly RefusedChange[]
    readonly seen: TicketSeen
  }
  TICKET_MOVED: LinkChange & { readonly before: string; readonly after: string }
  COMMENT_WRITTEN: LinkChange & { readonly noteId: string }
  /** What was written to the source that a detection comes from, as {@link EventChanges.TICKET_WRITTEN}. */
  SOURCE_WRITTEN: SourceLinkChange & {
    readonly fields: readonly TrackedField[]
    readonly sent: SourceChange
    readonly refused: readonly RefusedPart[]
    readonly seen: SourceTracking
  }
  SYNC_CONFLICT:
    | (LinkChange & { readonly conflict: SyncConflict })
    | (SourceLinkChange & { readonly conflict: SourceConflict })
  /** The link's sync state changed for a reason other than success. */
  SYNC_HALTED: (LinkChange | SourceLinkChange) & { readonly syncState: string; readonly reason: LinkReason }
  /** Both sides agree again after work was pending or halted. */
  SYNC_SETTLED: LinkChange | SourceLinkChange
  HIDING_RULE_CREATED: { readonly ruleId: string; readonly description: string }
  HIDING_RULE_UPDATED: { readonly ruleId: string; readonly fields: readonly string[] }
  HIDING_RULE_DELETED: { readonly ruleId: string; readonly description: string }
  DETECTION_FORMAT_CHANGED: {
    readonly type: string
    readonly change: 'created' | 'updated' | 'deleted'
  }
  SETTINGS_CHANGED: { readonly before: TrackingSettings; readonly after: TrackingSettings }
  CONNECTION_CREATED: { readonly connection: string }
  CONNECTION_UPDATED: { readonly connection: string; readonly fields: readonly string[] }
  CONNECTION_DELETED: { readonly connection: string }
  CONNECTION_PAUSED: {
    readonly connection: string
    readonly reason: { readonly code: string; readonly message: string }
  }
  CONNECTION_RESUMED: { readonly connection: string }
  SOURCE_CREATED: { readonly source: string }
  SOURCE_UPDATED: { readonly source: string; readonly fields: readonly string[] }
  SOURCE_DELETED: { readonly source: string }
  SOURCE_PAUSED: {
    readonly source: string
    readonly reason: { readonly code: string; readonly message: string }
  }
  SOURCE_RESUMED: { readonly source: string }
  /** All tickets of one connection are being moved to another. */
  LINK_MOVE_STARTED: { readonly from: string; readonly to: string }
  /** `moved`: how many links were. */
  LINK_MOVE_ENDED: {
    readonly from: string
    readonly to: string
    readonly state: 'done' | 'stopped'
    readonly moved: number
  }
  STREAM_TARGET_CREATED: { readonly target: string }
  STREAM_TARGET_UPDATED: { readonly target: string; readonly fields: readonly string[] }
  STREAM_TARGET_DELETED: { readonly target: string; readonly messages: number }
  STREAM_MESSAGES_REPLAYED: { readonly target: string; readonly messages: number }
  STREAM_MESSAGES_DROPPED: { readonly target: string; readonly messages: number }
  TRIGGER_CREATED: { readonly triggerId: string; readonly name: string }
  TRIGGER_UPDATED: { readonly triggerId: string; readonly name: string; readonly fields: readonly string[] }
  TRIGGER_DELETED: { readonly triggerId: string; readonly name: string }
  TRIGGER_PAUSED: {
    readonly triggerId: string
    readonly name: string
    readonly reason: { readonly code: string; readonly message: string }
  }
  NOTIFICATION_RULE_CREATED: { readonly ruleId: string; readonly name: string }
  NOTIFICATION_RULE_UPDATED: {
    readonly ruleId: string
    readonly name: string
    readonly fields: readonly string[]
  }
  NOTIFICATION_RULE_DELETED: { readonly ruleId: string; readonly name: string }
  TRIGGER_RESUMED: { readonly triggerId: string; readonly name: string }
  API_KEY_CREATED: { readonly keyId: string; readonly name: string; readonly role: string }
  API_KEY_REVOKED: { readonly keyId: string; readonly name: string }
}

/** A kind of change. */
export type EventKind = keyof EventChanges

/** One change, to be written in the transaction that makes it. */
export type LedgerEvent = {
  readonly [Kind in EventKind]: {
    readonly kind: Kind
    /** `null`: the change is not about one detection. */
    readonly detectionId: string | null
    readonly change: EventChanges[Kind]
    /** Who made it; absent: the actor of the origin. */
    readonly actor?: Actor
  }
}[EventKind]

/** Changes that were made in the course of one work. */
export interface WorkEvents {
  readonly events: readonly LedgerEvent[]
  readonly origin: ChangeOrigin
}

/** Appends changes to the ledger, in order. */
export async function recordEvents(
  transaction: Transaction<Tables>,
  events: readonly LedgerEvent[],
  origin: ChangeOrigin,
): Promise<void> {
  await recordWorks(transaction, [{ events, origin }])
}

/** Appends the changes of several works to the ledger, in order. */
export async function recordWorks(
  transaction: Transaction<Tables>,
  works: readonly WorkEvents[],
): Promise<void> {
  const rows = works.flatMap(({ events, origin }) =>
    events.map(({ kind, detectionId, change, actor = origin.actor }) => ({
      kind,
      detection_id: detectionId,
      change,
      actor,
      connection_id: origin.connectionId,
      trace_id: origin.traceId,
    })),
  )
  if (rows.length === 0) return
  // One parameter however many events there are: a batch of ingest would otherwise be a statement of thousands.
  await sql`
    insert into detection_events (kind, detection_id, change, actor, connection_id, trace_id)
    select event.kind, event.detection_id, event.change, event.actor, event.connection_id, event.trace_id
    from rows from (
      jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as (
        kind text, detection_id bigint, change jsonb, actor jsonb, connection_id uuid, trace_id text
      )
    ) with ordinality as event(kind, detection_id, change, actor, connection_id, trace_id, position)
    order by event.position`.execute(transaction)
}
