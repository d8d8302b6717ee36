export { callOptions, failureOf } from './contract/call-options.ts'
export type { ContractCase } from './contract/contract-book.ts'
export type {
  AdapterUnderTest,
  ContractFaults,
  ContractWorld,
  FaultTarget,
  ShownText,
  TicketingProbes,
} from './contract/contract-world.ts'
export { describeTicketingAdapter, ticketingContract } from './contract/describe-ticketing-adapter.ts'
export {
  hostileTexts,
  newDedupeKey,
  noNeeds,
  sampleDescription,
  sampleDraft,
} from './contract/sample-drafts.ts'
export { statusChange } from './contract/update-contract.ts'
