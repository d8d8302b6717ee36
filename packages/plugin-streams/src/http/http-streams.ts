import { defineStreamPlugin, streamContractVersion } from '@tripline/core'
import { openHttpTarget } from './http-target.ts'
import { httpSettings } from './settings.ts'

/** Requests to an HTTP server. */
export const httpStreams = defineStreamPlugin({
  kind: 'http',
  title: 'HTTP',
  streamContractVersion,
  settings: httpSettings,
  open: openHttpTarget,
})
