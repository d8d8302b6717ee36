import type { Resolution, TrackedStatus } from './detection-status.ts'
import type { CallOptions, ConnectionReport } from './ticketing-adapter.ts'

/** How a source tracks a detection, in the source's own words: a later version of it may have more of them than we know. */
export interface SourceTracking {
  /** `null`: none, which is what we call `open`. */
  readonly status: string | null
  readonly resolution: string | null
  readonly assignee: string | null
  readonly ticketId: string | null
}

/** How one detection is tracked in a source. */
export interface SourceState {
  /** The source's id of the detection. */
  readonly externalId: string
  readonly tracking: SourceTracking
}

/** One page of detections that were modified, in whatever way. */
export interface SourcePage {
  /** Each as the plugin's ingest format reads it. */
  readonly records: readonly unknown[]
  /** How the detections among `records` are tracked. One that could not be read is left out. */
  readonly states: readonly SourceState[]
  /** Where the next page begins, which may be before the end of this one: windows overlap as far as the source needs it. */
  readonly nextCursor: string | null
  /** Of the latest modification that was seen, by the source's clock; `null`: none was. */
  readonly upTo: Date | null
  /** Whether there was nothing behind this page when it was made. */
  readonly isLast: boolean
}

/** What to write to a source; an absent member is not touched, `null` removes. */
export interface SourceChange {
  /** A resolution is possible with `closed` only. */
  readonly status?: TrackedStatus
  readonly assignee?: string | null
  readonly ticketId?: string | null
}

/**
 * The contract between the gateway and a source of detections: a sensor, or a console for several of them.
 *
 * An adapter keeps no state and decides nothing. Every method throws {@link TicketingError}s only; their class says what
 * happened.
 */
export interface SourceAdapter {
  /**
   * Detections that were modified at or after a place in the source's history, oldest modification first.
   *
   * @param cursor the `nextCursor` of an earlier page; `null`: as far back as the settings say
   * @param limit the most records to return
   */
  poll(cursor: string | null, limit: number, options: CallOptions): Promise<SourcePage>

  /** How a detection is tracked now; `null`: the source has no such detection (any more), never "could not ask". */
  read(externalId: string, options: CallOptions): Promise<SourceTracking | null>

  /**
   * Writes all of a change, or nothing of it. Throws Rejected when the source does not take it, TicketNotFound when it has
   * no such detection, and with `outcome: 'unknown'` when it may have been written although no answer came.
   */
  write(externalId: string, change: SourceChange, options: CallOptions): Promise<void>

  /** Looks at everything the gateway will need, without changing anything. */
  check(options: CallOptions): Promise<ConnectionReport>

  /** Frees what the adapter holds; it is not used afterwards. */
  close?(): Promise<void>
}

/** What a source's word for a resolution means here; words of later versions mean none. */
export type ResolutionWords = Readonly<Record<string, Resolution>>
