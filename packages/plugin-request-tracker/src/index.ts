import { contractVersion, defineTicketingPlugin, type TicketingPlugin } from '@tripline/core'
import { createRequestTrackerAdapter } from './rt-adapter.ts'
import { requestTrackerSettingsSchema, type RequestTrackerSettings } from './settings.ts'

export type { RequestTrackerSettings }

/** Request Tracker 5, by its REST 2 interface. */
export const requestTrackerPlugin: TicketingPlugin<RequestTrackerSettings> = defineTicketingPlugin({
  name: 'request-tracker',
  title: 'Request Tracker',
  contractVersion,
  settings: requestTrackerSettingsSchema,
  connect: createRequestTrackerAdapter,
})
