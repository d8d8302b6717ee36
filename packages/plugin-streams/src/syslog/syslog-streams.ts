import { defineStreamPlugin, streamContractVersion } from '@tripline/core'
import { syslogSettings } from './settings.ts'
import { openSyslogTarget } from './syslog-target.ts'

/** Messages to a syslog server. */
export const syslogStreams = defineStreamPlugin({
  kind: 'syslog',
  title: 'Syslog',
  streamContractVersion,
  settings: syslogSettings,
  open: openSyslogTarget,
})
