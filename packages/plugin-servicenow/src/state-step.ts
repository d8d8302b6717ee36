import type { JsonObject, RefusedChange, StatusChange, Ticket, TicketStatus } from '@tripline/core'
import { isAt, neutral, toStatus } from './incident-mapping.ts'
import type { IncidentRecord, Named } from './servicenow-payloads.ts'
import type { ServiceNowSettings } from './settings.ts'

/** The status of a ticket that was never read. */
const unreadStatus = ''

/** How an incident is to be brought to another state. */
export interface StateStep {
  /** What is written, one after the other. */
  readonly hops: readonly StateHop[]
  readonly refused: RefusedChange | null
}

/** One write of a state; `stateId` is `null` when the state stays as it is. */
export interface StateHop {
  readonly stateId: string | null
  readonly values: JsonObject
}

/** An incident as it was seen and as it is now. */
export interface IncidentNow {
  readonly seen: Ticket
  readonly now: Ticket
  readonly record: IncidentRecord
}

const nothing: StateStep = { hops: [], refused: null }

/** What there is to write. @param listStates asked only when there is something */
export async function stateStep(
  change: StatusChange,
  { seen, now, record }: IncidentNow,
  settings: ServiceNowSettings,
  listStates: () => Promise<readonly Named[]>,
): Promise<StateStep> {
  const { resolutionId, target } = change
  const isThere = isAt(now.status, target)
  if (isThere && (resolutionId === null || now.resolution?.id === resolutionId)) return nothing
  if (seen.status.id !== unreadStatus && statusText(seen) !== statusText(now)) {
    return refusal(
      'changed_meanwhile',
      `${now.key} is ${shown(now)} now; when it was read it was ${shown(seen)}.`,
    )
  }
  if (isThere && now.status.category !== 'done') {
    return refusal(
      'not_applied',
      `${now.key} is ${shown(now)}, which is not among the done states, and takes no code.`,
    )
  }
  if (isThere) return { hops: [{ stateId: null, values: closing(change, settings) }], refused: null }

  const states = await listStates()
  const wanted = targetState(target, states, settings)
  // ServiceNow takes any number for a state.
  const unknown = [...change.via, wanted ?? ''].find((id) => states.every((state) => state.id !== id))
  if (wanted === null || unknown !== undefined) {
    const what =
      'id' in target ? `with the value ${unknown ?? target.id}` : `of the category ${target.category}`
    const choices = states.map(({ id, name }) => `${id} (${name})`).join(', ')
    return refusal(
      'no_transition',
      `Incidents have no state ${what}. There is: ${choices || 'none that we may see'}.`,
    )
  }
  const path = [...change.via.filter((id) => id !== now.status.id), wanted]
  const hops = path.map((id, index) => ({
    stateId: id,
    values: {
      ...(index === path.length - 1 ? (neutral(change.fields) as JsonObject) : {}),
      state: id,
      ...stateValues(id, change, record, settings),
    },
  }))
  return { hops, refused: null }
}

/** What a state is written with. */
function stateValues(
  id: string,
  change: StatusChange,
  { closeCode }: IncidentRecord,
  settings: ServiceNowSettings,
): JsonObject {
  const own = Object.hasOwn(settings.stateFields, id) ? settings.stateFields[id] : undefined
  const { category } = toStatus({ id, name: id }, settings)
  if (category === 'done') return { ...own, ...closing(change, settings) }
  // A code of an earlier time must not be taken for that of the next one.
  return { ...own, ...(closeCode === null ? {} : { close_code: '' }) }
}

function closing(
  { fields, resolutionId }: StatusChange,
  { closeCode, closeNotes }: ServiceNowSettings,
): JsonObject {
  const code = resolutionId ?? closeCode
  const notes = fields['close_notes']
  return {
    ...(code === undefined ? {} : { close_code: code }),
    close_notes: typeof notes === 'string' && notes.trim() !== '' ? neutral(notes) : closeNotes,
  }
}

function targetState(
  target: StatusChange['target'],
  states: readonly Named[],
  settings: ServiceNowSettings,
): string | null {
  if ('id' in target) return target.id
  const { doneStates, openStates } = settings
  const preferred = { open: openStates, active: [], done: doneStates }[target.category]
  const known = preferred.find((id) => states.some((state) => state.id === id))
  return known ?? states.find((state) => isAt(toStatus(state, settings), target))?.id ?? null
}

/** Whether a state was set and is not there afterwards, as a business rule may cause. */
export function unsetState(change: StatusChange, ticket: Ticket): RefusedChange | null {
  const { resolutionId, target } = change
  const isSet =
    isAt(ticket.status, target) && (resolutionId === null || ticket.resolution?.id === resolutionId)
  if (isSet) return null
  const message = `ServiceNow accepted the state, and ${ticket.key} is ${shown(ticket)}: an access rule keeps us from writing it, or a business rule puts it back.`
  return { field: 'status', code: 'not_applied', message }
}

function refusal(code: RefusedChange['code'], message: string): StateStep {
  return { ...nothing, refused: { field: 'status', code, message } }
}

const statusText = ({
  resolution,
  status,
}: {
  readonly resolution: Named | null
  readonly status: TicketStatus
}): string => JSON.stringify([status.id, resolution?.id ?? null])

const shown = ({ resolution, status }: Ticket): string =>
  resolution === null ? status.name : `${status.name} (${resolution.name})`
