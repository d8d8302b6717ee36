import type { TicketingPlugin } from '@tripline/core'
import { jiraPlugin } from '@tripline/plugin-jira'

/** The plugins that come with the server. */
export const builtInPlugins: readonly TicketingPlugin[] = [jiraPlugin as TicketingPlugin]
