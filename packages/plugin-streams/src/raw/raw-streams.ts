import { defineStreamPlugin, streamContractVersion } from '@tripline/core'
import { openRawTarget } from './raw-target.ts'
import { rawSettings } from './settings.ts'

/** Bytes over TCP or UDP. */
export const rawStreams = defineStreamPlugin({
  kind: 'raw',
  title: 'Raw data',
  streamContractVersion,
  settings: rawSettings,
  open: openRawTarget,
})
