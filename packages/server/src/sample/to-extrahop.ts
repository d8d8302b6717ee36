import type { DetectionReport, MitreEntry, Participant } from '@tripline/core'

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
    title: report.title,
    description: report.description,
    type: report.type,
    categories: report.categories,
    risk_score: report.riskScore,
    start_time: report.startTime.getTime(),
    end_time: report.endTime?.getTime() ?? null,
    create_time: report.createTime?.getTime() ?? null,
    update_time: report.updateTime.getTime(),
    mod_time: report.updateTime.getTime(),
    participants: report.participants.map(participantOf),
    properties: report.properties,
    mitre_tactics: report.mitreTactics.map(mitreEntryOf),
    mitre_techniques: report.mitreTechniques.map(mitreEntryOf),
    appliance_id: report.applianceId,
    is_user_created: report.isUserCreated,
    recommended: report.recommended,
    recommended_factors: report.recommendedFactors,
    url: report.url,
    ...(tracking === null
      ? {}
      : {
          status: tracking.status === 'open' ? null : tracking.status,
          resolution: tracking.resolution,
          assignee: tracking.assignee,
          ticket_id: tracking.ticketId,
        }),
  }
}

function participantOf(participant: Participant): Record<string, unknown> {
  return {
    id: participant.id,
    role: participant.role,
    object_type: participant.objectType,
    object_id: participant.objectId === null ? null : numeric(participant.objectId),
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
