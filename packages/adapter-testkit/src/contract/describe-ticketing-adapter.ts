// oxlint-disable vitest/valid-title, vitest/expect-expect -- this makes tests; titles and assertions are in the contract files.
import { describe, onTestFinished, test } from 'vitest'
import { describeCapabilities } from './capability-contract.ts'
import { describeContent } from './content-contract.ts'
import type { ContractBook, ContractCase } from './contract-book.ts'
import type { AdapterUnderTest, ContractWorld } from './contract-world.ts'
import { describeCreate } from './create-contract.ts'
import { describeFailures } from './failure-contract.ts'
import { describeFind } from './find-contract.ts'
import { describeLink } from './link-contract.ts'
import { describeUpdate } from './update-contract.ts'
import { describeWatch } from './watch-contract.ts'

/** All that a ticketing adapter is held to, in the order of the contract. */
export function ticketingContract(): readonly ContractCase[] {
  const book: ContractBook = { cases: [], group: '' }
  describeCreate(book)
  describeFind(book)
  describeUpdate(book)
  describeLink(book)
  describeContent(book)
  describeFailures(book)
  describeCapabilities(book)
  describeWatch(book)
  return book.cases
}

/**
 * The contract of ticketing adapters, as tests: call it in a test file of an adapter's package. Every test starts a system of its
 * own, and looks at it through probes, past the adapter.
 */
export function describeTicketingAdapter(subject: AdapterUnderTest): void {
  describe(`${subject.name} as a ticketing adapter`, () => {
    for (const [group, cases] of Map.groupBy(ticketingContract(), (each) => each.group)) {
      describe(group, () => {
        for (const { name, run } of cases) {
          test(name, async (context) => {
            const world = await subject.start()
            onTestFinished(() => closeWorld(world))
            const skipped = await run(world)
            if (skipped !== null) context.skip(skipped)
          })
        }
      })
    }
  })
}

async function closeWorld(world: ContractWorld): Promise<void> {
  await world.adapter.close?.()
  await world.unauthorized.close?.()
  await world.impatient.close?.()
  await world.close()
}
