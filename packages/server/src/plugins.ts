import type { StreamPlugin, TicketingPlugin } from '@tripline/core'
import { jiraPlugin } from '@tripline/plugin-jira'
import { httpStreams, rawStreams, syslogStreams } from '@tripline/plugin-streams'

/** The plugins that come with the server. */
export const builtInPlugins: readonly TicketingPlugin[] = [jiraPlugin as TicketingPlugin]

/** The stream plugins that come with the server. */
export const builtInStreamPlugins: readonly StreamPlugin[] = [
  httpStreams as StreamPlugin,
  syslogStreams as StreamPlugin,
  rawStreams as StreamPlugin,
]
