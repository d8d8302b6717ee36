import type { ChangeOrigin } from '../../ledger/ledger.ts'
import { getConnection, type TicketingConnection } from '../../tracking/connection.ts'
import {
  createConnection,
  updateConnection,
  type ConnectionDeps,
  type StoredConnection,
} from '../../tracking/connections.ts'

const CONNECTION_NAME = 'Jira (simulator)'
const WEBHOOK_NAME = 'Tripline'
const EVENTS = ['jira:issue_created', 'jira:issue_updated', 'jira:issue_deleted', 'comment_created']

// Of the simulated site: its integration's account and its resolutions.
const EMAIL = 'tripline@example.com'
const API_TOKEN = 'tripline-token'
const DONE = '10000'
const WONT_DO = '10001'
const FALSE_POSITIVE = '10004'

/** Connects the gateway and the simulator both ways; what is there from an earlier start is used again. */
export async function connectSimulator(
  services: ConnectionDeps,
  simulatorUrl: string,
  serverUrl: string,
  origin: ChangeOrigin,
): Promise<void> {
  const known = await findDevConnection(services)
  const webhooks = await listWebhooks(simulatorUrl)
  const ours = webhooks.filter(({ name }) => name === WEBHOOK_NAME)
  const isRegistered = known !== null && ours.length === 1 && ours[0]?.url === webhookUrl(serverUrl, known)
  if (known !== null && isRegistered && known.settings['baseUrl'] === simulatorUrl) return
  const stored =
    known === null
      ? await create(services, simulatorUrl, origin)
      : await updateConnection(
          services,
          known.connectionId,
          { settings: { baseUrl: simulatorUrl }, rotateWebhookSecret: true },
          origin,
        )
  for (const { self } of ours) await callSimulator('DELETE', self)
  await callSimulator('POST', webhooksUrl(simulatorUrl), {
    name: WEBHOOK_NAME,
    url: webhookUrl(serverUrl, stored.connection),
    events: EVENTS,
    secret: stored.webhookSecret,
  })
}

async function findDevConnection({ database }: ConnectionDeps): Promise<TicketingConnection | null> {
  const row = await database
    .selectFrom('ticketing_connections')
    .select('connection_id')
    .where('name', '=', CONNECTION_NAME)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return row === undefined ? null : getConnection(database, row.connection_id)
}

function create(services: ConnectionDeps, baseUrl: string, origin: ChangeOrigin): Promise<StoredConnection> {
  return createConnection(
    services,
    {
      name: CONNECTION_NAME,
      plugin: 'jira',
      settings: {
        deployment: 'cloud',
        baseUrl,
        email: EMAIL,
        apiToken: API_TOKEN,
        projectKey: 'SEC',
        issueType: 'Incident',
      },
      mappings: {
        outcomes: {
          outbound: { action_taken: { resolutionId: DONE }, no_action_taken: { resolutionId: WONT_DO } },
          inbound: {
            [DONE]: 'action_taken',
            [WONT_DO]: 'no_action_taken',
            [FALSE_POSITIVE]: 'no_action_taken',
          },
        },
      },
      rules: [{ name: 'Risk 60 and above', filter: { riskScoreMin: 60 }, mode: 'auto' }],
    },
    origin,
  )
}

interface RegisteredWebhook {
  readonly self: string
  readonly name: string
  readonly url: string
}

async function listWebhooks(simulatorUrl: string): Promise<readonly RegisteredWebhook[]> {
  const response = await callSimulator('GET', webhooksUrl(simulatorUrl))
  return (await response.json()) as readonly RegisteredWebhook[]
}

async function callSimulator(method: string, url: string, body?: object): Promise<Response> {
  const credentials = Buffer.from(`${EMAIL}:${API_TOKEN}`).toString('base64')
  const response = await fetch(url, {
    method,
    headers: { authorization: `Basic ${credentials}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`The simulator answered ${method} ${url} with ${response.status}`)
  return response
}

function webhooksUrl(simulatorUrl: string): string {
  return `${simulatorUrl}/rest/webhooks/1.0/webhook`
}

function webhookUrl(serverUrl: string, { webhookToken }: TicketingConnection): string {
  return `${serverUrl}/hooks/${webhookToken}`
}
