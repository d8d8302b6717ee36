import type { SourcePlugin, StreamPlugin, TicketingPlugin } from '@tripline/core'
import { extrahopPlugin } from '@tripline/plugin-extrahop'
import { jiraPlugin } from '@tripline/plugin-jira'
import { httpStreams, rawStreams, syslogStreams } from '@tripline/plugin-streams'

/** The plugins that come with the server. */
export const builtInPlugins: readonly TicketingPlugin[] = [jiraPlugin as TicketingPlugin]

/** The plugins for sources of detections that come with the server. */
export const builtInSourcePlugins: readonly SourcePlugin[] = [extrahopPlugin as SourcePlugin]

/** The stream plugins that come with the server. */
export const builtInStreamPlugins: readonly StreamPlugin[] = [
  httpStreams as StreamPlugin,
  syslogStreams as StreamPlugin,
  rawStreams as StreamPlugin,
]
