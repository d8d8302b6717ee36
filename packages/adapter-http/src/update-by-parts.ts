import {
  AccessDenied,
  changedMeanwhile,
  heldValue,
  type RefusedChange,
  Rejected,
  type SyncField,
  type Ticket,
  type TicketPart,
  type TicketUpdate,
} from '@tripline/core'

/** What updating by parts needs of a system. */
export interface PartWriting<Step> {
  /** The ticket as it is now. @throws TicketNotFound */
  readonly read: () => Promise<Ticket>
  /**
   * Takes one step and answers the ticket after it. Where the system compares versions, name the one of `now`, on which the
   * step was decided. @throws Rejected, AccessDenied for a step that is refused; whatever else is thrown ends the update
   */
  readonly write: (step: Step, now: Ticket) => Promise<Ticket>
  /** What a refusal amounts to, where the system's words tell more than its field does; `null`: they do not. */
  readonly codeOf?: (field: SyncField, error: Rejected) => RefusedChange['code'] | null
}

/**
 * Does a change part by part, for systems in which each part is a request of its own: what is there already is not
 * written, what somebody changed since `seen` is refused, and what the system refuses, or takes and does not do, is said.
 */
export async function updateByParts<Step>(
  seen: Ticket,
  parts: readonly TicketPart<Step>[],
  { codeOf, read, write }: PartWriting<Step>,
): Promise<TicketUpdate> {
  let now = await read()
  let statusId: string | null = null
  const refused: RefusedChange[] = []
  for (const { field, steps, wanted } of parts) {
    if (heldValue(now, field) === wanted) continue
    const changed = changedMeanwhile(field, seen, now)
    if (changed !== null) {
      refused.push(changed)
      continue
    }
    try {
      for (const step of steps) {
        now = await write(step, now)
        if (field === 'status') statusId = now.status.id
      }
      const held = heldValue(now, field)
      if (held === wanted || held === undefined) continue
      refused.push({
        field,
        code: 'not_applied',
        message: `The ${field} of ${now.key} was taken and not set.`,
      })
    } catch (error) {
      if (!(error instanceof Rejected) && !(error instanceof AccessDenied)) throw error
      const said = error instanceof Rejected ? codeOf?.(field, error) : null
      refused.push({ field, code: said ?? usualCode(field, error), message: error.message })
    }
  }
  return { ticket: now, statusId, refused, overwritten: [] }
}

function usualCode(field: SyncField, error: Rejected | AccessDenied): RefusedChange['code'] {
  if (field === 'status') return 'no_transition'
  if (field === 'assignee') return 'not_assignable'
  return error instanceof Rejected ? 'invalid_value' : 'not_editable'
}
