import type { JsonObject, JsonValue, MitreEntry, StreamKind, StreamMessage } from '@tripline/core'
import type { CommittedDetection } from './commit-detection.ts'

/** The events that scripts run on. */
export const triggerEvents = ['DETECTION_UPDATE', 'REMOTE_RESPONSE', 'EXTERNAL_DATA'] as const

/** An event that scripts run on. */
export type TriggerEvent = (typeof triggerEvents)[number]

/** What a detection is to a script: its `Detection` class. Instants are milliseconds since 1970. */
export interface TriggerDetection {
  readonly id: number
  readonly applianceId: number
  readonly assignee: string | null
  readonly categories: readonly string[]
  readonly description: string | null
  readonly endTime: number | null
  readonly startTime: number
  readonly updateTime: number
  /** Whether a trigger made it. */
  readonly isCustom: boolean
  /** Whether the event is its creation. */
  readonly isEventCreate: boolean
  /** Techniques, then tactics. */
  readonly mitreCategories: readonly Pick<MitreEntry, 'id' | 'name' | 'url'>[]
  readonly participants: readonly TriggerParticipant[]
  readonly properties: JsonObject
  readonly resolution: string | null
  readonly riskScore: number | null
  /** `null`: open. */
  readonly status: string | null
  readonly ticketId: string | null
  readonly title: string
  readonly type: string
}

/** A participant as a script sees it; `object` becomes a Device, an Application or an IPAddress. */
export interface TriggerParticipant {
  readonly id: number | null
  readonly role: string | null
  readonly objectType: string
  readonly object: {
    readonly kind: 'device' | 'application' | 'ipaddr'
    readonly id: string | null
    readonly address: string | null
    readonly hostname: string | null
  }
}

/** The answer to a request that a script asked to be told of. */
export interface RemoteResponse {
  readonly statusCode: number
  /** Base64. */
  readonly body: string
  /** Repeated headers are lists. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  /** What the script gave with its request. */
  readonly context: JsonValue
}

/** Data from outside, with the sender's own name for what it is. */
export interface ExternalData {
  readonly type: string
  readonly body: JsonObject
}

/** A target that a script can send to. */
export interface KnownTarget {
  readonly name: string
  readonly kind: StreamKind
}

/** The event that a script runs on, with what belongs to it. */
export type TriggerOccasion =
  | { readonly event: 'DETECTION_UPDATE'; readonly detection: TriggerDetection }
  | { readonly event: 'REMOTE_RESPONSE'; readonly response: RemoteResponse }
  | { readonly event: 'EXTERNAL_DATA'; readonly external: ExternalData }

/** What a script is run with. It is JSON. */
export interface TriggerRunInput {
  /** Names the trigger; its repeated log lines are recognised by it. */
  readonly trigger: string
  readonly occasion: TriggerOccasion
  /** Whether `debug()` writes. */
  readonly debug: boolean
  readonly targets: readonly KnownTarget[]
  /** What `System` says. */
  readonly system: { readonly uuid: string; readonly hostname: string; readonly version: string }
}

/** A message and the target it is for. */
export interface OutgoingMessage {
  readonly target: string
  readonly message: StreamMessage
}

/** A message that was not taken, because there is no such target. */
export interface RefusedMessage {
  readonly target: string
  readonly kind: StreamKind
  readonly reason: string
}

/** What went wrong in a script. */
export interface TriggerFailure {
  readonly name: string
  readonly message: string
  /** Where in the script, from 1; `null`: not known. */
  readonly line: number | null
}

/** How a run ended. What a script sent before it failed is sent. */
export interface TriggerRunResult {
  readonly outcome: 'done' | 'failed' | 'timeout' | 'memory'
  /** `null` when it is done. */
  readonly error: TriggerFailure | null
  readonly messages: readonly OutgoingMessage[]
  readonly refused: readonly RefusedMessage[]
  readonly commits: readonly CommittedDetection[]
  readonly logs: readonly string[]
  readonly debug: readonly string[]
  /** How many lines were left out, because there were too many or they repeated others. */
  readonly droppedLines: number
  /** What the script used that exists here in name only, for instance `Network.metricAddCount`. */
  readonly ignored: readonly string[]
  readonly durationMs: number
}
