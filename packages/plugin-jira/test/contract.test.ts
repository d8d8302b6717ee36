import { describeTicketingAdapter } from '@tripline/adapter-testkit'
import { startJiraWorld } from './jira-world.ts'

describeTicketingAdapter({ name: 'Jira Cloud', start: () => startJiraWorld('cloud') })
describeTicketingAdapter({ name: 'Jira Data Center', start: () => startJiraWorld('data-center') })
