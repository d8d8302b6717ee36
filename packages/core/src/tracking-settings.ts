import { z } from 'zod'
import { InvalidSettings } from './errors.ts'
import { detectionStatuses, defaultTransitions, transitionTableProblems } from './detection-status.ts'
import { ticketUrlTemplateProblem } from './ticket-url.ts'
import { schemaIssues } from './schema-issues.ts'

const transitionTableSchema = z
  .record(z.enum(detectionStatuses), z.array(z.enum(detectionStatuses)))
  .superRefine((table, context) => {
    for (const problem of transitionTableProblems(table))
      context.addIssue({ code: 'custom', message: problem })
  })

/** Parses tracking settings. */
export const trackingSettingsSchema = z.object({
  /** People track detections here, over GraphQL and in the console. */
  internalTracking: z.boolean().default(true),
  /** Integrations and ticketing adapters track detections. */
  externalTracking: z.boolean().default(false),
  /** The address of a ticket with `$ticket_id` in it; `null`: the ticket id is not a link. */
  ticketUrlTemplate: z
    .string()
    .max(2_000)
    .nullable()
    .default(null)
    .superRefine((template, context) => {
      const problem = template === null ? null : ticketUrlTemplateProblem(template)
      if (problem !== null) context.addIssue({ code: 'custom', message: problem })
    }),
  /** Which status may follow which. */
  transitions: transitionTableSchema.default(() => structuredClone(defaultTransitions) as never),
})

/** How detections are tracked, for the whole installation. */
export type TrackingSettings = Readonly<z.output<typeof trackingSettingsSchema>>

/** Internal tracking only, any transition, no URL template. */
export const defaultTrackingSettings: TrackingSettings = trackingSettingsSchema.parse({})

/** @throws InvalidSettings naming every problem at once. */
export function parseTrackingSettings(value: unknown): TrackingSettings {
  const result = trackingSettingsSchema.safeParse(value)
  if (result.success) return result.data
  const issues = schemaIssues(result.error)
  throw new InvalidSettings(`The tracking settings cannot be taken: ${issues[0]?.message ?? ''}`, issues)
}

/** The four combinations of internal and external tracking. */
export type TrackingMode = 'internal' | 'external' | 'both' | 'neither'

/** The mode that the two switches make. */
export function trackingMode(
  settings: Pick<TrackingSettings, 'internalTracking' | 'externalTracking'>,
): TrackingMode {
  if (settings.internalTracking) return settings.externalTracking ? 'both' : 'internal'
  return settings.externalTracking ? 'external' : 'neither'
}
