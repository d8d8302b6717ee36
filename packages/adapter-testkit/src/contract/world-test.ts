// oxlint-disable vitest/valid-title, vitest/expect-expect -- these make tests; titles and assertions are in the contract files.
import { onTestFinished, test } from 'vitest'
import type { AdapterUnderTest, ContractWorld } from './contract-world.ts'

/** Runs a test in a world of its own. */
export function worldTest(
  subject: AdapterUnderTest,
  name: string,
  run: (world: ContractWorld) => Promise<void>,
): void {
  test(name, async () => {
    const world = await subject.start()
    onTestFinished(async () => {
      await world.adapter.close?.()
      await world.unauthorized.close?.()
      await world.impatient.close?.()
      await world.close()
    })
    await run(world)
  })
}

/** Runs a test where the adapter has an optional method, and shows it as skipped where not. */
export function optionalTest<Name extends keyof ContractWorld['adapter']>(
  subject: AdapterUnderTest,
  method: Name,
  name: string,
  run: (world: ContractWorld, method: NonNullable<ContractWorld['adapter'][Name]>) => Promise<void>,
): void {
  test(name, async (context) => {
    const world = await subject.start()
    onTestFinished(async () => {
      await world.adapter.close?.()
      await world.unauthorized.close?.()
      await world.impatient.close?.()
      await world.close()
    })
    const present = world.adapter[method]
    if (present === undefined || present === null) return context.skip(`the adapter has no ${method}`)
    await run(world, present)
  })
}
