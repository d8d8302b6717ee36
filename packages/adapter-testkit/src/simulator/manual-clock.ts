/** A clock that stands still until it is told to go on. */
export interface ManualClock {
  readonly now: () => Date
  advance(ms: number): void
}

export function manualClock(start: Date): ManualClock {
  let current = start.getTime()
  return {
    now: () => new Date(current),
    advance(ms) {
      current += ms
    },
  }
}
