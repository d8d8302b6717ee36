import { parseArgs } from 'node:util'
import { startSalesforceSimulator } from './salesforce-simulator.ts'

const { values } = parseArgs({
  options: { port: { type: 'string', default: '4020' }, outbound: { type: 'string' } },
})
const salesforce = await startSalesforceSimulator({
  port: Number(values.port),
  outboundMessages: values.outbound === undefined ? [] : [{ url: values.outbound }],
})
const { app, organizationId, queues, url, users } = salesforce
process.stdout.write(`A simulated Salesforce at ${url}
  organisation  ${organizationId}
  client id     ${app.clientId}
  client secret ${app.clientSecret}
  queues        ${queues.map(({ id, name }) => `${name} ${id}`).join(', ')}
  users         ${users.map(({ id, username }) => `${username} ${id}`).join(', ')}
`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void salesforce.close())
