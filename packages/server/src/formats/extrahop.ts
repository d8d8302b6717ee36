import {
  detectionIdSchema,
  participantEndpoints,
  participantObjectTypes,
  participantRoles,
  type DetectionReport,
} from '@tripline/core'
import { z } from 'zod'
import type { DetectionFormat } from './detection-format.ts'
import { trackingOf } from './extrahop-tracking.ts'
import { invalidRecord, issuesOf, parseReport } from './parse-report.ts'

/** One of a closed list; a value that a later firmware has added counts as absent. */
function known<Value extends string>(values: readonly Value[]): z.ZodType<Value | null> {
  return z.enum(values).nullable().catch(null)
}

/** An id that is a JSON number, or digits. */
const idText = z.union([z.string(), z.number()]).transform((value, context) => {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    const message = `${value} is beyond the integers that a JSON number can hold exactly; write the id as a string.`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  }
  return String(value)
})

const participantSchema = z.object({
  id: z.number().nullish(),
  role: known(participantRoles),
  object_type: known(participantObjectTypes),
  object_id: idText.nullish(),
  object_value: z.string().nullish(),
  hostname: z.string().nullish(),
  external: z.boolean().nullish(),
  endpoint: known(participantEndpoints),
  username: z.string().nullish(),
  scanner_service: z.string().nullish(),
  usernames: z.array(z.string()).nullish(),
  origins: z.array(z.string()).nullish(),
})

const mitreEntrySchema = z.object({
  id: z.string(),
  name: z.string().nullish(),
  url: z.string().nullish(),
  legacy_ids: z.array(z.string()).nullish(),
})

const milliseconds = z.number().int()

const recordSchema = z.object({
  id: z.union([z.string(), z.number()]).pipe(detectionIdSchema),
  title: z.string(),
  description: z.string().nullish(),
  type: z.string(),
  categories: z.array(z.string()).nullish(),
  risk_score: z.number().nullish(),
  start_time: milliseconds,
  end_time: milliseconds.nullish(),
  create_time: milliseconds.nullish(),
  update_time: milliseconds.nullish(),
  participants: z.array(participantSchema).nullish(),
  properties: z.record(z.string(), z.unknown()).nullish(),
  mitre_tactics: z.array(mitreEntrySchema).nullish(),
  mitre_techniques: z.array(mitreEntrySchema).nullish(),
  appliance_id: z.number().nullish(),
  is_user_created: z.boolean().nullish(),
  recommended: z.boolean().nullish(),
  recommended_factors: z.array(z.string()).nullish(),
  url: z.string().nullish(),
  // A closed list would refuse what a later firmware adds.
  status: z.string().nullish(),
  resolution: z.string().nullish(),
  assignee: z.string().nullish(),
  ticket_id: z.string().nullish(),
})

/** What is read of an ExtraHop detection. */
type ExtrahopRecord = z.output<typeof recordSchema>

/**
 * Detections as ExtraHop's REST API returns them, from firmware 8 to 26.
 *
 * - Unknown members are ignored; unknown roles, kinds and endpoints of participants count as absent.
 * - Links into the console (`[host](#/metrics/...)`) become absolute when the record has a `url`.
 * - `resolution` of 26.x: `malicious_true_positive` becomes `action_taken`; `benign_true_positive` and
 *   `false_positive` become `no_action_taken`; any other becomes none. An unknown `status` becomes `open`, so that
 *   somebody looks at it. The original of either is kept in the properties `extrahop_resolution` and
 *   `extrahop_status`.
 * - `mod_time` and `ticket_url` are not read: both say something of the console, not of the detection.
 */
export const extrahopFormat: DetectionFormat = {
  name: 'extrahop',
  title: 'ExtraHop REST detection',
  parse(record: unknown): DetectionReport {
    const result = recordSchema.safeParse(record)
    if (!result.success) throw invalidRecord(issuesOf(result.error, (path) => path.join('.')))
    return parseReport(reportOf(result.data), originalPath)
  },
}

function reportOf(record: ExtrahopRecord): unknown {
  const { tracking, unknown } = trackingOf(record)
  return {
    externalId: record.id,
    preferredId: record.id,
    title: record.title,
    description: absoluteLinks(record.description ?? null, record.url ?? null),
    type: record.type,
    categories: record.categories,
    riskScore: record.risk_score,
    startTime: record.start_time,
    endTime: record.end_time,
    createTime: record.create_time,
    updateTime: record.update_time,
    participants: record.participants?.map(participantOf),
    properties: { ...unknown, ...record.properties },
    mitreTactics: record.mitre_tactics?.map(mitreEntryOf),
    mitreTechniques: record.mitre_techniques?.map(mitreEntryOf),
    applianceId: record.appliance_id,
    isUserCreated: record.is_user_created,
    recommended: record.recommended,
    recommendedFactors: record.recommended_factors,
    url: record.url,
    tracking,
  }
}

function participantOf(participant: z.output<typeof participantSchema>): unknown {
  return {
    id: participant.id,
    role: participant.role,
    objectType: participant.object_type,
    objectId: participant.object_id,
    objectValue: participant.object_value,
    hostname: participant.hostname,
    external: participant.external,
    endpoint: participant.endpoint,
    username: participant.username,
    scannerService: participant.scanner_service,
    usernames: participant.usernames,
    origins: participant.origins,
  }
}

function mitreEntryOf(entry: z.output<typeof mitreEntrySchema>): unknown {
  return { id: entry.id, name: entry.name, url: entry.url, legacyIds: entry.legacy_ids }
}

/** Completes Markdown links that are fragments of the console's page with the address of that page. */
function absoluteLinks(description: string | null, url: string | null): string | null {
  if (description === null || url === null || !/^https?:\/\//i.test(url) || !URL.canParse(url))
    return description
  const console = new URL(url)
  console.hash = ''
  console.search = ''
  return description.replaceAll('](#/', () => `](${console.href}#/`)
}

function originalPath(path: readonly PropertyKey[]): string {
  const [first, ...rest] = path
  if (first === 'externalId' || first === 'preferredId') return 'id'
  const members = first === 'tracking' ? rest : path
  return members
    .map((member) => (first === 'properties' ? String(member) : snakeCase(String(member))))
    .join('.')
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
