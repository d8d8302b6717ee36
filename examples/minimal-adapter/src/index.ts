import { contractVersion, defineTicketingPlugin, type TicketingPlugin } from '@tripline/core'
import { createDeskAdapter } from './desk-adapter.ts'
import { deskSettingsSchema, type DeskSettings } from './settings.ts'

export type { DeskSettings }

/** Desk, a ticketing system that does not exist. */
export const deskPlugin: TicketingPlugin<DeskSettings> = defineTicketingPlugin({
  name: 'desk',
  title: 'Desk',
  contractVersion,
  settings: deskSettingsSchema,
  connect: createDeskAdapter,
})
