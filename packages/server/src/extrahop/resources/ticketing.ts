import { InvalidSettings, type TrackingSettings } from '@tripline/core'
import { z } from 'zod'
import { getTrackingSettings } from '../../tracking/tracking-settings-store.ts'
import { updateTrackingSettings, type TrackingSettingsPatch } from '../../tracking/tracking-settings.ts'
import { noContent, okAnswer } from '../rest-answers.ts'
import type { RestDeps } from '../rest-deps.ts'
import { restRoute, type RestRoute } from '../rest-route.ts'

const ticketingSchema = z
  .strictObject({
    external_ticketing_enabled: z.boolean(),
    internal_ticketing_enabled: z.boolean(),
    url_template: z.string().nullable(),
    enabled: z.boolean().meta({ deprecated: true }),
  })
  .meta({ id: 'Ticketing' })

const updateSchema = z.object({
  external_ticketing_enabled: z.boolean().optional(),
  internal_ticketing_enabled: z.boolean().optional(),
  url_template: z.string().nullable().optional().describe('With $ticket_id in it; null removes it.'),
  enabled: z.boolean().optional().meta({ deprecated: true }),
})

/** The tracking mode and the address of tickets. */
export function ticketingRoutes({ database }: RestDeps): readonly RestRoute[] {
  return [
    restRoute({
      method: 'GET',
      path: '/extrahop/ticketing',
      summary: 'How detections are tracked.',
      permission: 'read',
      answer: { status: 200, schema: ticketingSchema },
      async handle() {
        return okAnswer(toJson(await getTrackingSettings(database)))
      },
    }),
    restRoute({
      method: 'PATCH',
      path: '/extrahop/ticketing',
      summary: 'Changes how detections are tracked. Turning external tracking off detaches tickets.',
      permission: 'manage_settings',
      body: updateSchema,
      answer: { status: 204 },
      refusals: { 422: 'The settings cannot be.' },
      async handle({ body, origin }) {
        const patch = toPatch(body, await getTrackingSettings(database))
        await updateTrackingSettings(database, patch, { reattach: false }, origin)
        return noContent
      },
    }),
  ]
}

function toJson(settings: TrackingSettings): z.input<typeof ticketingSchema> {
  return {
    external_ticketing_enabled: settings.externalTracking,
    internal_ticketing_enabled: settings.internalTracking,
    url_template: settings.ticketUrlTemplate,
    enabled: settings.externalTracking,
  }
}

/** @throws InvalidSettings for what the API's own rules forbid; the domain's come after them */
function toPatch(body: z.output<typeof updateSchema>, present: TrackingSettings): TrackingSettingsPatch {
  const { external_ticketing_enabled: external, internal_ticketing_enabled: internal, enabled } = body
  if ((external === undefined) !== (internal === undefined)) {
    const [given, missing] = external === undefined ? ['internal', 'external'] : ['external', 'internal']
    throw refusal(
      `${missing}_ticketing_enabled`,
      `${missing}_ticketing_enabled has to be given with ${given}_ticketing_enabled`,
    )
  }
  const externalTracking = external ?? enabled ?? present.externalTracking
  const template = body.url_template === '' ? null : body.url_template
  const isNew = template !== undefined && template !== null && template !== present.ticketUrlTemplate
  if (isNew && !externalTracking) {
    throw refusal('url_template', 'url_template applies to external ticketing only, which is off')
  }
  return {
    externalTracking,
    ...(internal === undefined ? {} : { internalTracking: internal }),
    ...(template === undefined ? {} : { ticketUrlTemplate: template }),
  }
}

function refusal(path: string, message: string): InvalidSettings {
  return new InvalidSettings(`${message}.`, [{ path, message }])
}
