import { hash } from 'node:crypto'
import type { Selectable } from 'kysely'
import {
  mitreEntrySchema,
  participantSchema,
  searchTerms,
  type Detection,
  type DetectionId,
  type DetectionReport,
  type JsonObject,
  type JsonValue,
  type TrackingState,
} from '@tripline/core'
import type { DetectionsTable } from '../database/tables.ts'

/** The columns of a row that make up a detection; the others are what filters look at. */
export type DetectionRow = Omit<
  Selectable<DetectionsTable>,
  | 'content_hash'
  | 'category_paths'
  | 'technique_paths'
  | 'addresses'
  | 'hostnames'
  | 'search_text'
  | 'closed_at'
>

/** A detection from its row. */
export function toDetection(row: DetectionRow): Detection {
  return {
    detectionId: row.detection_id as DetectionId,
    source: row.source,
    externalId: row.external_id,
    title: row.title,
    description: row.description,
    type: row.type,
    categories: row.categories,
    riskScore: row.risk_score,
    startTime: row.start_time,
    endTime: row.end_time,
    createTime: row.create_time,
    updateTime: row.update_time,
    modTime: row.mod_time,
    participants: [...row.participants],
    properties: row.properties,
    mitreTactics: [...row.mitre_tactics],
    mitreTechniques: [...row.mitre_techniques],
    applianceId: row.appliance_id === null ? null : Number(row.appliance_id),
    isUserCreated: row.is_user_created,
    recommended: row.recommended,
    recommendedFactors: row.recommended_factors,
    url: row.url,
    tracking: toTracking(row),
    version: row.version,
    hiddenBy: row.hidden_by,
  }
}

/** The tracking state from a detection's row. */
export function toTracking(
  row: Pick<Selectable<DetectionsTable>, 'status' | 'resolution' | 'assignee' | 'ticket_id'>,
): TrackingState {
  return { status: row.status, resolution: row.resolution, assignee: row.assignee, ticketId: row.ticket_id }
}

/** The columns that hold what a sensor reports, as plain JSON, by column name. */
export type ContentColumns = Readonly<Record<(typeof contentColumns)[number], JsonValue>>

/** The names of the columns that a report fills, in the order in which they are compared. */
export const contentColumns = [
  'title',
  'description',
  'type',
  'categories',
  'risk_score',
  'start_time',
  'end_time',
  'update_time',
  'participants',
  'properties',
  'mitre_tactics',
  'mitre_techniques',
  'appliance_id',
  'is_user_created',
  'recommended',
  'recommended_factors',
  'url',
] as const

/** What a report says, as the columns hold it. */
export function toContentColumns(report: DetectionReport): ContentColumns {
  return {
    title: report.title,
    description: report.description,
    type: report.type,
    categories: report.categories,
    risk_score: report.riskScore,
    start_time: report.startTime.toISOString(),
    end_time: report.endTime?.toISOString() ?? null,
    update_time: report.updateTime.toISOString(),
    participants: report.participants as unknown as JsonValue,
    properties: report.properties,
    mitre_tactics: report.mitreTactics as unknown as JsonValue,
    mitre_techniques: report.mitreTechniques as unknown as JsonValue,
    appliance_id: report.applianceId,
    is_user_created: report.isUserCreated,
    recommended: report.recommended,
    recommended_factors: report.recommendedFactors,
    url: report.url,
  }
}

/** What filters look at, by column name. */
export function toSearchColumns(report: DetectionReport): JsonObject {
  const terms = searchTerms(report)
  return {
    category_paths: withAncestors(report.categories),
    technique_paths: withAncestors(report.mitreTechniques.map(({ id }) => id)),
    addresses: terms.addresses,
    hostnames: terms.hostnames,
    search_text: terms.text,
  }
}

// Named in order, so that the one fast way of writing JSON writes them in order. Only properties have other members.
const members: string[] = [
  ...new Set<string>([
    ...contentColumns,
    ...Object.keys(participantSchema.shape),
    ...Object.keys(mitreEntrySchema.shape),
  ]),
].toSorted()

/** A hash over content that is the same whenever the content is, in hexadecimal digits. */
export function contentHash({ properties, ...columns }: ContentColumns): string {
  const text = `${JSON.stringify(columns, members)}${canonicalJson(properties)}`
  return hash('sha256', text, 'hex').slice(0, 32)
}

/** JSON text in which the members of every object are in order. */
export function canonicalJson(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.keys(value)
    .sort()
    .flatMap((name) => {
      const member = (value as JsonObject)[name]
      return member === undefined ? [] : [`${JSON.stringify(name)}:${canonicalJson(member)}`]
    })
  return `{${members.join(',')}}`
}

/** Dotted names with every name above them: `sec.lateral` gives `sec` and `sec.lateral`. */
function withAncestors(names: readonly string[]): readonly string[] {
  const paths = new Set<string>()
  for (const name of names) {
    const parts = name.split('.')
    for (let length = 1; length <= parts.length; length += 1) paths.add(parts.slice(0, length).join('.'))
  }
  return [...paths]
}
