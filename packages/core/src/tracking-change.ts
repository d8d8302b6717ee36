import { z } from 'zod'
import { detectionStatuses, resolutions, transition } from './detection-status.ts'
import type { TrackingState } from './detection.ts'
import { InvalidInput, ResolutionNotAllowed, TrackingDisabled } from './errors.ts'
import { trackingMode, type TrackingSettings } from './tracking-settings.ts'
import { schemaIssues } from './schema-issues.ts'
import type { SourceTracking } from './source-adapter.ts'

const filled = (what: string, maxLength: number): z.ZodType<string, string> =>
  z
    .string()
    .max(maxLength)
    .refine((value) => value.trim() !== '', `${what} must not be empty; null removes it`)
    .refine((value) => value.isWellFormed() && !value.includes('\u0000'), `${what} must be well-formed text`)

/**
 * Parses a change of the tracking state. An absent member is unchanged, `null` removes the value. `status` has no
 * `null`: the absence of a status is the status `open`.
 */
export const trackingChangeSchema = z.object({
  status: z.enum(detectionStatuses).optional(),
  resolution: z.enum(resolutions).nullable().optional(),
  assignee: filled('The assignee', 200).nullable().optional(),
  ticketId: filled('The ticket id', 500).nullable().optional(),
})

/** A change of the tracking state; an absent member is unchanged. */
export type TrackingChange = Readonly<z.output<typeof trackingChangeSchema>>

/**
 * On whose behalf a change is made: `person` (GraphQL, console) or `integration` (API keys of integrations, REST,
 * ticketing adapters). The tracking mode decides what each may do.
 */
export type ActorKind = 'person' | 'integration'

/** @throws InvalidInput naming every problem. */
export function parseTrackingChange(value: unknown): TrackingChange {
  const result = trackingChangeSchema.safeParse(value)
  if (result.success) return result.data
  const issues = schemaIssues(result.error)
  throw new InvalidInput(issues.map(({ message }) => message).join('; '), issues)
}

/** @throws TrackingDisabled when the mode keeps this kind of actor from tracking. */
export function requireTracking(settings: TrackingSettings, actor: ActorKind): void {
  switch (trackingMode(settings)) {
    case 'both':
      return
    case 'internal':
      if (actor === 'person') return
      throw new TrackingDisabled(
        'External tracking is off, so integrations cannot track detections; an administrator can turn it on in the tracking settings.',
      )
    case 'external':
      if (actor === 'integration') return
      throw new TrackingDisabled(
        'Detections are tracked in the ticketing system only: change the ticket, or let an administrator turn on internal tracking.',
      )
    case 'neither':
      throw new TrackingDisabled(
        'Detection tracking is off; an administrator can turn it on in the tracking settings.',
      )
  }
}

/**
 * The tracking state after a change, by every rule there is: the mode, the transition table, `new` only from
 * integrations, a resolution only while closed. Leaving `closed` clears the resolution. Returns `state` itself when
 * nothing would differ.
 *
 * @throws TrackingDisabled, InvalidStatusTransition, ResolutionNotAllowed
 */
export function changeTracking(
  state: TrackingState,
  change: TrackingChange,
  settings: TrackingSettings,
  actor: ActorKind,
): TrackingState {
  requireTracking(settings, actor)
  if (change.ticketId !== undefined && !settings.externalTracking) {
    throw new TrackingDisabled('External tracking is off, so a ticket id cannot be set or removed.')
  }
  const status = transition(settings.transitions, state.status, change.status ?? state.status, {
    mayUseNew: settings.externalTracking && actor === 'integration',
  })
  if ((change.resolution ?? null) !== null && status !== 'closed') throw new ResolutionNotAllowed(status)
  const kept = change.resolution === undefined ? state.resolution : change.resolution
  const next: TrackingState = {
    status,
    resolution: status === 'closed' ? kept : null,
    assignee: change.assignee === undefined ? state.assignee : change.assignee,
    ticketId: change.ticketId === undefined ? state.ticketId : change.ticketId,
  }
  return sameTracking(state, next) ? state : next
}

/** Whether two tracking states of the same kind, ours or a source's, are equal in every member. */
export function sameTracking<State extends SourceTracking>(left: State, right: State): boolean {
  return (
    left.status === right.status &&
    left.resolution === right.resolution &&
    left.assignee === right.assignee &&
    left.ticketId === right.ticketId
  )
}

/**
 * The tracking state of a detection once external tracking is turned off: what tickets had set stays as the internal
 * state, except that `new`, which exists only with tickets, becomes `open`. The ticket id stays, to be looked at.
 */
export function convertToInternalTracking(state: TrackingState): TrackingState {
  return state.status === 'new' ? { ...state, status: 'open' } : state
}
