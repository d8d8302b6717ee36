import { z } from 'zod'
import { detectionIdSchema, type DetectionId } from './detection-id.ts'
import { detectionStatuses, resolutions, type Resolution, type DetectionStatus } from './detection-status.ts'
import { jsonObjectSchema, storableObject, type JsonObject } from './json-value.ts'

/** The roles a participant can have in a detection. */
export const participantRoles = ['offender', 'victim'] as const

/** What a participant is to the sensor. */
export const participantObjectTypes = ['device', 'application', 'ipaddr'] as const

/** The side of the traffic on which a participant stood. */
export const participantEndpoints = ['client', 'server', 'sender', 'receiver'] as const

/** Text without NUL, which PostgreSQL cannot store, and without lone surrogates, which UTF-8 cannot carry. */
function text(maxLength: number): z.ZodType<string, string> {
  return z
    .string()
    .transform((value) => value.replaceAll('\u0000', '').toWellFormed())
    .pipe(z.string().max(maxLength))
}

function name(maxLength: number): z.ZodType<string, string> {
  return text(maxLength).refine((value) => value.trim() !== '', 'must not be empty')
}

/** An instant, given as a Date, an ISO 8601 string with a zone, or integer milliseconds since 1970. */
const instantSchema: z.ZodType<Date, Date | string | number> = z
  .union(
    [
      z.date(),
      z.iso.datetime({ offset: true }).transform((value) => new Date(value)),
      z
        .number()
        .int()
        .transform((value) => new Date(value)),
    ],
    'must be an instant: ISO 8601 with a zone, or whole milliseconds since 1970',
  )
  .refine((value) => value.getTime() >= 0 && value.getTime() < MAX_TIME, {
    message: 'must be an instant between the years 1970 and 9999',
  })

const MAX_TIME = Date.UTC(10_000, 0, 1)

// The type is left to be inferred: written as a plain ZodType it would make every member a required one.
const nullable = <Output, Input>(schema: z.ZodType<Output, Input>) =>
  schema.nullish().transform((value) => value ?? null)

const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false)

const words = z
  .array(name(200))
  .max(100)
  .nullish()
  .transform((value) => [...new Set(value ?? [])])

/** Parses one participant; absent members become `null`, `false` or empty. */
export const participantSchema = z.object({
  /** The sensor's own number for this participant of this detection. */
  id: nullable(z.number().int().safe()),
  role: nullable(z.enum(participantRoles)),
  objectType: nullable(z.enum(participantObjectTypes)),
  /** The sensor's id of the device or application, in decimal digits. */
  objectId: nullable(name(40)),
  /** An IP address, or another name the sensor uses for the object. */
  objectValue: nullable(text(512)),
  hostname: nullable(text(512)),
  /** Whether the participant is outside the observed network. */
  external: flag,
  endpoint: nullable(z.enum(participantEndpoints)),
  username: nullable(text(512)),
  scannerService: nullable(text(512)),
  usernames: words,
  origins: words,
})

/** A device, application or address that takes part in a detection. */
export type Participant = Readonly<z.output<typeof participantSchema>>

/** Parses a MITRE ATT&CK tactic or technique. */
export const mitreEntrySchema = z.object({
  /** For instance `T1087`, `T1078.004` or `TA0007`. */
  id: name(40),
  name: nullable(text(200)),
  url: nullable(text(2_000)),
  /** Earlier ids of a technique. */
  legacyIds: words,
})

/** A tactic or technique of MITRE ATT&CK. */
export type MitreEntry = Readonly<z.output<typeof mitreEntrySchema>>

/** The tracking state with which a sensor delivers a detection; it counts only when the detection is first stored. */
const initialTrackingSchema = z
  .object({
    status: z.enum(detectionStatuses).default('open'),
    resolution: nullable(z.enum(resolutions)),
    assignee: nullable(name(200)),
    ticketId: nullable(name(500)),
  })
  .transform((tracking) => (tracking.status === 'closed' ? tracking : { ...tracking, resolution: null }))

/** Parses what a sensor reports of one detection. */
export const detectionReportSchema = z
  .object({
    /** The sensor's own identity of the detection, unique within its source. */
    externalId: name(500),
    /** The id the detection should have here, when it is free; sources that share an id space keep their ids so. */
    preferredId: nullable(detectionIdSchema),
    title: name(1_000),
    /** Markdown. */
    description: nullable(text(200_000)),
    /** The catalogue key of the kind of detection, for instance `expiring_cert_individual`. */
    type: name(300),
    /** Dotted names, for instance `sec.lateral`. */
    categories: words,
    /** From 1 (harmless) to 99 (worst); `null` when the sensor gives none. */
    riskScore: nullable(z.number().int().min(1).max(99)),
    startTime: instantSchema,
    /** `null` while the detection is ongoing. */
    endTime: nullable(instantSchema),
    /** When the sensor made the detection; `null` means not known, then the time of storing is taken. */
    createTime: nullable(instantSchema),
    /** The time of the network event that last changed the detection. Absent: the end, else the start. */
    updateTime: nullable(instantSchema),
    participants: z
      .array(participantSchema)
      .max(1_000)
      .nullish()
      .transform((value) => value ?? []),
    /** Free-form details; their keys depend on the type. */
    properties: jsonObjectSchema.nullish().transform((value) => storableObject(value ?? {})),
    mitreTactics: z
      .array(mitreEntrySchema)
      .max(100)
      .nullish()
      .transform((value) => value ?? []),
    mitreTechniques: z
      .array(mitreEntrySchema)
      .max(100)
      .nullish()
      .transform((value) => value ?? []),
    /** The sensor appliance that made the detection; 0 is the one that was asked. */
    applianceId: nullable(z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)),
    isUserCreated: flag,
    recommended: nullable(z.boolean()),
    recommendedFactors: words,
    /** Where a person can look at the detection in the sensor's own console. */
    url: nullable(text(4_000)),
    tracking: initialTrackingSchema.nullish().transform((value) => value ?? null),
  })
  .transform((report) => ({ ...report, updateTime: report.updateTime ?? report.endTime ?? report.startTime }))

/** What a sensor reports of one detection: its content and identity, and no more. */
export type DetectionReport = Readonly<z.output<typeof detectionReportSchema>>

/** What {@link detectionReportSchema} accepts. */
export type DetectionReportInput = z.input<typeof detectionReportSchema>

/** Who works on a detection and how far it is: the part that people and tickets change. */
export interface TrackingState {
  readonly status: DetectionStatus
  /** `null` unless the status is `closed`, and then when no outcome was given. */
  readonly resolution: Resolution | null
  /** A username, perhaps of somebody unknown here; `null`: nobody. */
  readonly assignee: string | null
  /** The ticket's id as people write it, for instance `EX-4437`; `null`: no ticket. */
  readonly ticketId: string | null
}

/** A detection as it is kept. */
export interface Detection extends Omit<DetectionReport, 'preferredId' | 'tracking' | 'createTime'> {
  readonly detectionId: DetectionId
  /** The name of the sensor or feed it came from; (source, externalId) is unique. */
  readonly source: string
  readonly createTime: Date
  /** The last modification of any kind, tracking included: what pollers page by. */
  readonly modTime: Date
  readonly tracking: TrackingState
  /** Grows by one with every change of the tracking state; begins at 1. */
  readonly version: number
  readonly properties: JsonObject
  /** The hiding rule that keeps it out of lists, by id; `null`: it is shown. */
  readonly hiddenBy: string | null
}
