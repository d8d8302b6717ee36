import { defineSourcePlugin, sourceContractVersion, type SourcePlugin } from '@tripline/core'
import { createExtrahopAdapter } from './extrahop-adapter.ts'
import { extrahopSettingsSchema, type ExtrahopSettings } from './settings.ts'

export type { ExtrahopSettings }

/** Detections of an ExtraHop sensor or console, by its REST API, firmware 9.0 or later. */
export const extrahopPlugin: SourcePlugin<ExtrahopSettings> = defineSourcePlugin({
  name: 'extrahop',
  title: 'ExtraHop',
  sourceContractVersion,
  format: 'extrahop',
  settings: extrahopSettingsSchema,
  // Verdicts of firmware 26.
  resolutions: {
    malicious_true_positive: 'action_taken',
    benign_true_positive: 'no_action_taken',
    false_positive: 'no_action_taken',
  },
  connect: createExtrahopAdapter,
})
