import { type JsonObject, type RefusedChange, type StatusChange, type Ticket } from '@tripline/core'
import { categoryOf, toFields } from './rt-mapping.ts'
import type { RequestTrackerSettings } from './settings.ts'
import { refusal, type TicketPart } from './ticket-part.ts'

const status = { field: 'status' } as const

/**
 * A change of status as the hops it is made of, along the path that was configured. With what a ticket is closed is the
 * status itself in RT, so that an outcome names the status to close with.
 */
export function statusParts(
  seen: Ticket,
  now: Ticket,
  change: StatusChange,
  settings: RequestTrackerSettings,
): readonly TicketPart[] | RefusedChange {
  const target = targetStatus(now, change, settings)
  if (typeof target !== 'string') return target
  if (now.status.id === target) return []
  const hops = [...change.via, target]
  return hops.map((id, index): TicketPart => {
    const fields: JsonObject = index === hops.length - 1 ? toFields(change.fields) : {}
    return {
      field: 'status',
      body: { ...fields, Status: id },
      value: (ticket) => ticket.status.id,
      expected: index === 0 ? expectedStatus(seen) : hops[index - 1],
      wanted: id,
    }
  })
}

/** A ticket that was created and could not be read is expected to be in whatever status it is. */
function expectedStatus({ status: { id } }: Ticket): string | undefined {
  return id === '' ? undefined : id
}

function targetStatus(
  now: Ticket,
  { resolutionId, target }: StatusChange,
  settings: RequestTrackerSettings,
): string | RefusedChange {
  if (resolutionId !== null && 'id' in target && target.id !== resolutionId) {
    return refusal(
      status,
      'invalid_value',
      `The outcome says to close with the status ${resolutionId}, and the mapping of the status says ${target.id}. Map closed to the category done, so that the outcome decides.`,
    )
  }
  if ('id' in target) return settable(target.id)
  const { initial, active, inactive } = settings.statuses
  if (resolutionId !== null) {
    if (target.category === 'done' && categoryOf(resolutionId, settings) === 'done') return resolutionId
    return refusal(
      status,
      'invalid_value',
      `${resolutionId} is none of the statuses that tickets are closed with: ${inactive.join(', ')}.`,
    )
  }
  if (now.status.category === target.category) return now.status.id
  const [first] = { open: initial, active, done: inactive }[target.category]
  return first ?? now.status.id
}

function settable(id: string): string | RefusedChange {
  if (id !== 'deleted') return id
  return refusal(status, 'no_transition', 'Tickets are never deleted from here.')
}
