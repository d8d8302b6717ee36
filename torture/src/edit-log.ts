import type { Resolution, TrackedStatus } from '@tripline/core'

/** A change of tracking that the gateway acknowledged for one detection. */
export interface AcknowledgedChange {
  readonly detectionId: string
  readonly status?: TrackedStatus['status']
  readonly resolution?: Resolution | null
  readonly assignee?: string | null
  /** The request was under way between these moments. */
  readonly sentAt: number
  readonly answeredAt: number
}

/** What a sensor was told is stored. */
export interface AcknowledgedReport {
  readonly detectionId: string
  readonly externalId: string
  readonly updateTime: number
}

/** Everything that was promised to somebody. Nothing of it may be missing at the end. */
export class EditLog {
  readonly changes: AcknowledgedChange[] = []
  readonly reports: AcknowledgedReport[] = []
  readonly notes: { readonly noteId: string; readonly detectionId: string }[] = []
  /** Requests whose answer never came: they may have been carried out or not. */
  unanswered = 0
  refused = 0
  /** What people did in the ticketing systems. */
  ticketEdits = 0
  /** Manual links, unlinks, tickets asked for, retries, decisions. */
  linkActions = 0

  /** How many edits there were, on both sides. */
  get count(): number {
    return this.changes.length + this.notes.length + this.reports.length + this.ticketEdits + this.linkActions
  }
}
