import type { QueuedMessage, SendOptions, StreamResult } from '@tripline/core'
import { unavailable } from './fault.ts'

/**
 * Sends messages one by one, or so many at once, until one cannot be sent, the slice of time is over, or all are through.
 * With more than one at once, those that were begun are always finished.
 */
export async function sendInOrder(
  messages: readonly QueuedMessage[],
  { signal, sliceMs }: SendOptions,
  atOnce: number,
  sendOne: (message: QueuedMessage, signal: AbortSignal) => Promise<StreamResult>,
): Promise<readonly StreamResult[]> {
  const end = performance.now() + sliceMs
  const results: StreamResult[] = []
  let next = 0
  let goesOn = true
  const work = async (): Promise<void> => {
    while (goesOn && !signal.aborted) {
      const index = next++
      const message = messages[index]
      if (message === undefined) return
      const result = await sendOne(message, signal).catch((error: unknown) => outcomeOfBreak(error, signal))
      results[index] = result
      if (result.outcome !== 'sent' && result.outcome !== 'refused') goesOn = false
      if (performance.now() >= end) goesOn = false
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, messages.length) }, work))
  return results
}

/** What was interrupted by us is no fault of anybody. */
function outcomeOfBreak(error: unknown, signal: AbortSignal): StreamResult {
  return signal.aborted ? { outcome: 'later', afterMs: 0 } : unavailable(error)
}
