import { readFile } from 'node:fs/promises'
import { startJiraSimulator } from '@tripline/plugin-jira/simulator'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config.ts'
import { createApiKey } from '../../src/access/api-keys.ts'
import { ingestReports } from '../../src/detections/ingest-detections.ts'
import { startServer } from '../../src/server.ts'
import { updateTrackingSettings } from '../../src/tracking/tracking-settings.ts'
import { startHttpReceiver } from '../streams/http-receiver.ts'
import { createTestDatabase } from '../test-database.ts'
import { report, sam } from '../tracking/gateway-world.ts'
import { until } from './trigger-world.ts'

const ADMIN_KEY = 'an-administrators-key'
const TOKEN = 'tok-5ecret-0f-tripline'

/** A whole server on a database of a test's own. */
async function startWorld() {
  const stack = new AsyncDisposableStack()
  const { database, connectionString } = stack.use(await createTestDatabase())
  const config = parseConfig({
    DATABASE_URL: connectionString,
    PORT: '0',
    TRIPLINE_ADMIN_API_KEY: ADMIN_KEY,
    TRIPLINE_SECRET_KEY: '7'.repeat(64),
    TRIPLINE_OUTBOUND_ALLOW: '127.0.0.0/8',
  })
  const server = await startServer(config, { log: pino({ level: 'silent' }), env: {} })
  stack.defer(() => server.stop())
  const request = async (query: string, input: object): Promise<void> => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables: { input } }),
    })
    const { data, errors } = (await response.json()) as {
      data: Record<string, { error: unknown }>
      errors?: unknown
    }
    expect(errors).toBeUndefined()
    for (const { error } of Object.values(data)) expect(error).toBeNull()
  }
  return {
    database,
    url: server.url,
    stack,
    target: (name: string, settings: object) =>
      request(
        'mutation ($input: CreateStreamTargetInput!) { createStreamTarget(input: $input) { error { code message } } }',
        { kind: 'HTTP', name, settings },
      ),
    trigger: (script: string) =>
      request(
        'mutation ($input: CreateTriggerInput!) { createTrigger(input: $input) { error { code message } } }',
        { name: 'Tickets', script, events: ['DETECTION_UPDATE'] },
      ),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

function placeOf(url: string) {
  const { hostname: host, port } = new URL(url)
  return { host, port: Number(port), protocol: 'http' }
}

/** As the document prints it, but for the wrapped string, which is joined. */
const documented = `
const summary = "ExtraHop Detection: " + Detection.id + ": " +
  Detection.title;
const description = "ExtraHop has detected the following event on your network: " + Detection.description
const payload = {
  "fields": {
    "summary": summary,
    "assignee": {
      "name": "escalations_team"
    },
    "reporter": {
      "name": "ExtraHop"
    },
    "priority": {
      "id": Detection.riskScore
    },
    "labels": Detection.categories,
    "mitreCategories": Detection.mitreCategories,
    "description": description
  }
};

const req = {
  'path': '/rest/api/issue',
  'headers': {
    'Content-Type': 'application/json'
  },
  'payload': JSON.stringify(payload)
};

Remote.HTTP('ticket-server').post(req);
`

test("the document's trigger reaches an HTTP target as the script built it", async () => {
  await using world = await startWorld()
  await using receiver = await startHttpReceiver()
  await world.target('ticket-server', { host: '127.0.0.1', port: receiver.port, protocol: 'http' })
  await world.trigger(documented)
  const description = 'Many reads on corpshare'
  const mitre = { id: 'T1087', name: 'Account Discovery', url: null }
  const reports = [{ index: 0, report: report('a', { description, mitreTechniques: [mitre] }) }]
  const [stored] = await ingestReports(world.database, 'test', reports, sam)
  const request = await until(() => Promise.resolve(receiver.requests[0] ?? null))
  expect(request).toMatchObject({ method: 'POST', url: '/rest/api/issue' })
  expect(request.headers['content-type']).toBe('application/json')
  expect(JSON.parse(request.text)).toEqual({
    fields: {
      summary: `ExtraHop Detection: ${stored?.detectionId}: Suspicious share access a`,
      assignee: { name: 'escalations_team' },
      reporter: { name: 'ExtraHop' },
      priority: { id: 83 },
      labels: ['sec.lateral'],
      mitreCategories: [mitre],
      description: `ExtraHop has detected the following event on your network: ${description}`,
    },
  })
})

test("the guide's trigger opens an issue in Jira and brings its key back", async () => {
  await using world = await startWorld()
  const jira = await startJiraSimulator({ flavour: 'cloud', tokens: { tripline: TOKEN } })
  world.stack.defer(() => jira.close())
  await updateTrackingSettings(world.database, { externalTracking: true }, { reattach: false }, sam)
  const { key } = await createApiKey(world.database, { name: 'triggers', role: 'integration' }, sam)
  await world.target('ticket-server', {
    ...placeOf(jira.url),
    authentication: { auth_type: 'basic', username: 'tripline@example.com', password: TOKEN },
  })
  await world.target('tripline', {
    ...placeOf(world.url),
    additional_header: `Authorization: ExtraHop apikey=${key}`,
  })
  const guide = await readFile(new URL('../../../../docs/triggers.md', import.meta.url), 'utf8')
  const script = /<!-- trigger: begin -->\s+```js\n(?<script>[^`]+)```/u.exec(guide)?.groups?.['script']
  await world.trigger(script ?? '')
  const [stored] = await ingestReports(world.database, 'test', [{ index: 0, report: report('a') }], sam)
  const ticketId = await until(async () => {
    const row = await world.database
      .selectFrom('detections')
      .select(['ticket_id', 'status'])
      .where('ticket_id', 'is not', null)
      .executeTakeFirst()
    return row?.status === 'new' ? row.ticket_id : null
  })
  const issues = jira.issues()
  expect(issues).toHaveLength(1)
  expect(issues[0]).toMatchObject({ key: ticketId })
  expect(JSON.stringify(issues[0])).toContain(`Detection ${stored?.detectionId}: Suspicious share access a`)
})
