import type { TicketingAdapter } from '@tripline/core'
import type { ContractWorld } from './contract-world.ts'

/** One thing that an adapter is held to. */
export interface ContractCase {
  /** What it is about, for instance `update`. */
  readonly group: string
  readonly name: string
  /**
   * Throws where the adapter does not keep it. Needs a world of its own, and the `expect` of a running test. The answer
   * says why there was nothing to look at; `null`: there was.
   */
  readonly run: (world: ContractWorld) => Promise<string | null>
}

/** The contract while it is being written down. */
export interface ContractBook {
  readonly cases: ContractCase[]
  group: string
}

/** Puts what is defined within under a common name. */
export function group(book: ContractBook, name: string, define: () => void): void {
  book.group = name
  define()
}

/** What every adapter is held to. */
export function contractCase(
  book: ContractBook,
  name: string,
  run: (world: ContractWorld) => Promise<void>,
): void {
  book.cases.push({
    group: book.group,
    name,
    run: async (world) => {
      await run(world)
      return null
    },
  })
}

/** What an adapter is held to that has an optional method. */
export function optionalCase<Name extends keyof TicketingAdapter>(
  book: ContractBook,
  method: Name,
  name: string,
  run: (world: ContractWorld, method: NonNullable<TicketingAdapter[Name]>) => Promise<void>,
): void {
  book.cases.push({
    group: book.group,
    name,
    run: async (world) => {
      const present = world.adapter[method]
      if (present === undefined || present === null) return `the adapter has no ${method}`
      await run(world, present)
      return null
    },
  })
}
