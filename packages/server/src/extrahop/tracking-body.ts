import { detectionStatuses, parseTrackingChange, resolutions, type TrackingChange } from '@tripline/core'
import { z } from 'zod'

/** The statuses of the API; Open is the absence of one. */
const statuses = detectionStatuses.filter((status) => status !== 'open')

/** The members of a body that say how a detection is tracked: absent is unchanged, null removes. */
export const trackingBodyShape = {
  status: z.enum(statuses).nullable().optional().describe('null: Open.'),
  resolution: z
    .enum(resolutions)
    .nullable()
    .optional()
    .describe('Only of what is, or becomes, closed; any other status clears it.'),
  assignee: z.string().min(1).nullable().optional(),
}

/** What a body says, once its shape was checked. */
interface TrackingBody {
  readonly status?: Exclude<TrackingChange['status'], 'open'> | null | undefined
  readonly resolution?: TrackingChange['resolution']
  readonly assignee?: string | null | undefined
  readonly ticket_id?: string | null | undefined
}

/** @throws InvalidInput */
export function toTrackingChange({
  status,
  resolution,
  assignee,
  ticket_id: ticketId,
}: TrackingBody): TrackingChange {
  return parseTrackingChange({
    status: status === null ? 'open' : status,
    resolution,
    assignee,
    ticketId,
  })
}
