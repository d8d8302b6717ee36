import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_EVERY_MS = 50

/** Waits until `look` says true; `false` when it did not within the time. */
export async function waitUntil(
  look: () => Promise<boolean> | boolean,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const end = Date.now() + timeoutMs
  for (;;) {
    if (await look()) return true
    if (Date.now() > end || signal?.aborted === true) return false
    await sleep(LOOK_EVERY_MS)
  }
}

/** Sleeps, or less when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
