import { describeTicketingAdapter } from '@tripline/adapter-testkit'
import { startSalesforceWorld } from './salesforce-world.ts'

describeTicketingAdapter({ name: 'Salesforce', start: () => startSalesforceWorld() })
describeTicketingAdapter({
  name: 'Salesforce with feed comments and field history',
  start: () =>
    startSalesforceWorld({}, { comments: 'feed', fieldHistory: true, defaultOwnerId: '00G5g0000000001' }),
})
describeTicketingAdapter({
  name: 'Salesforce with change data capture',
  start: () => startSalesforceWorld({}, { changeDataCapture: true }),
})
