import { isIP } from 'node:net'
import type { Detection, Participant } from '@tripline/core'
import type { TriggerDetection, TriggerParticipant } from './trigger-run.ts'

/** A detection as a script sees it. */
export function toTriggerDetection(detection: Detection, isEventCreate: boolean): TriggerDetection {
  const { tracking } = detection
  return {
    id: Number(detection.detectionId),
    applianceId: detection.applianceId ?? 0,
    assignee: tracking.assignee,
    categories: detection.categories,
    description: detection.description,
    endTime: detection.endTime?.getTime() ?? null,
    startTime: detection.startTime.getTime(),
    updateTime: detection.updateTime.getTime(),
    isCustom: detection.isUserCreated,
    isEventCreate,
    mitreCategories: [...detection.mitreTechniques, ...detection.mitreTactics].map(({ id, name, url }) => ({
      id,
      name,
      url,
    })),
    participants: detection.participants.map(toTriggerParticipant),
    properties: detection.properties,
    resolution: tracking.resolution,
    riskScore: detection.riskScore,
    status: tracking.status === 'open' ? null : tracking.status,
    ticketId: tracking.ticketId,
    title: detection.title,
    type: detection.type,
  }
}

function toTriggerParticipant(participant: Participant): TriggerParticipant {
  const { id, role, objectId, objectValue, hostname } = participant
  const address = objectValue !== null && isIP(objectValue) !== 0 ? objectValue : null
  const named = participant.objectType ?? (address === null ? 'device' : 'ipaddr')
  // An address that is none would break the class; a device may be without.
  const kind = named === 'ipaddr' && address === null ? 'device' : named
  return {
    id,
    role,
    objectType: kind,
    object: { kind, id: objectId ?? objectValue, address, hostname },
  }
}
