import type { JsonObject, RefusedChange, StatusChange, Ticket } from '@tripline/core'
import { isAt, unreadStatus } from './case-mapping.ts'
import type { CaseRecord, CaseStatus } from './salesforce-payloads.ts'
import type { SalesforceSettings } from './settings.ts'

/** How a case is to be brought to another status. */
export interface StatusStep {
  /** Statuses to be written first, one by one. */
  readonly via: readonly string[]
  /** What is written last; `null`: nothing, the case is there or must be left alone. */
  readonly fields: JsonObject | null
  /** The status that the fields lead to; `null`: they leave it as it is. */
  readonly statusId: string | null
  readonly refused: RefusedChange | null
}

/** A case as it was seen and as it is now. */
export interface CaseNow {
  readonly seen: Ticket
  readonly now: Ticket
  readonly record: CaseRecord
}

const nothing: StatusStep = { via: [], fields: null, statusId: null, refused: null }

/** What there is to write. @param listStatuses asked only when there is something */
export async function statusStep(
  change: StatusChange,
  { seen, now, record }: CaseNow,
  settings: SalesforceSettings,
  listStatuses: () => Promise<readonly CaseStatus[]>,
): Promise<StatusStep> {
  const { resolutionId } = change
  const isThere = isAt(now.status, change.target)
  if (isThere && (resolutionId === null || now.resolution?.id === resolutionId)) return nothing
  if (seen.status.id !== unreadStatus.id && statusText(seen) !== statusText(now)) {
    return refusal(
      'changed_meanwhile',
      `${now.key} is ${shown(now)} now; when it was read it was ${shown(seen)}.`,
    )
  }
  const { outcomeField } = settings
  if (isThere && outcomeField === undefined) return refusal('not_applied', noOutcomeField(now))

  const statuses = await listStatuses()
  const target = isThere ? now.status.id : targetStatus(change, statuses, settings)
  const unknown = [...change.via, target].find((id) => statuses.every(({ ApiName }) => ApiName !== id))
  if (target === null || unknown !== undefined) {
    const wanted = 'id' in change.target ? change.target.id : `of the category ${change.target.category}`
    const choices = statuses.map(({ ApiName }) => ApiName).join(', ')
    return refusal('no_transition', `Cases have no status ${unknown ?? wanted}. There is: ${choices}.`)
  }
  const isClosed = statuses.some(({ ApiName, IsClosed }) => ApiName === target && IsClosed)
  const outcome =
    outcomeField === undefined ? {} : outcomeValue(outcomeField, { isClosed, isThere, record, resolutionId })
  return {
    via: isThere ? [] : change.via.filter((id) => id !== now.status.id),
    fields: { ...change.fields, ...(isThere ? {} : { Status: target }), ...outcome },
    statusId: isThere ? null : target,
    refused: null,
  }
}

function targetStatus(
  { target }: StatusChange,
  statuses: readonly CaseStatus[],
  { openStatus }: SalesforceSettings,
): string | null {
  if ('id' in target) return target.id
  const found = statuses.find(({ ApiName, IsClosed }) => {
    switch (target.category) {
      case 'open':
        return ApiName === openStatus && !IsClosed
      case 'active':
        return ApiName !== openStatus && !IsClosed
      case 'done':
        return IsClosed
    }
  })
  return found?.ApiName ?? null
}

/** An outcome is there while a case is closed, and none of an earlier time is left over. */
function outcomeValue(
  field: string,
  given: {
    readonly isClosed: boolean
    readonly isThere: boolean
    readonly record: CaseRecord
    readonly resolutionId: string | null
  },
): JsonObject {
  const { isClosed, isThere, record, resolutionId } = given
  if (isClosed && resolutionId !== null) return { [field]: resolutionId }
  const present = record[field]
  return isThere || present === null || present === undefined ? {} : { [field]: null }
}

/** Whether a status was set and is not there afterwards, as a flow or a trigger may cause. */
export function unsetStatus(
  change: StatusChange,
  ticket: Ticket,
  settings: SalesforceSettings,
): RefusedChange | null {
  if (!isAt(ticket.status, change.target)) {
    const message = `Salesforce accepted the status, but ${ticket.key} is ${shown(ticket)}: a flow or a trigger may have changed it.`
    return { field: 'status', code: 'not_applied', message }
  }
  const { resolutionId } = change
  if (resolutionId === null || ticket.resolution?.id === resolutionId) return null
  const message =
    settings.outcomeField === undefined
      ? noOutcomeField(ticket)
      : `Salesforce accepted the outcome, but ${ticket.key} is ${shown(ticket)}.`
  return { field: 'status', code: 'not_applied', message }
}

const noOutcomeField = ({ key }: Ticket): string =>
  `${key} cannot be given an outcome: the connection's settings name no outcome field. Name one, or map no outcomes.`

function refusal(code: RefusedChange['code'], message: string): StatusStep {
  return { ...nothing, refused: { field: 'status', code, message } }
}

const statusText = ({ resolution, status }: Ticket): string =>
  JSON.stringify([status.id, resolution?.id ?? null])

const shown = ({ resolution, status }: Ticket): string =>
  resolution === null ? status.name : `${status.name} (${resolution.name})`
