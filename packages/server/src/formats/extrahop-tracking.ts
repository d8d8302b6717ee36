import { detectionStatuses, type DetectionStatus, type JsonObject, type Resolution } from '@tripline/core'

/** The tracking members of an ExtraHop detection. */
export interface ExtrahopTracking {
  readonly status?: string | null | undefined
  readonly resolution?: string | null | undefined
  readonly assignee?: string | null | undefined
  readonly ticket_id?: string | null | undefined
}

/** What the tracking members say, and the values that have no equal here. */
export interface TrackingReading {
  /** `null` when the record has none of the members. */
  readonly tracking: {
    readonly status: DetectionStatus
    readonly resolution: Resolution | null
    readonly assignee: string | null
    readonly ticketId: string | null
  } | null
  readonly unknown: JsonObject
}

const resolutionsByWord: ReadonlyMap<string, Resolution> = new Map([
  ['action_taken', 'action_taken'],
  ['no_action_taken', 'no_action_taken'],
  ['malicious_true_positive', 'action_taken'],
  ['benign_true_positive', 'no_action_taken'],
  ['false_positive', 'no_action_taken'],
])

/** Reads the tracking members; `null` means `open`, nobody, no ticket. */
export function trackingOf(record: ExtrahopTracking): TrackingReading {
  const { status, resolution, assignee, ticket_id: ticketId } = record
  if ([status, resolution, assignee, ticketId].every((value) => value === undefined)) {
    return { tracking: null, unknown: {} }
  }
  const knownStatus = status === null || status === undefined ? 'open' : findStatus(status)
  const knownResolution =
    resolution === null || resolution === undefined ? null : resolutionsByWord.get(resolution)
  return {
    tracking: {
      status: knownStatus ?? 'open',
      resolution: knownResolution ?? null,
      assignee: orNull(assignee),
      ticketId: orNull(ticketId),
    },
    unknown: {
      ...(knownStatus === undefined ? { extrahop_status: status ?? null } : {}),
      ...(knownResolution === resolution || resolution === undefined
        ? {}
        : { extrahop_resolution: resolution }),
    },
  }
}

function findStatus(word: string): DetectionStatus | undefined {
  return detectionStatuses.find((status) => status === word)
}

function orNull(text: string | null | undefined): string | null {
  return text === undefined || text === null || text.trim() === '' ? null : text
}
