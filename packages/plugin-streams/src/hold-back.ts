import type { QueuedMessage, SendOptions, StreamResult } from '@tripline/core'

/** For how much, and for how long at most, messages wait to be sent together. */
export interface HoldLimits {
  readonly bytes: number
  readonly ms: number
}

// Others may come at any time.
const LOOK_AGAIN_MS = 1_000

/**
 * Whether messages are to wait for others: until there are so many bytes, or the oldest has waited so long. What cannot
 * be handed over at once because there is too much of it does not wait. `null`: send.
 */
export function holdBack(
  messages: readonly QueuedMessage[],
  bytes: number,
  { more }: Pick<SendOptions, 'more'>,
  limits: HoldLimits,
  now: Date,
): StreamResult | null {
  const oldest = messages[0]
  if (oldest === undefined || more || bytes >= limits.bytes) return null
  const leftMs = oldest.queuedAt.getTime() + limits.ms - now.getTime()
  return leftMs <= 0 ? null : { outcome: 'later', afterMs: Math.min(leftMs, LOOK_AGAIN_MS) }
}
