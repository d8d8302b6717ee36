import { setTimeout as delay } from 'node:timers/promises'

/** Waits for something to hold, looking every so often. @throws Error when it does not in time */
export async function until(
  what: string,
  timeoutMs: number,
  holds: () => Promise<boolean>,
  lookEveryMs = 100,
): Promise<void> {
  const end = Date.now() + timeoutMs
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Not within ${timeoutMs} ms: ${what}.`)
    await delay(lookEveryMs)
  }
}
