import { jsonAnswer, type SimulatorAnswer } from '@tripline/adapter-testkit/simulator'

const HOUR_MS = 3_600_000

/** A rate limit rule: the answer to a request too many in an hour by the clock, or `null`. */
export function createRateLimit(perHour: number, now: () => Date): () => SimulatorAnswer | null {
  let hour = 0
  let used = 0
  return () => {
    const at = now().getTime()
    const present = Math.floor(at / HOUR_MS)
    if (present !== hour) used = 0
    hour = present
    used += 1
    if (used <= perHour) return null
    const resetsAt = (present + 1) * HOUR_MS
    return jsonAnswer(
      429,
      {
        error: { message: 'Rate limit exceeded', detail: `${perHour} requests per hour are allowed` },
        status: 'failure',
      },
      {
        'retry-after': String(Math.ceil((resetsAt - at) / 1000)),
        'x-ratelimit-limit': String(perHour),
        'x-ratelimit-reset': String(resetsAt / 1000),
        'x-ratelimit-rule': '0b0a6c4c0a0a0b0100a0b5d3b1b1c1a1',
      },
    )
  }
}
