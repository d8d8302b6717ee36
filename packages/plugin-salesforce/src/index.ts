import { contractVersion, defineTicketingPlugin, type TicketingPlugin } from '@tripline/core'
import { createSalesforceAdapter } from './salesforce-adapter.ts'
import { salesforceSettingsSchema, type SalesforceSettings } from './settings.ts'

export type { SalesforceSettings }

/** Cases of a Salesforce organisation. */
export const salesforcePlugin: TicketingPlugin<SalesforceSettings> = defineTicketingPlugin({
  name: 'salesforce',
  title: 'Salesforce',
  contractVersion,
  settings: salesforceSettingsSchema,
  connect: createSalesforceAdapter,
})
