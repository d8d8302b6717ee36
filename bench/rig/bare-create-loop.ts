// The least that can be done between a notification and a create call: what the gateway is compared with.
import { Client } from 'pg'
import { account } from './gateway.ts'

const [databaseUrl = '', jiraUrl = ''] = process.argv.slice(2)
const authorization = `Basic ${Buffer.from(`${account.email}:${account.apiToken}`).toString('base64')}`

const client = new Client({ connectionString: databaseUrl })
await client.connect()
client.on('notification', ({ payload = '' }) => {
  void create(payload).catch((error: unknown) => console.error(error))
})
await client.query('listen bare_detections')
console.log(`Creating at ${jiraUrl}`)
process.once('SIGTERM', () => void client.end())

async function create(name: string): Promise<void> {
  const response = await fetch(`${jiraUrl}/rest/api/3/issue`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({
      fields: { project: { key: 'SEC' }, issuetype: { name: 'Incident' }, summary: name },
    }),
  })
  await response.text()
}
