import {
  type RefusedChange,
  type SyncField,
  type Ticket,
  type TicketChange,
  type TicketUpdate,
} from '@tripline/core'
import { contentParts } from './content-parts.ts'
import { type CurrentTicket, requireTicket } from './current-ticket.ts'
import type { RtClient } from './rt-client.ts'
import { TicketChanged } from './rt-errors.ts'
import { isCustomField, nobody, valuesOf } from './rt-mapping.ts'
import type { RequestTrackerSettings } from './settings.ts'
import { statusParts } from './status-parts.ts'
import { overwrittenValues } from './ticket-history.ts'
import { refusal, refusalOf, type TicketPart } from './ticket-part.ts'
import { ticketNumber } from './ticket-reference.ts'

const ATTEMPTS = 3

/**
 * Reads the ticket, writes what still finds what was seen, and reads it again. Every write names the state that it was
 * decided on, so that RT refuses it when somebody came between; then it is decided anew.
 */
export async function updateTicket(
  client: RtClient,
  seen: Ticket,
  change: TicketChange,
  settings: RequestTrackerSettings,
): Promise<TicketUpdate> {
  const begun = await requireTicket(client, seen, settings)
  const work = new TicketWriting(client, seen, settings, begun)

  const hops = change.status === undefined ? [] : statusParts(seen, begun.ticket, change.status, settings)
  let statusId: string | null = null
  if (!('length' in hops)) work.refused.push(hops)
  else {
    for (const hop of hops) {
      if (!(await work.write([hop]))) break
      if (work.written.has('status')) statusId = hop.wanted
    }
    if (change.status !== undefined && statusId !== null) work.refuseUnsetFields(change.status.fields)
  }

  const content = contentParts(seen, change, settings)
  work.refused.push(...content.refused)
  await work.write(content.parts)
  if (change.assignee !== undefined) await work.write([assigneePart(seen, change.assignee.accountId)])

  const overwritten =
    work.written.size === 0 ? [] : await overwrittenValues(client, begun, work.written, settings)
  return { ticket: work.current.ticket, statusId, refused: work.refused, overwritten }
}

function assigneePart(seen: Ticket, accountId: string | null): TicketPart {
  const value = ({ assignee }: Ticket): string | null => assignee?.id ?? null
  return {
    field: 'assignee',
    body: { Owner: accountId ?? nobody },
    value,
    expected: seen.status.id === '' ? undefined : value(seen),
    wanted: accountId,
  }
}

class TicketWriting {
  readonly refused: RefusedChange[] = []
  readonly written = new Set<SyncField>()
  current: CurrentTicket
  readonly #client: RtClient
  readonly #seen: Ticket
  readonly #settings: RequestTrackerSettings

  constructor(client: RtClient, seen: Ticket, settings: RequestTrackerSettings, current: CurrentTicket) {
    this.#client = client
    this.#seen = seen
    this.#settings = settings
    this.current = current
  }

  /** Writes parts together. Whether the ticket has all of them now. */
  async write(parts: readonly TicketPart[]): Promise<boolean> {
    let pending = parts
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      pending = pending.filter((part) => !this.#isDone(part))
      const changed = pending.filter((part) => !this.#isAsExpected(part))
      this.refused.push(...changed.map((part) => this.#changedMeanwhile(part)))
      pending = pending.filter((part) => !changed.includes(part))
      if (pending.length === 0) return changed.length === 0
      const messages = await this.#send(pending)
      if (messages === null) continue
      const unmade = pending.filter((part) => !this.#isDone(part))
      this.refused.push(...unmade.map((part) => refusalOf(part, messages)))
      for (const part of pending) if (!unmade.includes(part)) this.written.add(part.field)
      return changed.length === 0 && unmade.length === 0
    }
    this.refused.push(...pending.map((part) => this.#changedMeanwhile(part)))
    return false
  }

  /** Values that the closing was to set besides, and that RT has no field for or did not take. */
  refuseUnsetFields(fields: Readonly<Record<string, unknown>>): void {
    const unset = Object.keys(fields).filter(
      (name) => isCustomField(name) && (valuesOf(this.current.raw, name) ?? []).length === 0,
    )
    if (unset.length === 0) return
    const message = `The status was set, but not ${unset.join(', ')}: the custom field is not on this queue, or the account may not change it.`
    this.refused.push(refusal({ field: 'status' }, 'not_applied', message))
  }

  /** What RT says; `null`: it did nothing, because the ticket was changed in that moment. */
  async #send(parts: readonly TicketPart[]): Promise<readonly string[] | null> {
    const bodies = parts.map(({ body }) => body)
    const customFields = Object.assign({}, ...bodies.map(({ CustomFields }) => CustomFields ?? {})) as object
    const body = {
      ...Object.assign({}, ...bodies),
      ...(Object.keys(customFields).length === 0 ? {} : { CustomFields: customFields }),
    }
    let messages: readonly string[] | null = null
    try {
      messages = await this.#client.changeTicket(ticketNumber(this.#seen), body, this.current.etag)
    } catch (error) {
      if (!(error instanceof TicketChanged)) throw error
    }
    this.current = await requireTicket(this.#client, this.#seen, this.#settings)
    return messages
  }

  #isDone({ value, wanted }: TicketPart): boolean {
    return value(this.current.ticket) === wanted
  }

  #isAsExpected({ expected, value }: TicketPart): boolean {
    return expected === undefined || value(this.current.ticket) === expected
  }

  #changedMeanwhile(part: TicketPart): RefusedChange {
    const [now, before] = [part.value(this.current.ticket), part.expected ?? null]
    const message = `${part.field} is ${shown(now)} now; ${shown(before)} was expected.`
    return refusal(part, 'changed_meanwhile', message)
  }
}

function shown(value: string | null): string {
  return value === null || value === '' ? 'empty' : value.slice(0, 100)
}
