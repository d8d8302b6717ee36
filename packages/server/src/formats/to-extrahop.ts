import type { Detection, DetectionReport, MitreEntry, Participant, TrackingState } from '@tripline/core'

/** What sensors say of a detection, whether it was stored or not. */
type Content = Pick<
  Detection,
  | 'title'
  | 'description'
  | 'type'
  | 'categories'
  | 'riskScore'
  | 'startTime'
  | 'endTime'
  | 'updateTime'
  | 'participants'
  | 'properties'
  | 'mitreTactics'
  | 'mitreTechniques'
  | 'applianceId'
  | 'isUserCreated'
  | 'recommended'
  | 'recommendedFactors'
  | 'url'
>

/** How digits that may be beyond what a JavaScript number holds are written. */
type WriteInteger = (digits: string) => unknown

/**
 * A report as ExtraHop's REST API would return it: what the `extrahop` format reads back to the same report, provided
 * that its external id is its preferred one, as in everything that comes from ExtraHop.
 *
 * Ids beyond what a JSON number holds exactly are written as strings.
 */
export function toExtrahop(report: DetectionReport): Record<string, unknown> {
  const { tracking } = report
  return {
    id: numeric(report.preferredId ?? report.externalId),
    create_time: report.createTime?.getTime() ?? null,
    mod_time: report.updateTime.getTime(),
    ...extrahopContent(report, numeric),
    ...(tracking === null ? {} : extrahopTracking(tracking)),
  }
}

/** The members that say what a sensor found. */
export function extrahopContent(content: Content, integer: WriteInteger): Record<string, unknown> {
  return {
    title: content.title,
    description: content.description,
    type: content.type,
    categories: content.categories,
    risk_score: content.riskScore,
    start_time: content.startTime.getTime(),
    end_time: content.endTime?.getTime() ?? null,
    update_time: content.updateTime.getTime(),
    participants: content.participants.map((participant) => participantOf(participant, integer)),
    properties: content.properties,
    mitre_tactics: content.mitreTactics.map(mitreEntryOf),
    mitre_techniques: content.mitreTechniques.map(mitreEntryOf),
    appliance_id: content.applianceId,
    is_user_created: content.isUserCreated,
    recommended: content.recommended,
    recommended_factors: content.recommendedFactors,
    url: content.url,
  }
}

/** The members that people and tickets change; `open` is the absence of a status. */
export function extrahopTracking(tracking: TrackingState): Record<string, string | null> {
  return {
    status: tracking.status === 'open' ? null : tracking.status,
    resolution: tracking.resolution,
    assignee: tracking.assignee,
    ticket_id: tracking.ticketId,
  }
}

function participantOf(participant: Participant, integer: WriteInteger): Record<string, unknown> {
  return {
    id: participant.id,
    role: participant.role,
    object_type: participant.objectType,
    object_id: participant.objectId === null ? null : integer(participant.objectId),
    object_value: participant.objectValue,
    hostname: participant.hostname,
    external: participant.external,
    endpoint: participant.endpoint,
    username: participant.username,
    scanner_service: participant.scannerService,
    usernames: participant.usernames,
    origins: participant.origins,
  }
}

function mitreEntryOf(entry: MitreEntry): Record<string, unknown> {
  return { id: entry.id, name: entry.name, url: entry.url, legacy_ids: entry.legacyIds }
}

/** The number that is written exactly like the text, else the text. */
function numeric(text: string): number | string {
  const number = Number(text)
  return Number.isSafeInteger(number) && String(number) === text ? number : text
}
