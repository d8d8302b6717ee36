import {
  type Issue,
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
import { historySince, overwrittenValues } from './case-history.ts'
import { toTicket } from './case-mapping.ts'
import { assigneeParts, type CasePart, contentParts } from './case-parts.ts'
import { caseId } from './record-id.ts'
import type { SalesforceClient } from './salesforce-client.ts'
import { Forbidden, ModifiedSince } from './salesforce-errors.ts'
import type { CaseRecord } from './salesforce-payloads.ts'
import type { SalesforceSettings } from './settings.ts'
import { type CaseNow, statusStep, unsetStatus } from './status-step.ts'

const ATTEMPTS = 3

/**
 * Reads the case, writes what still finds what was seen, and reads it again. The first write asks Salesforce to refuse it
 * when the case was changed after it was read; then everything is looked at anew. Salesforce compares by the second.
 */
export async function updateCase(
  client: SalesforceClient,
  seen: Ticket,
  change: TicketChange,
  settings: SalesforceSettings,
): Promise<TicketUpdate> {
  for (let attempt = 1; ; attempt += 1) {
    const record = await requireCase(client, seen)
    try {
      return await updateFrom(
        client,
        { seen, now: toTicket(record, client.session, settings), record },
        change,
        settings,
      )
    } catch (error) {
      if (!(error instanceof ModifiedSince) || attempt === ATTEMPTS) throw error
    }
  }
}

/** What the case's history tells of an update whose answer was lost; `null`: there is no such case. */
export async function findUpdateOutcome(
  client: SalesforceClient,
  seen: Ticket,
  settings: SalesforceSettings,
): Promise<UpdateOutcome | null> {
  // The history first: what it misses then is judged by what the case shows.
  const history = settings.fieldHistory ? await historySince(client, seen, settings) : []
  const record = await client.findCase('Id', caseId(seen))
  return record === null
    ? null
    : outcomeFromHistory(seen, toTicket(record, client.session, settings), history)
}

async function updateFrom(
  client: SalesforceClient,
  present: CaseNow,
  change: TicketChange,
  settings: SalesforceSettings,
): Promise<TicketUpdate> {
  const { now, record } = present
  const status =
    change.status === undefined
      ? null
      : await statusStep(change.status, present, settings, () => client.listCaseStatuses())
  const content = contentParts(change, present, settings)
  const assignee =
    change.assignee === undefined
      ? { parts: [], refused: [] }
      : assigneeParts(change.assignee, present, client.session, settings)
  const refused = [...content.refused, ...assignee.refused]
  if (status?.refused) refused.push(status.refused)
  const parts: CasePart[] = [...content.parts, ...assignee.parts]

  const writer = new CaseWriter(client, record)
  let statusId: string | null = null
  let isOnTheWay = true
  for (const id of status?.via ?? []) {
    const hop = await writer.writeParts([{ field: 'status', values: { Status: id } }])
    if (hop.written.length > 0) statusId = id
    else isOnTheWay = false
    refused.push(...hop.refused)
    if (!isOnTheWay) break
  }
  if (isOnTheWay && status?.fields) parts.unshift({ field: 'status', values: status.fields })
  const { written, refused: notTaken } = await writer.writeParts(parts)
  refused.push(...notTaken)
  if (written.includes('status')) statusId = status?.statusId ?? statusId

  if (!writer.hasSent) return { ticket: now, statusId: null, refused, overwritten: [] }
  const ticket = toTicket(await requireCase(client, now), client.session, settings)
  const wrote = new Set([...written, ...(statusId === null ? [] : (['status'] as const))])
  const history = settings.fieldHistory ? await overwrittenValues(client, present, [...wrote], settings) : []
  const isOthers = (field: SyncField): boolean => history.some((value) => value.field === field)
  if (change.status !== undefined && written.includes('status') && !isOthers('status')) {
    const unset = unsetStatus(change.status, ticket, settings)
    if (unset !== null) refused.push(unset)
  }
  if (written.includes('assignee') && !isOthers('assignee')) {
    const unset = unsetOwner(assignee.parts, ticket, now)
    if (unset !== null) refused.push(unset)
  }
  return { ticket, statusId, refused, overwritten: history }
}

/** Writes parts together where that is possible: Salesforce takes all fields of a request or none. */
class CaseWriter {
  readonly #client: SalesforceClient
  readonly #record: CaseRecord
  #hasWritten = false
  /** Whether anything was asked of Salesforce, be it refused. */
  hasSent = false

  constructor(client: SalesforceClient, record: CaseRecord) {
    this.#client = client
    this.#record = record
  }

  async writeParts(
    parts: readonly CasePart[],
  ): Promise<{ readonly written: readonly SyncField[]; readonly refused: readonly RefusedChange[] }> {
    const written: SyncField[] = []
    const refused: RefusedChange[] = []
    const batches: (readonly CasePart[])[] = [parts]
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) {
      if (batch.length === 0) continue
      const issues = await this.#write(Object.assign({}, ...batch.map(({ values }) => values)) as JsonObject)
      if (issues === null) {
        written.push(...batch.map(({ field }) => field))
        continue
      }
      const named = batch.filter(({ values }) => issues.some(({ path }) => path in values))
      if (named.length > 0) {
        refused.push(...named.map((part) => refusalOf(part, issues)))
        batches.push(batch.filter((part) => !named.includes(part)))
      } else if (batch.length > 1) batches.push(...batch.map((part) => [part]))
      else refused.push(...batch.map((part) => refusalOf(part, issues)))
    }
    return { written, refused }
  }

  /** What Salesforce has against it; `null`: nothing, it is written. */
  async #write(values: JsonObject): Promise<readonly Issue[] | null> {
    this.hasSent = true
    const { Id: id, LastModifiedDate } = this.#record
    try {
      // Our own first write is the last change that the second one would find.
      await this.#client.updateCase(id, values, this.#hasWritten ? null : LastModifiedDate)
      this.#hasWritten = true
      return null
    } catch (error) {
      if (!(error instanceof Rejected) && !(error instanceof Forbidden)) throw error
      return error.issues.length > 0 ? error.issues : [{ path: '', message: error.message }]
    }
  }
}

function refusalOf({ field, values }: CasePart, issues: readonly Issue[]): RefusedChange {
  const own = issues.filter(({ path }) => path in values)
  const relevant = own.length > 0 ? own : issues
  const message = relevant
    .map(({ path, message: said }) => (path === '' ? said : `${path}: ${said}`))
    .join('; ')
  return { field, code: refusalCode(field, relevant), message }
}

function refusalCode(field: SyncField, issues: readonly Issue[]): RefusedChange['code'] {
  const says = (code: RegExp): boolean => issues.some(({ message }) => code.test(message))
  if (field === 'assignee') return 'not_assignable'
  if (says(/REQUIRED_FIELD_MISSING/u)) return 'missing_fields'
  if (says(/INSUFFICIENT_ACCESS|INVALID_FIELD_FOR_INSERT_UPDATE|NO_ACCESS/u)) return 'not_editable'
  const isStatusValue = issues.some(({ path }) => path === 'Status') && says(/RESTRICTED_PICKLIST/u)
  return field === 'status' && isStatusValue ? 'no_transition' : 'invalid_value'
}

/** An owner that was accepted and is not there, as an assignment rule or a trigger may cause. */
function unsetOwner(parts: readonly CasePart[], ticket: Ticket, before: Ticket): RefusedChange | null {
  const isAsBefore = (ticket.assignee?.id ?? null) === (before.assignee?.id ?? null)
  if (parts.length === 0 || !isAsBefore) return null
  const owner = ticket.assignee === null ? 'unassigned' : `assigned to ${ticket.assignee.name}`
  const message = `Salesforce accepted the owner, but ${ticket.key} is ${owner}: a flow or a trigger may have changed it.`
  return { field: 'assignee', code: 'not_applied', message }
}

/** @throws TicketNotFound when there is none (any more) */
async function requireCase(client: SalesforceClient, ref: Pick<Ticket, 'id' | 'key'>): Promise<CaseRecord> {
  const record = await client.findCase('Id', caseId(ref))
  if (record === null)
    throw new TicketNotFound(`There is no case ${ref.key} (any more), or we may not see it.`)
  return record
}
