import { declareKind, isOfKind } from './error-kind.ts'

/** One thing that is wrong with an input, and where. */
export interface Issue {
  /** Where, as a path of names and indexes, for instance `participants.0.hostname`; empty for the whole. */
  readonly path: string
  /** What is wrong and what would be right, for people. */
  readonly message: string
}

/**
 * The root of every error that Tripline raises on purpose.
 *
 * `code` is stable and in SCREAMING_SNAKE_CASE: programs branch on it. `message` is for people and never carries a
 * secret. `instanceof` knows the errors of other copies of this package by their kind: the code of their class, or what an abstract
 * class is called.
 */
export abstract class GatewayError extends Error {
  static {
    declareKind(this, 'GATEWAY_ERROR')
  }

  abstract readonly code: string

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
  }

  /** Makes `instanceof` see past the copy of this package that an error comes from. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return super[Symbol.hasInstance](value) || isOfKind(this, value)
  }
}

/** An expected refusal by the domain: the caller can understand it and do something about it. */
export abstract class DomainError extends GatewayError {
  static {
    declareKind(this, 'DOMAIN_ERROR')
  }
}

/** No detection has this id, or the principal may not see it. */
export class DetectionNotFound extends DomainError {
  static {
    declareKind(this, 'DETECTION_NOT_FOUND')
  }

  readonly code = 'DETECTION_NOT_FOUND'
  readonly detectionId: string

  constructor(detectionId: string) {
    super(`No detection has the id ${detectionId}.`)
    this.detectionId = detectionId
  }
}

/** Something other than a detection that an operation names does not exist. */
export class NotFound extends DomainError {
  static {
    declareKind(this, 'NOT_FOUND')
  }

  readonly code = 'NOT_FOUND'

  constructor(what: string, id: string) {
    super(`No ${what} has the id ${id}.`)
  }
}

/** The transition table does not lead from the present status to the one asked for. */
export class InvalidStatusTransition extends DomainError {
  static {
    declareKind(this, 'INVALID_STATUS_TRANSITION')
  }

  readonly code = 'INVALID_STATUS_TRANSITION'
  readonly from: string
  readonly to: string
  readonly allowed: readonly string[]

  constructor(from: string, to: string, allowed: readonly string[], reason?: string) {
    const choices =
      allowed.length > 0 ? `allowed from ${from}: ${allowed.join(', ')}` : `nothing is allowed from ${from}`
    super(
      `The status cannot go from ${from} to ${to}${reason === undefined ? '' : ` (${reason})`}; ${choices}.`,
    )
    this.from = from
    this.to = to
    this.allowed = allowed
  }
}

/** A resolution was given for a detection that is not closed. */
export class ResolutionNotAllowed extends DomainError {
  static {
    declareKind(this, 'RESOLUTION_NOT_ALLOWED')
  }

  readonly code = 'RESOLUTION_NOT_ALLOWED'

  constructor(status: string) {
    super(
      `A resolution is only possible on a closed detection; this one is ${status}. Set the status to closed in the same change.`,
    )
  }
}

/** The tracking settings do not let this kind of principal track detections. */
export class TrackingDisabled extends DomainError {
  static {
    declareKind(this, 'TRACKING_DISABLED')
  }

  readonly code = 'TRACKING_DISABLED'
}

/** The detection was changed since the caller read it. */
export class VersionConflict extends DomainError {
  static {
    declareKind(this, 'VERSION_CONFLICT')
  }

  readonly code = 'VERSION_CONFLICT'
  readonly expectedVersion: number
  readonly currentVersion: number

  constructor(expectedVersion: number, currentVersion: number) {
    super(
      `The detection was changed by somebody else: version ${expectedVersion} was expected, it is now ${currentVersion}. Read it again and decide anew.`,
    )
    this.expectedVersion = expectedVersion
    this.currentVersion = currentVersion
  }
}

/** An input does not have the shape or the values that are required. */
export class InvalidInput extends DomainError {
  static {
    declareKind(this, 'INVALID_INPUT')
  }

  readonly code: string = 'INVALID_INPUT'
  readonly issues: readonly Issue[]

  constructor(message: string, issues: readonly Issue[] = []) {
    super(message)
    this.issues = issues
  }
}

/** Settings (of tracking, of a connection) that cannot be taken as they are. */
export class InvalidSettings extends InvalidInput {
  static {
    declareKind(this, 'INVALID_SETTINGS')
  }

  override readonly code = 'INVALID_SETTINGS'
}

/** The detection has a ticket on this connection already. */
export class TicketLinkExists extends DomainError {
  static {
    declareKind(this, 'TICKET_LINK_EXISTS')
  }

  readonly code = 'TICKET_LINK_EXISTS'

  constructor(detectionId: string, connection: string, ticketKey: string | null) {
    super(
      `The detection ${detectionId} has ${ticketKey === null ? 'a ticket in the making' : `the ticket ${ticketKey}`} on ${connection} already; unlink it first.`,
    )
  }
}

/** The request carries no valid credentials. */
export class Unauthenticated extends DomainError {
  static {
    declareKind(this, 'UNAUTHENTICATED')
  }

  readonly code = 'UNAUTHENTICATED'
}

/** The principal is known, and may not do this. */
export class Forbidden extends DomainError {
  static {
    declareKind(this, 'FORBIDDEN')
  }

  readonly code = 'FORBIDDEN'
}

/**
 * A ticketing system could not do what was asked, or could not be asked. Adapters throw nothing else.
 *
 * The class alone decides what the engine does: `retryable` ones are tried again, {@link Unauthorized} and
 * {@link PluginOutdated} pause the whole connection, the rest block the one link they concern.
 */
export abstract class TicketingError extends GatewayError {
  static {
    declareKind(this, 'TICKETING_ERROR')
  }

  /** Whether the same call may succeed later without anybody changing anything. */
  abstract readonly retryable: boolean
  /**
   * Whether the call may have taken effect although no answer came: `unknown` after a lost answer to a write,
   * `not_done` when the other side certainly did nothing.
   */
  readonly outcome: 'not_done' | 'unknown'

  constructor(message: string, options?: ErrorOptions & { readonly outcome?: 'not_done' | 'unknown' }) {
    super(message, options)
    this.outcome = options?.outcome ?? 'not_done'
  }
}

/** The other side asks to be called less often (HTTP 429, or 503 with Retry-After). */
export class RateLimited extends TicketingError {
  static {
    declareKind(this, 'RATE_LIMITED')
  }

  readonly code = 'RATE_LIMITED'
  readonly retryable = true
  /** How long to wait, in milliseconds, or `null` when the other side did not say. */
  readonly retryAfterMs: number | null

  constructor(
    message: string,
    retryAfterMs: number | null,
    options?: ErrorOptions & { readonly outcome?: 'not_done' | 'unknown' },
  ) {
    super(message, options)
    this.retryAfterMs = retryAfterMs
  }
}

/** The other side did not answer, or answered that it cannot now: network fault, timeout, 5xx. */
export class Unavailable extends TicketingError {
  static {
    declareKind(this, 'UNAVAILABLE')
  }

  readonly code = 'UNAVAILABLE'
  readonly retryable = true
}

/** The credentials are refused (401), or may not do the least that is needed. */
export class Unauthorized extends TicketingError {
  static {
    declareKind(this, 'UNAUTHORIZED')
  }

  readonly code = 'UNAUTHORIZED'
  readonly retryable = false
}

/** The one thing asked for is forbidden to us (403 on a ticket or a project), while the credentials are good. */
export class AccessDenied extends TicketingError {
  static {
    declareKind(this, 'ACCESS_DENIED')
  }

  readonly code = 'ACCESS_DENIED'
  readonly retryable = false
}

/** The ticket to be changed does not exist (any more). `find` answers `null` instead of throwing this. */
export class TicketNotFound extends TicketingError {
  static {
    declareKind(this, 'TICKET_NOT_FOUND')
  }

  readonly code = 'TICKET_NOT_FOUND'
  readonly retryable = false
}

/** The other side understood and refused: a required field, an unknown value, a text too long. */
export class Rejected extends TicketingError {
  static {
    declareKind(this, 'REJECTED')
  }

  readonly code = 'REJECTED'
  readonly retryable = false
  /** What was refused, by the other side's field names. */
  readonly issues: readonly Issue[]

  constructor(message: string, issues: readonly Issue[] = [], options?: ErrorOptions) {
    super(message, options)
    this.issues = issues
  }
}

/** The answer is not what the vendor documents: garbled, truncated, of another shape, or absurdly large. */
export class UnexpectedResponse extends TicketingError {
  static {
    declareKind(this, 'UNEXPECTED_RESPONSE')
  }

  readonly code = 'UNEXPECTED_RESPONSE'
  readonly retryable = false
}

/** A whole route of the vendor's API is gone (404 or 410 on the route): this version of the plugin is too old. */
export class PluginOutdated extends TicketingError {
  static {
    declareKind(this, 'PLUGIN_OUTDATED')
  }

  readonly code = 'PLUGIN_OUTDATED'
  readonly retryable = false
}
