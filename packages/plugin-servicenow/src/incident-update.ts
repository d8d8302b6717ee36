import {
  AccessDenied,
  type JsonObject,
  outcomeFromHistory,
  type RefusedChange,
  Rejected,
  type SyncField,
  type Ticket,
  type TicketChange,
  TicketNotFound,
  type TicketUpdate,
  type UpdateOutcome,
} from '@tripline/core'
import { listChoices } from './choices.ts'
import { historySince, isContested, type OwnWrite, overwrittenValues } from './incident-history.ts'
import { toTicket } from './incident-mapping.ts'
import { assigneeParts, contentParts, type IncidentPart } from './incident-parts.ts'
import type { ServiceNowClient } from './servicenow-client.ts'
import type { IncidentRecord } from './servicenow-payloads.ts'
import type { ServiceNowSettings } from './settings.ts'
import { type IncidentNow, type StateHop, stateStep, unsetState } from './state-step.ts'
import { incidentId } from './sys-id.ts'
import { listUsers } from './user-account.ts'

/** Reads the incident, writes what still finds what was seen, and looks at what came of it. */
export async function updateIncident(
  client: ServiceNowClient,
  seen: Ticket,
  change: TicketChange,
  settings: ServiceNowSettings,
): Promise<TicketUpdate> {
  const before = await client.findIncident('sys_id', incidentId(seen))
  if (before === null) throw new TicketNotFound(`There is no incident ${seen.key} (any more).`)
  const present: IncidentNow = { seen, now: toTicket(before, settings), record: before }
  const { status } = change
  const step =
    status === undefined
      ? { hops: [], refused: null }
      : await stateStep(status, present, settings, () => listChoices(client, 'state', settings))
  const content = contentParts(change, present, settings)
  const assignee =
    change.assignee === undefined
      ? { parts: [], refused: [] }
      : await assigneeParts(change.assignee, present, (ids) => listUsers(client, ids))
  const refused: RefusedChange[] = [...content.refused, ...assignee.refused]
  if (step.refused !== null) refused.push(step.refused)

  const writer = new IncidentWriter(client, before)
  let statusId: string | null = null
  const [last, ...way] = step.hops.toReversed()
  let isOnTheWay = true
  for (const hop of way.toReversed()) {
    if (!isOnTheWay) break
    const outcome = await writer.writeParts([hopPart(hop, (ticket) => passedBy(hop, ticket))], settings)
    refused.push(...outcome.refused)
    isOnTheWay = outcome.written.length > 0
    if (isOnTheWay) statusId = hop.stateId
  }
  const parts = [...content.parts, ...assignee.parts]
  if (last !== undefined && status !== undefined && isOnTheWay) {
    const part = hopPart(last, (ticket) => unsetState(status, ticket))
    // A finished incident may take nothing more, and one that is opened again nothing before.
    if (last.stateId !== null && settings.doneStates.includes(last.stateId)) parts.push(part)
    else parts.unshift(part)
  }
  const { refused: notTaken, written } = await writer.writeParts(parts, settings)
  refused.push(...notTaken)
  if (written.includes('status')) statusId = last?.stateId ?? statusId

  // What was refused as a whole tells nothing of how the incident is now.
  const record = writer.isStale ? await client.findIncident('sys_id', before.id) : writer.record
  if (record === null) throw new TicketNotFound(`There is no incident ${seen.key} any more.`)
  const overwritten =
    settings.history && isContested(before, writer.writes)
      ? await overwrittenValues(client, before, writer.writes, settings)
      : []
  return { ticket: toTicket(record, settings), statusId, refused, overwritten }
}

/** What the incident's history tells of an update whose answer was lost; `null`: there is no such incident. */
export async function findUpdateOutcome(
  client: ServiceNowClient,
  seen: Ticket,
  settings: ServiceNowSettings,
): Promise<UpdateOutcome | null> {
  const record = await client.findIncident('sys_id', incidentId(seen))
  if (record === null) return null
  const history = settings.history ? await historySince(client, seen, record, settings) : []
  return outcomeFromHistory(seen, toTicket(record, settings), history)
}

function hopPart({ values }: StateHop, unset: IncidentPart['unset']): IncidentPart {
  return { field: 'status', values, unset }
}

function passedBy({ stateId }: StateHop, ticket: Ticket): RefusedChange | null {
  if (ticket.status.id === stateId) return null
  const message = `ServiceNow accepted the state ${stateId} on the way, and ${ticket.key} is ${ticket.status.name}.`
  return { field: 'status', code: 'not_applied', message }
}

/** What became of parts. */
interface WrittenParts {
  readonly written: readonly SyncField[]
  readonly refused: readonly RefusedChange[]
}

/** Writes parts together where that is possible: a rule refuses a request as a whole, and does not say for which field. */
class IncidentWriter {
  readonly #client: ServiceNowClient
  readonly writes: OwnWrite[] = []
  /** As it was after the last write. */
  record: IncidentRecord
  /** Whether something was asked for since, and refused. */
  isStale = false

  constructor(client: ServiceNowClient, record: IncidentRecord) {
    this.#client = client
    this.record = record
  }

  async writeParts(parts: readonly IncidentPart[], settings: ServiceNowSettings): Promise<WrittenParts> {
    if (parts.length === 0) return { written: [], refused: [] }
    const error = await this.#write(parts)
    if (error === null) {
      const ticket = toTicket(this.record, settings)
      const unset = parts.map((part) => part.unset(ticket))
      return {
        written: parts.filter((_, index) => unset[index] === null).map(({ field }) => field),
        refused: unset.filter((refusal) => refusal !== null),
      }
    }
    const [only, ...others] = parts
    if (only !== undefined && others.length === 0) {
      return {
        written: [],
        refused: [{ field: only.field, code: refusalCode(only, error), message: error.message }],
      }
    }
    const outcomes: WrittenParts[] = []
    for (const part of parts) outcomes.push(await this.writeParts([part], settings))
    return {
      written: outcomes.flatMap(({ written }) => written),
      refused: outcomes.flatMap(({ refused }) => refused),
    }
  }

  async #write(parts: readonly IncidentPart[]): Promise<Rejected | AccessDenied | null> {
    const values = Object.assign({}, ...parts.map((part) => part.values)) as JsonObject
    try {
      this.record = await this.#client.updateIncident(this.record.id, values)
      this.writes.push({ fields: parts.map(({ field }) => field), result: this.record })
      this.isStale = false
      return null
    } catch (error) {
      if (!(error instanceof Rejected) && !(error instanceof AccessDenied)) throw error
      this.isStale = true
      return error
    }
  }
}

function refusalCode({ field }: IncidentPart, error: Rejected | AccessDenied): RefusedChange['code'] {
  if (field === 'assignee') return 'not_assignable'
  if (error instanceof AccessDenied) return field === 'status' ? 'no_transition' : 'not_editable'
  if (/mandatory|Data Policy Exception/iu.test(error.message)) return 'missing_fields'
  return field === 'status' ? 'no_transition' : 'invalid_value'
}
