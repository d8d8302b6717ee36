import { ticketIdSchema, type TicketRef, type WatchedTickets } from '@tripline/core'
import { z } from 'zod'
import { isRecordId, toLongId } from './record-id.ts'

/** Where the events of cases are. */
export const caseChannel = '/data/CaseChangeEvent'

const replaySchema = z.object({ event: z.object({ replayId: z.int().nonnegative() }) })

/** @see https://developer.salesforce.com/docs/atlas.en-us.change_data_capture.meta/change_data_capture/cdc_event_fields_header.htm */
const changeSchema = z.object({
  payload: z.object({
    ChangeEventHeader: z.object({ recordIds: z.array(z.string()) }),
    CaseNumber: z.string().nullish(),
  }),
})

/** After which event of which organisation to continue. */
export interface ReplayPlace {
  readonly organizationId: string
  readonly replayId: number
}

/** A cursor as it is kept: event numbers of another organisation would mean something else. */
export function toCursor({ organizationId, replayId }: ReplayPlace): string {
  return `${organizationId}/${replayId}`
}

/** The event number of a cursor; `null`: it is none of this organisation. */
export function parseCursor(cursor: string, organizationId: string): number | null {
  const [organization, replayId = '', ...rest] = cursor.split('/')
  const isOurs = organization === organizationId && rest.length === 0 && /^\d{1,15}$/u.test(replayId)
  return isOurs ? Number(replayId) : null
}

/**
 * What events say. Whatever the change was, the case is read; so events that tell nothing but that there was a change
 * (`GAP_UPDATE` and the like) are worth as much. An event that names no case by its id, as when too much changed in one
 * transaction (`GAP_OVERFLOW`) or the type of a field did, stands for cases that we do not hear of.
 */
export function readChangeEvents(events: readonly unknown[]): {
  readonly tickets: readonly TicketRef[]
  /** Of the last event; `null`: there was none, or it cannot be read. */
  readonly replayId: number | null
  readonly missed: boolean
} {
  const tickets = new Map<string, TicketRef>()
  let replayId: number | null = null
  let missed: WatchedTickets['missed'] = false
  for (const event of events) {
    replayId = replaySchema.safeParse(event).data?.event.replayId ?? replayId
    const change = changeSchema.safeParse(event).data?.payload
    const ids = change?.ChangeEventHeader.recordIds ?? []
    const cases = ids.filter((id) => isRecordId(id, ['500'])).map((id) => toLongId(id) ?? id)
    if (cases.length === 0 || cases.length < ids.length) missed = true
    for (const id of cases) {
      const number = cases.length === 1 ? change?.CaseNumber : null
      tickets.set(id, { id: ticketIdSchema.parse(id), key: number ?? tickets.get(id)?.key ?? id })
    }
  }
  return { tickets: [...tickets.values()], replayId, missed }
}
