import { detectionIdSchema, type SourceTracking } from '@tripline/core'
import { z } from 'zod'

// What is read of the REST API's answers, and nothing more.
// https://docs.extrahop.com/current/rest-api-guide/

// An empty text is as good as none, and is never one on the way back.
const word = z
  .string()
  .nullish()
  .transform((text) => (text === undefined || text === null || text.trim() === '' ? null : text))

/** How a detection is tracked. Statuses and resolutions are open lists: later firmware adds to them. */
const trackingSchema = z
  .object({ status: word, resolution: word, assignee: word, ticket_id: word })
  .transform(({ assignee, resolution, status, ticket_id: ticketId }): SourceTracking => ({
    status,
    resolution,
    assignee,
    ticketId,
  }))

export const stateSchema = z
  .object({ id: z.union([z.string(), z.number()]).pipe(detectionIdSchema) })
  .and(trackingSchema)

/** The detections of a page are read one by one: one that makes no sense does not hold up the others. */
export const pageSchema = z.array(z.looseObject({}))
export const modTimeSchema = z.looseObject({ mod_time: z.int().min(0) })

export const idsSchema = z.array(z.object({ id: z.union([z.string(), z.number()]).pipe(detectionIdSchema) }))

export const systemSchema = z.object({
  hostname: z.string().nullish(),
  display_host: z.string().nullish(),
  platform: z.string().nullish(),
})

export const versionSchema = z.object({ version: z.string() })

export const ticketingSchema = z.object({
  external_ticketing_enabled: z.boolean().nullish(),
  internal_ticketing_enabled: z.boolean().nullish(),
  /** Older firmware has only this. */
  enabled: z.boolean().nullish(),
})

export const appliancesSchema = z.array(
  z.object({
    display_name: z.string().nullish(),
    hostname: z.string().nullish(),
    firmware_version: z.string().nullish(),
    managed_by_local: z.boolean().nullish(),
  }),
)
export type Appliance = z.output<typeof appliancesSchema>[number]

export const tokenSchema = z.object({ access_token: z.string().regex(/^[\x21-\x7e]+$/u) })

export const errorSchema = z.object({
  error_message: z.string().nullish(),
  detail: z.string().nullish(),
  /** As the token endpoint refuses. */
  error: z.string().nullish(),
})
