import { z } from 'zod'
import { trackTicket } from '../../detections/amend-detection.ts'
import { noContent } from '../rest-answers.ts'
import type { RestDeps } from '../rest-deps.ts'
import { restRoute, type RestRoute } from '../rest-route.ts'
import { toTrackingChange, trackingBodyShape } from '../tracking-body.ts'

/** Tickets, by the id that detections carry. */
export function detectionTicketRoutes({ database }: RestDeps): readonly RestRoute[] {
  return [
    restRoute({
      method: 'PATCH',
      path: '/detections/tickets',
      summary: 'Tracks every detection that carries a ticket id: all of them, or none.',
      permission: 'track',
      body: z.object({ ticket_id: z.string().min(1), ...trackingBodyShape }),
      answer: { status: 204 },
      refusals: {
        404: 'No detection carries the ticket id.',
        422: 'The values cannot be, or external tracking is off.',
      },
      async handle({ body: { ticket_id: ticketId, ...tracking }, origin }) {
        await trackTicket(database, ticketId, toTrackingChange(tracking), 'integration', origin)
        return noContent
      },
    }),
  ]
}
