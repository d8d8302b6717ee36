import { builder } from './builder.ts'
import {
  detectionStatusEnum,
  participantEndpointEnum,
  participantObjectTypeEnum,
  participantRoleEnum,
  plain,
  resolutionEnum,
} from './enums.ts'

const participantInput = builder.inputType('ParticipantInput', {
  fields: (t) => ({
    id: t.field({ type: 'DetectionId', description: "The sensor's own number, of at most 53 bits." }),
    role: t.field({ type: participantRoleEnum }),
    objectType: t.field({ type: participantObjectTypeEnum }),
    objectId: t.string(),
    objectValue: t.string({ description: 'An IP address, or another name the sensor uses for it.' }),
    hostname: t.string(),
    external: t.boolean(),
    endpoint: t.field({ type: participantEndpointEnum }),
    username: t.string(),
    scannerService: t.string(),
    usernames: t.stringList(),
    origins: t.stringList(),
  }),
})

const mitreEntryInput = builder.inputType('MitreEntryInput', {
  fields: (t) => ({
    id: t.string({ required: true }),
    name: t.string(),
    url: t.string(),
    legacyIds: t.stringList(),
  }),
})

const initialTrackingInput = builder.inputType('InitialTrackingInput', {
  description: 'The tracking state with which the sensor delivers it; counts only when it is first stored.',
  fields: (t) => ({
    status: t.field({ type: detectionStatusEnum }),
    resolution: t.field({ type: resolutionEnum }),
    assignee: t.string(),
    ticketId: t.string(),
  }),
})

/** What a sensor reports of one detection. */
export const ingestDetectionInput = builder.inputType('IngestDetectionInput', {
  fields: (t) => ({
    externalId: t.string({
      required: true,
      description: "The sensor's own identity of it, unique in the source.",
    }),
    preferredId: t.field({
      type: 'DetectionId',
      description: 'The id it should have here, when it is free.',
    }),
    title: t.string({ required: true }),
    description: t.string({ description: 'Markdown.' }),
    type: t.string({ required: true, description: 'The catalogue key of its kind.' }),
    categories: t.stringList(),
    riskScore: t.int({ description: 'From 1 to 99.' }),
    startTime: t.field({ type: 'DateTime', required: true }),
    endTime: t.field({ type: 'DateTime', description: 'Absent while it is ongoing.' }),
    createTime: t.field({ type: 'DateTime', description: 'Absent: now.' }),
    updateTime: t.field({ type: 'DateTime', description: 'Absent: the end, else the start.' }),
    participants: t.field({ type: [participantInput] }),
    properties: t.field({ type: 'JSON', description: 'An object.' }),
    mitreTactics: t.field({ type: [mitreEntryInput] }),
    mitreTechniques: t.field({ type: [mitreEntryInput] }),
    applianceId: t.field({ type: 'JSON', description: 'An integer; 0 is the appliance that was asked.' }),
    isUserCreated: t.boolean(),
    recommended: t.boolean(),
    recommendedFactors: t.stringList(),
    url: t.string(),
    tracking: t.field({ type: initialTrackingInput }),
  }),
})

export type IngestDetection = typeof ingestDetectionInput.$inferInput

/** The domain's spelling of a report, still to be checked. */
export function toReportInput({ participants, tracking, ...report }: IngestDetection): object {
  return {
    ...report,
    participants: participants?.map((participant) => ({
      ...participant,
      id: typeof participant.id === 'string' ? Number(participant.id) : null,
      role: optional(participant.role),
      objectType: optional(participant.objectType),
      endpoint: optional(participant.endpoint),
    })),
    tracking: tracking && {
      ...tracking,
      status: optional(tracking.status) ?? undefined,
      resolution: optional(tracking.resolution),
    },
  }
}

function optional<Name extends string>(name: Name | null | undefined): Lowercase<Name> | null {
  return name === null || name === undefined ? null : plain(name)
}
