import { describeTicketingAdapter } from '@tripline/adapter-testkit'
import { sysIdOf } from '../src/simulator/index.ts'
import { startServiceNowWorld } from './servicenow-world.ts'

// The hostile texts of the contract together do not fit into the column as it comes; how a text fits is tested with both.
const lengths = { description: 20_000 }

describeTicketingAdapter({
  name: 'ServiceNow',
  start: () => startServiceNowWorld({ lengths }, { descriptionLimit: lengths.description }),
})
describeTicketingAdapter({
  name: 'ServiceNow with OAuth, history and comments for callers',
  start: () =>
    startServiceNowWorld(
      { lengths },
      {
        auth: 'oauth-client-credentials',
        clientId: 'be3aeb583ace210011c15b24a43e25d8',
        clientSecret: 'tripline-client-secret',
        history: true,
        comments: 'comments',
        assignmentGroup: sysIdOf('sys_user_group', 1),
        callerId: sysIdOf('sys_user', 5),
        descriptionLimit: lengths.description,
      },
    ),
})
