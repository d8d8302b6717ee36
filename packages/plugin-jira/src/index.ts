import { contractVersion, defineTicketingPlugin, type TicketingPlugin } from '@tripline/core'
import { createJiraAdapter } from './jira-adapter.ts'
import { jiraSettingsSchema, type JiraSettings } from './settings.ts'

export type { JiraSettings }

/** Jira Cloud and Jira Data Center. */
export const jiraPlugin: TicketingPlugin<JiraSettings> = defineTicketingPlugin({
  name: 'jira',
  title: 'Jira',
  contractVersion,
  settings: jiraSettingsSchema,
  connect: createJiraAdapter,
})
