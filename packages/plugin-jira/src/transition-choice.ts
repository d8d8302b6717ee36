import type { JsonObject, StatusChange } from '@tripline/core'
import { toTicketStatus } from './jira-mapping.ts'
import type { JiraTransition } from './jira-payloads.ts'

/** Where one hop shall lead. */
export type HopTarget = StatusChange['target']

/** What to fill in on the way. */
export interface HopValues {
  /** The id of the resolution, where the transition asks for one. */
  readonly resolutionId: string | null
  readonly fields: JsonObject
}

/** A transition with the fields to send, or why there is none. */
export type TransitionChoice =
  | { readonly transition: JiraTransition; readonly fields: JsonObject; readonly missing: readonly [] }
  | { readonly transition: JiraTransition; readonly missing: readonly string[] }
  | { readonly transition: null; readonly available: readonly string[] }

export function isAt(status: { id: string; category: string }, target: HopTarget): boolean {
  return 'id' in target ? status.id === target.id : status.category === target.category
}

/** The first transition that leads to the target and whose required fields can be filled in. */
export function chooseTransition(
  transitions: readonly JiraTransition[],
  target: HopTarget,
  values: HopValues,
): TransitionChoice {
  const leading = transitions.filter(
    ({ to, isAvailable }) => isAvailable !== false && isAt(toTicketStatus(to), target),
  )
  const complete = leading
    .map((transition) => ({ transition, fields: fieldsFor(transition, values) }))
    .map((choice) => ({
      ...choice,
      missing: missingFields(choice.transition, Object.keys(choice.fields)).map(({ shown }) => shown),
    }))
    .toSorted((one, other) => one.missing.length - other.missing.length)
  const best = complete[0]
  if (best === undefined) return { transition: null, available: transitions.map(({ to }) => to.name) }
  const { transition, fields, missing } = best
  return missing.length === 0 ? { transition, fields, missing: [] } : { transition, missing }
}

/** Jira refuses a resolution on a transition whose screen does not have it. */
function fieldsFor({ fields: screen = {} }: JiraTransition, { resolutionId, fields }: HopValues): JsonObject {
  return 'resolution' in screen && resolutionId !== null
    ? { ...fields, resolution: { id: resolutionId } }
    : fields
}

/** A field of a transition's screen. */
export interface ScreenField {
  readonly id: string
  /** Its name and id, for people. */
  readonly shown: string
}

/** The required fields that are given no value. */
export function missingFields(
  { fields: screen = {} }: JiraTransition,
  given: readonly string[],
): readonly ScreenField[] {
  return Object.entries(screen)
    .filter(
      ([id, { required, hasDefaultValue }]) =>
        required === true && hasDefaultValue !== true && !given.includes(id),
    )
    .map(([id, { name }]) => ({ id, shown: name === undefined || name === id ? id : `${name} (${id})` }))
}
