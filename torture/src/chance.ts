import { seededRandom } from '@tripline/adapter-testkit/simulator'

/** Draws that are the same for the same seed. */
export interface Chance {
  /** From 0 to 1, 1 excluded. */
  number(): number
  /** An integer from `least` to `most`, both included. */
  integer(least: number, most: number): number
  /** True with a probability from 0 to 1. */
  happens(probability: number): boolean
  /** @throws RangeError when there is nothing to choose from */
  one<Value>(values: readonly Value[]): Value
  /** One of the values, each as likely as its weight says. */
  weighted<Value>(values: readonly (readonly [weight: number, value: Value])[]): Value
  /** A generator of its own, so that what happens at the same time elsewhere does not change its draws. */
  fork(name: string): Chance
}

export function createChance(seed: number): Chance {
  const number = seededRandom(seed)
  const chance: Chance = {
    number,
    integer: (least, most) => least + Math.floor(number() * (most - least + 1)),
    happens: (probability) => number() < probability,
    one(values) {
      const value = values[Math.floor(number() * values.length)]
      if (value === undefined) throw new RangeError('There is nothing to choose from.')
      return value
    },
    weighted(values) {
      let left = number() * values.reduce((sum, [weight]) => sum + weight, 0)
      for (const [weight, value] of values) {
        left -= weight
        if (left < 0) return value
      }
      return chance.one(values)[1]
    },
    fork: (name) => createChance(Buffer.from(name).reduce((sum, byte) => Math.imul(sum, 31) + byte, seed)),
  }
  return chance
}
