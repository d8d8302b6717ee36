export type { ColumnDefinition, StoredRecord } from './columns.ts'
export {
  type BusinessRule,
  type InstanceChoice,
  type InstanceUser,
  type ServiceNowInstanceOptions,
  sysIdOf,
} from './instance.ts'
export type { ServiceNowLogin } from './logins.ts'
export type { People } from './people.ts'
export type { IncidentSave } from './servicenow.ts'
export {
  startServiceNowSimulator,
  type ServiceNowSimulator,
  type ServiceNowSimulatorOptions,
} from './servicenow-simulator.ts'
export { webhookCall, type WebhookEndpoint } from './webhook-call.ts'
