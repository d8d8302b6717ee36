import { z } from 'zod'
import { resolutions, type Resolution } from './detection-status.ts'

const recurrenceSchema = z.object({
  /**
   * What happens when the sensor reports news of a detection that is closed. `ignore`: it stays closed; `reopen`: it is
   * opened again, with its ticket or with a new one.
   */
  mode: z.enum(['ignore', 'reopen']).default('ignore'),
  /**
   * How long after closing the same ticket is opened again, in hours; later the detection gets a new ticket that names
   * the old one. `null`: always the same ticket.
   */
  reopenWithinHours: z.number().min(0).max(100_000).nullable().default(null),
  /** Detections closed with one of these outcomes stay closed. */
  staysClosed: z.array(z.enum(resolutions)).default([]),
})

/** Parses how a connection behaves; everything has a default, so `{}` is enough to begin with. */
export const connectionPoliciesSchema = z.object({
  recurrence: recurrenceSchema.prefault({}),
  /**
   * How many links may be reconciled in one minute, by all processes together; `null`: as many as the ticketing system
   * takes. Near the bound, new tickets go before changes, and both before mere verification.
   */
  reconcilesPerMinute: z.number().int().min(1).max(1_000_000).nullable().default(null),
})

/** How a connection behaves over time. */
export type ConnectionPolicies = Readonly<z.output<typeof connectionPoliciesSchema>>

/** What {@link connectionPoliciesSchema} accepts. */
export type ConnectionPoliciesInput = z.input<typeof connectionPoliciesSchema>

/** News of a detection that is closed. */
export interface Recurrence {
  readonly closedAt: Date
  readonly resolution: Resolution | null
  /** When the network event happened that the news is about. */
  readonly updateTime: Date
  readonly now: Date
}

/**
 * What to do about news of a closed detection. News of what happened before it was closed is not a recurrence, however
 * late it comes.
 */
export function decideRecurrence(
  { recurrence }: ConnectionPolicies,
  { closedAt, resolution, updateTime, now }: Recurrence,
): 'ignore' | 'reopen' | 'new-ticket' {
  if (recurrence.mode === 'ignore' || updateTime <= closedAt) return 'ignore'
  if (resolution !== null && recurrence.staysClosed.includes(resolution)) return 'ignore'
  if (recurrence.reopenWithinHours === null) return 'reopen'
  const hours = (now.getTime() - closedAt.getTime()) / 3_600_000
  return hours <= recurrence.reopenWithinHours ? 'reopen' : 'new-ticket'
}
