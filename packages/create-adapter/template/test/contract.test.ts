import { describeTicketingAdapter } from '@tripline/adapter-testkit'
import { startAcmeWorld } from './acme-world.ts'

describeTicketingAdapter({ name: 'Acme', start: startAcmeWorld })
