/** The states of the link between a detection and a ticket. */
export const linkStates = ['held', 'creating', 'active', 'missing', 'unreachable', 'detached'] as const

/**
 * Where a link stands. `held`: waits because its rule's budget is used up; `creating`: a ticket is to be created, or may
 * just have been; `active`: the ticket is known; `missing`: the ticket is gone; `unreachable`: it may not be seen by us;
 * `detached`: kept to be looked at, no longer followed.
 */
export type LinkState = (typeof linkStates)[number]

/** How a link's sync stands. */
export const linkSyncStates = ['in_sync', 'pending', 'blocked', 'conflict', 'failed'] as const

/**
 * `in_sync`: both sides agree; `pending`: work is queued or will be tried again by itself; `blocked`: the other side
 * refused, something has to be changed by a person; `conflict`: a person has to choose a side; `failed`: a fault that
 * trying again will not mend.
 */
export type LinkSyncState = (typeof linkSyncStates)[number]

/** Why a link is not in sync. */
export interface LinkReason {
  /** A stable code: that of an error, or of a refusal. */
  readonly code: string
  /** For people; carries no secrets. */
  readonly message: string
  /** The sync field or the remote field it is about; `null`: the link as a whole. */
  readonly field: string | null
}
