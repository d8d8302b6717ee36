import { describeTicketingAdapter } from '@tripline/adapter-testkit'
import { describeOnRequestTracker } from './real/describe-on-request-tracker.ts'
import { startRtWorld } from './rt-world.ts'

await describeOnRequestTracker((rt) => {
  describeTicketingAdapter({ name: 'Request Tracker', start: () => startRtWorld(rt()) })
})
