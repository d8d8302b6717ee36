import { parseArgs } from 'node:util'
import { startServiceNowSimulator } from './servicenow-simulator.ts'

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '4030' },
    webhook: { type: 'string' },
    secret: { type: 'string', default: '' },
  },
})
const servicenow = await startServiceNowSimulator({
  port: Number(values.port),
  webhooks: values.webhook === undefined ? [] : [{ url: values.webhook, secret: values.secret }],
})
const { groups, login, url, users } = servicenow
process.stdout.write(`A simulated ServiceNow at ${url}
  user name     ${login.username}
  password      ${login.password}
  client id     ${login.clientId}
  client secret ${login.clientSecret}
  API key       ${login.apiKey}
  groups        ${groups.map(({ id, name }) => `${name} ${id}`).join(', ')}
  users         ${users.map(({ id, username }) => `${username} ${id}`).join(', ')}
`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void servicenow.close())
