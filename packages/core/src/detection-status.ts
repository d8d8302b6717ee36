import { InvalidStatusTransition } from './errors.ts'

/** Every status of a detection, in the order in which work usually goes through them. */
export const detectionStatuses = ['open', 'new', 'acknowledged', 'in_progress', 'closed'] as const

/**
 * Where the work on a detection stands. `open` is the absence of any status (`null` in ExtraHop's REST API);
 * `new` means that a ticket exists which nobody has begun, and needs external tracking.
 */
export type DetectionStatus = (typeof detectionStatuses)[number]

/** Every outcome with which a detection can be closed. */
export const resolutions = ['action_taken', 'no_action_taken'] as const

/** With what outcome a detection was closed. */
export type Resolution = (typeof resolutions)[number]

/** A status together with the resolution, which only a closed detection can have. */
export interface TrackedStatus {
  readonly status: DetectionStatus
  /** `null`: none was given. */
  readonly resolution: Resolution | null
}

/** The statuses that may follow each status. */
export type TransitionTable = Readonly<Record<DetectionStatus, readonly DetectionStatus[]>>

/** What ExtraHop allows: any status may follow any other. */
export const defaultTransitions: TransitionTable = {
  open: ['new', 'acknowledged', 'in_progress', 'closed'],
  new: ['open', 'acknowledged', 'in_progress', 'closed'],
  acknowledged: ['open', 'new', 'in_progress', 'closed'],
  in_progress: ['open', 'new', 'acknowledged', 'closed'],
  closed: ['open', 'new', 'acknowledged', 'in_progress'],
}

/** Who asks for a status: `new` comes only from tickets and integrations, while external tracking is on. */
export interface TransitionContext {
  readonly mayUseNew: boolean
}

/** The statuses that may be set now, the present one excluded, in {@link detectionStatuses} order. */
export function allowedTransitions(
  table: TransitionTable,
  from: DetectionStatus,
  context: TransitionContext,
): readonly DetectionStatus[] {
  return detectionStatuses.filter(
    (status) => table[from].includes(status) && (status !== 'new' || context.mayUseNew),
  )
}

/**
 * Returns `to` when the table leads there from `from`; staying where one is is always allowed.
 *
 * @throws InvalidStatusTransition when it does not.
 */
export function transition(
  table: TransitionTable,
  from: DetectionStatus,
  to: DetectionStatus,
  context: TransitionContext,
): DetectionStatus {
  if (from === to) return to
  const allowed = allowedTransitions(table, from, context)
  if (allowed.includes(to)) return to
  const reason =
    to === 'new' && !context.mayUseNew ? 'new is set by tickets, while external tracking is on' : undefined
  throw new InvalidStatusTransition(from, to, allowed, reason)
}

/**
 * What is wrong with a transition table, as sentences: statuses that cannot be reached from `open`, and statuses from
 * which `closed` cannot be reached. An empty list means that the table can be used.
 */
export function transitionTableProblems(table: TransitionTable): readonly string[] {
  const fromOpen = reachable(table, 'open')
  return [
    ...detectionStatuses
      .filter((status) => status !== 'new' && !fromOpen.has(status))
      .map((status) => `${status} cannot be reached from open`),
    ...detectionStatuses
      .filter((status) => !reachable(table, status).has('closed'))
      .map((status) => `closed cannot be reached from ${status}`),
  ]
}

function reachable(table: TransitionTable, from: DetectionStatus): ReadonlySet<DetectionStatus> {
  const seen = new Set<DetectionStatus>([from])
  const queue: DetectionStatus[] = [from]
  for (let status = queue.pop(); status !== undefined; status = queue.pop()) {
    for (const next of table[status]) {
      if (seen.has(next)) continue
      seen.add(next)
      queue.push(next)
    }
  }
  return seen
}
