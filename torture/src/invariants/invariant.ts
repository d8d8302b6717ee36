import type { Evidence } from '../evidence.ts'
import type { TrackedField } from '../site.ts'

/** Something that must not be. */
export interface Violation {
  readonly message: string
  /** What it is about, for the story that is told of it. */
  readonly detectionId?: string
  readonly ticketId?: string
  /** Of which site the ticket is, where no detection tells it. */
  readonly siteName?: string
  /** Absent: the whole of it. */
  readonly field?: TrackedField
}

/** What an invariant found: how much it looked at, and what was wrong. */
export interface Finding {
  readonly checked: number
  /** What `checked` counts. */
  readonly of: string
  readonly violations: readonly Violation[]
  /** What would be wrong if anybody could have known better, with the reason why nobody could. */
  readonly excused?: { readonly count: number; readonly reason: string }
}

/** Something that holds at rest, whatever went wrong before. */
export interface Invariant {
  readonly name: string
  check(evidence: Evidence): Finding
}
