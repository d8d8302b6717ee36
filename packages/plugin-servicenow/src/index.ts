import { contractVersion, defineTicketingPlugin, type TicketingPlugin } from '@tripline/core'
import { createServiceNowAdapter } from './servicenow-adapter.ts'
import { serviceNowSettingsSchema, type ServiceNowSettings } from './settings.ts'

export type { ServiceNowSettings }

/** Incidents of a ServiceNow instance. */
export const servicenowPlugin: TicketingPlugin<ServiceNowSettings> = defineTicketingPlugin({
  name: 'servicenow',
  title: 'ServiceNow',
  contractVersion,
  settings: serviceNowSettingsSchema,
  connect: createServiceNowAdapter,
})
