import { parseArgs } from 'node:util'
import { startJiraSimulator } from './jira-simulator.ts'

const USAGE = `Runs a simulated Jira until it is told to stop.

  --port NUMBER        port to listen on (4010)
  --flavour NAME       cloud or data-center (cloud)
  --data FILE          keep tickets in this file over a restart
  --search-lag-ms MS   how long search does not know of a change (1500)
  --realistic-limits   answer 429 as Jira Cloud does
`

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4010' },
    flavour: { type: 'string', default: 'cloud' },
    data: { type: 'string' },
    'search-lag-ms': { type: 'string', default: '1500' },
    'realistic-limits': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  process.stdout.write(USAGE)
} else {
  const simulator = await startJiraSimulator({
    flavour: values.flavour === 'data-center' ? 'data-center' : 'cloud',
    port: Number(values.port),
    dataFile: values.data,
    searchLagMs: Number(values['search-lag-ms']),
    rateLimits: values['realistic-limits']
      ? { burst: { requests: 100, windowMs: 1_000 }, perIssueWrites: { requests: 20, windowMs: 2_000 } }
      : undefined,
  })
  process.stdout.write(`Simulated Jira: ${simulator.url}\n`)
  for (const user of simulator.users) {
    if (user.token !== null)
      process.stdout.write(`  ${user.emailAddress} (${user.name}), token ${user.token}\n`)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void simulator.close())
}
