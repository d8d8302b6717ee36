import { describeTicketingAdapter } from '@tripline/adapter-testkit'
import { startDeskWorld } from './desk-world.ts'

describeTicketingAdapter({ name: 'Desk', start: startDeskWorld })
