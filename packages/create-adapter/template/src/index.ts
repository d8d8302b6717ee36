import { contractVersion, defineTicketingPlugin, type TicketingPlugin } from '@tripline/core'
import { createAcmeAdapter } from './acme-adapter.ts'
import { acmeSettingsSchema, type AcmeSettings } from './settings.ts'

export type { AcmeSettings }

/** Acme. The name is stored with every connection: it is never changed. */
export const acmePlugin: TicketingPlugin<AcmeSettings> = defineTicketingPlugin({
  name: 'acme',
  title: 'Acme',
  contractVersion,
  settings: acmeSettingsSchema,
  connect: createAcmeAdapter,
})
