import { setTimeout as sleep } from 'node:timers/promises'

/** Asks `condition` again and again until it holds (`true`) or the time is over (`false`). */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  timeoutMs: number,
  intervalMs = 20,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    if (await condition()) return true
    if (performance.now() >= deadline) return false
    await sleep(intervalMs)
  }
}
