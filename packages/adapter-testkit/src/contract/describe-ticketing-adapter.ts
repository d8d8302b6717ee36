import { describe } from 'vitest'
import { describeCapabilities } from './capability-contract.ts'
import { describeContent } from './content-contract.ts'
import type { AdapterUnderTest } from './contract-world.ts'
import { describeCreate } from './create-contract.ts'
import { describeFailures } from './failure-contract.ts'
import { describeFind } from './find-contract.ts'
import { describeLink } from './link-contract.ts'
import { describeUpdate } from './update-contract.ts'

/**
 * The contract of ticketing adapters, as tests: call it in a test file of an adapter's package. Every test starts a system of its
 * own, and looks at it through probes, past the adapter.
 */
export function describeTicketingAdapter(subject: AdapterUnderTest): void {
  describe(`${subject.name} as a ticketing adapter`, () => {
    describeCreate(subject)
    describeFind(subject)
    describeUpdate(subject)
    describeLink(subject)
    describeContent(subject)
    describeFailures(subject)
    describeCapabilities(subject)
  })
}
