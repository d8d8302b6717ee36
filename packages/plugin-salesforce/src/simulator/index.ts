export type { ChangeEventFault } from './change-events.ts'
export type { FieldDefinition, StoredRecord } from './fields.ts'
export { idOf, type SalesforceOrgOptions, type SalesforceUser, type ValidationRule } from './org.ts'
export { outboundMessage, type OutboundEndpoint } from './outbound-messages.ts'
export type { People } from './people.ts'
export type { CaseSave } from './salesforce.ts'
export {
  startSalesforceSimulator,
  type SalesforceSimulator,
  type SalesforceSimulatorOptions,
} from './salesforce-simulator.ts'
export type { SalesforceApp } from './tokens.ts'
