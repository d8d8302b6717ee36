import type { EventKind } from '../ledger/ledger.ts'
import {
  contentFields,
  detectionStatuses,
  hiddenModes,
  linkStates,
  linkSyncStates,
  participantEndpoints,
  participantObjectTypes,
  participantRoles,
  resolutions,
  ticketStatusCategories,
} from '@tripline/core'
import { roles } from '../access/principal.ts'
import { builder } from './builder.ts'

/** The spelling of a value of the domain in GraphQL. */
export function screaming<Value extends string>(values: readonly Value[]): readonly Uppercase<Value>[] {
  return values.map((value) => value.toUpperCase() as Uppercase<Value>)
}

/** The domain's spelling of a value from GraphQL. */
export function plain<Name extends string>(name: Name): Lowercase<Name> {
  return name.toLowerCase() as Lowercase<Name>
}

export const detectionStatusEnum = builder.enumType('DetectionStatus', {
  description:
    'Where the work on a detection stands. `OPEN`: no status was set; `NEW`: a ticket exists that nobody has begun, only with external tracking.',
  values: screaming(detectionStatuses),
})

export const resolutionEnum = builder.enumType('Resolution', {
  description: 'With what outcome a detection was closed.',
  values: screaming(resolutions),
})

export const resolutionFilterEnum = builder.enumType('ResolutionFilter', {
  description: 'A resolution, or `NONE` for detections without one.',
  values: [...screaming(resolutions), 'NONE'] as const,
})

export const participantRoleEnum = builder.enumType('ParticipantRole', {
  values: screaming(participantRoles),
})
export const participantObjectTypeEnum = builder.enumType('ParticipantObjectType', {
  values: screaming(participantObjectTypes),
})
export const participantEndpointEnum = builder.enumType('ParticipantEndpoint', {
  values: screaming(participantEndpoints),
})

export const noteVisibilityEnum = builder.enumType('NoteVisibility', {
  description: '`INTERNAL`: stays here; `TICKET`: becomes a comment on the tickets of the detection.',
  values: ['INTERNAL', 'TICKET'] as const,
})

export const linkStateEnum = builder.enumType('TicketLinkState', {
  description:
    '`HELD`: waits for its rule to have budget; `CREATING`: the ticket is being created; `ACTIVE`: it is known; `MISSING`: it is gone; `UNREACHABLE`: we may not see it; `DETACHED`: no longer followed.',
  values: screaming(linkStates),
})

export const linkSyncStateEnum = builder.enumType('TicketSyncState', {
  description:
    '`IN_SYNC`: both sides agree; `PENDING`: will be (re)tried by itself; `BLOCKED`: the ticketing system refused, a person has to change something; `CONFLICT`: a person has to choose a side; `FAILED`: trying again will not mend it.',
  values: screaming(linkSyncStates),
})

export const ticketStatusCategoryEnum = builder.enumType('TicketStatusCategory', {
  values: screaming(ticketStatusCategories),
})

export const syncFieldEnum = builder.enumType('SyncField', {
  description:
    'What is kept in sync between a detection and its ticket; `TICKET_ID`: between a detection and its source.',
  values: [...screaming(['status', 'assignee'] as const), ...screaming(contentFields), 'TICKET_ID'] as const,
})

export const syncSideEnum = builder.enumType('SyncSide', {
  description: '`OURS`: the detection; `THEIRS`: the ticket, or what the source shows.',
  values: ['OURS', 'THEIRS'] as const,
})

export const conflictReasonEnum = builder.enumType('SyncConflictReason', {
  values: ['BOTH_CHANGED', 'NOT_OWNER'] as const,
})

export const roleEnum = builder.enumType('Role', { values: screaming(roles) })

export const actorKindEnum = builder.enumType('ActorKind', {
  values: ['PERSON', 'INTEGRATION', 'CONNECTION', 'SYSTEM'] as const,
})

/** Every kind of change that the ledger has. */
const eventKinds = Object.keys({
  DETECTION_CREATED: true,
  DETECTION_UPDATED: true,
  TRACKING_CHANGED: true,
  DETECTION_HIDDEN: true,
  DETECTION_SHOWN: true,
  PARTICIPANTS_CHANGED: true,
  NOTE_ADDED: true,
  NOTES_REPLACED: true,
  TICKET_REQUESTED: true,
  TICKET_CREATED: true,
  TICKET_LINKED: true,
  TICKET_UNLINKED: true,
  TICKET_WRITTEN: true,
  TICKET_MOVED: true,
  COMMENT_WRITTEN: true,
  SOURCE_WRITTEN: true,
  SYNC_CONFLICT: true,
  SYNC_HALTED: true,
  SYNC_SETTLED: true,
  HIDING_RULE_CREATED: true,
  HIDING_RULE_UPDATED: true,
  HIDING_RULE_DELETED: true,
  DETECTION_FORMAT_CHANGED: true,
  SETTINGS_CHANGED: true,
  CONNECTION_CREATED: true,
  CONNECTION_UPDATED: true,
  CONNECTION_DELETED: true,
  CONNECTION_PAUSED: true,
  CONNECTION_RESUMED: true,
  SOURCE_CREATED: true,
  SOURCE_UPDATED: true,
  SOURCE_DELETED: true,
  SOURCE_PAUSED: true,
  SOURCE_RESUMED: true,
  LINK_MOVE_STARTED: true,
  LINK_MOVE_ENDED: true,
  STREAM_TARGET_CREATED: true,
  STREAM_TARGET_UPDATED: true,
  STREAM_TARGET_DELETED: true,
  STREAM_MESSAGES_REPLAYED: true,
  STREAM_MESSAGES_DROPPED: true,
  TRIGGER_CREATED: true,
  TRIGGER_UPDATED: true,
  TRIGGER_DELETED: true,
  TRIGGER_PAUSED: true,
  TRIGGER_RESUMED: true,
  NOTIFICATION_RULE_CREATED: true,
  NOTIFICATION_RULE_UPDATED: true,
  NOTIFICATION_RULE_DELETED: true,
  API_KEY_CREATED: true,
  API_KEY_REVOKED: true,
} satisfies Record<EventKind, true>) as EventKind[]

export const eventKindEnum = builder.enumType('DetectionEventKind', {
  description: 'What a change was.',
  values: eventKinds,
})

export const hiddenModeEnum = builder.enumType('HiddenDetections', {
  description: 'What of the detections that a rule hides: leave them out, take them in, or nothing but them.',
  values: screaming(hiddenModes),
})

export const orderFieldEnum = builder.enumType('DetectionOrderField', {
  values: ['UPDATE_TIME', 'MOD_TIME', 'CREATE_TIME', 'START_TIME', 'RISK_SCORE'] as const,
})

export const directionEnum = builder.enumType('OrderDirection', { values: ['ASC', 'DESC'] as const })
