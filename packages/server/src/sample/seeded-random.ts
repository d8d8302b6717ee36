/** Choices that are the same for the same seed. */
export interface SeededRandom {
  /** An integer from `least` to `most`, both included. */
  integer(least: number, most: number): number
  /** One of the values. */
  pick<Value>(values: readonly [Value, ...Value[]]): Value
  /** `true` this often, from 0 to 1. */
  chance(probability: number): boolean
}

/** Makes choices from a seed, by mulberry32. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const integer = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  return {
    integer,
    pick: (values) => values[integer(0, values.length - 1)] ?? values[0],
    chance: (probability) => next() < probability,
  }
}
