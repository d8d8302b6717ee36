import { startJiraSimulator, type JiraSimulator } from '@tripline/plugin-jira/simulator'
import { sql } from 'kysely'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPluginHost } from '../../src/plugin-host/plugin-host.ts'
import { createPluginRegistry } from '../../src/plugin-host/plugin-registry.ts'
import { builtInPlugins } from '../../src/plugins.ts'
import { createSecretBox } from '../../src/secrets/secret-box.ts'
import { createAdapters } from '../../src/tracking/adapters.ts'
import { startEngine } from '../../src/tracking/engine.ts'
import { startGraphqlServer, type GraphqlServer } from './graphql-server.ts'
import { sourceAdaptersOf } from '../sources/source-adapters-of.ts'

const TOKEN = 'tok-5ecret-0f-tripline'
const stack = new AsyncDisposableStack()
let server: GraphqlServer
let jira: JiraSimulator
let first: string
let second: string

beforeAll(async () => {
  const log = pino({ level: 'silent' })
  const plugins = createPluginRegistry(builtInPlugins, log)
  const secrets = createSecretBox({ key: Buffer.alloc(32, 3), previousKeys: [], env: {}, directories: [] })
  const adapters = createAdapters({ plugins, secrets, host: createPluginHost(fetch, log) })
  server = stack.use(await startGraphqlServer({ plugins, secrets, adapters }))
  const { database } = server
  jira = await startJiraSimulator({ flavour: 'cloud', tokens: { tripline: TOKEN } })
  stack.defer(() => jira.close())
  await server.query(
    `mutation { updateTrackingSettings(input: { externalTracking: true }) { error { message } } }`,
  )
  first = await connect('First', [{ name: 'few', budgetPerHour: 1, filter: { riskScoreMin: 99 } }])
  second = await connect('Second', [])
  const engine = await startEngine({
    database,
    adapters,
    sourceAdapters: sourceAdaptersOf(secrets),
    publicUrl: 'https://tripline.example',
    callTimeoutMs: 5_000,
    now: () => new Date(),
    log,
    concurrency: 4,
    pollIntervalMs: 60_000,
  })
  stack.defer(() => engine.stop())
})
afterAll(() => stack.disposeAsync())

const ERROR = 'error { __typename code message ... on InvalidInput { issues { path message } } }'
const LINK = `ticketLink { id state syncState ticketKey reason { code } connection { name } } ${ERROR}`

async function connect(name: string, rules: readonly object[]): Promise<string> {
  const { createTicketingConnection: created } = await server.query(
    `mutation ($input: CreateTicketingConnectionInput!) {
      createTicketingConnection(input: $input) { connection { id } ${ERROR} }
    }`,
    {
      input: {
        name,
        plugin: 'jira',
        settings: {
          deployment: 'cloud',
          baseUrl: jira.url,
          email: 'tripline@example.com',
          apiToken: TOKEN,
          projectKey: 'SEC',
          issueType: 'Task',
        },
        rules,
      },
    },
  )
  expect(created.error).toBeNull()
  return created.connection.id
}

async function mutate(name: string, variables: object, selection = LINK) {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}Input`
  const inputType =
    { CreateTicketInput: 'TicketPlaceInput', PreviewTicketInput: 'TicketPlaceInput' }[type] ?? type
  const held = name.endsWith('HeldTickets') ? 'HeldTicketsInput' : inputType
  const data = await server.query(`mutation ($input: ${held}!) { ${name}(input: $input) { ${selection} } }`, {
    input: variables,
  })
  return data[name]
}

async function byId(name: string, argument: string, id: string, selection = LINK) {
  return (await server.query(`mutation ($id: ID!) { ${name}(${argument}: $id) { ${selection} } }`, { id }))[
    name
  ]
}

interface SeenDetection {
  readonly ticketId: string | null
  readonly ticketLinks: readonly { readonly state: string }[]
}

async function links(detectionId: string): Promise<SeenDetection> {
  const { detection }: { detection: SeenDetection } = await server.query(
    `query ($id: DetectionId!) { detection(detectionId: $id) { ticketId ticketUrl ticketLinks { id state syncState ticketKey connection { name } } } }`,
    { id: detectionId },
  )
  return detection
}

test('a ticket is previewed, created, unlinked, and linked again by its address', async () => {
  const [detectionId = ''] = await server.ingest({ title: 'Seen over GraphQL', riskScore: 50 })
  const place = { detectionId, connectionId: first }
  const preview = await mutate('previewTicket', place, `request ${ERROR}`)
  expect(preview).toMatchObject({ error: null, request: { fields: { summary: 'Seen over GraphQL' } } })
  expect(jira.issues()).toHaveLength(0)

  const created = await mutate('createTicket', place)
  expect(created).toMatchObject({
    error: null,
    ticketLink: { state: 'CREATING', connection: { name: 'First' } },
  })
  await expect
    .poll(() => links(detectionId))
    .toMatchObject({ ticketId: 'SEC-1', ticketLinks: [{ state: 'ACTIVE', syncState: 'IN_SYNC' }] })
  expect(await mutate('createTicket', place)).toMatchObject({
    ticketLink: null,
    error: { __typename: 'Refusal', code: 'TICKET_LINK_EXISTS' },
  })

  const unlinked = await byId('unlinkTicket', 'linkId', created.ticketLink.id)
  expect(unlinked.ticketLink).toMatchObject({ state: 'DETACHED', reason: { code: 'UNLINKED' } })
  const linked = await mutate('linkTicket', { ...place, reference: `${jira.url}/browse/SEC-1` })
  expect(linked).toMatchObject({ error: null, ticketLink: { state: 'ACTIVE', ticketKey: 'SEC-1' } })
  expect(await byId('retryTicketSync', 'linkId', linked.ticketLink.id)).toMatchObject({ error: null })
})

test('what cannot be linked says why, and nothing is stored', async () => {
  const [detectionId = ''] = await server.ingest({})
  const link = (reference: string) => mutate('linkTicket', { detectionId, connectionId: first, reference })
  expect(await link('  ')).toMatchObject({
    error: { code: 'INVALID_INPUT', issues: [{ path: 'reference' }] },
  })
  expect((await link('https://elsewhere.example/browse/SEC-1')).error).not.toBeNull()
  expect((await link('SEC-4711')).error).not.toBeNull()
  expect((await links(detectionId)).ticketLinks).toEqual([])
})

test('a connection is checked against the live system', async () => {
  const checked = await byId(
    'checkTicketingConnection',
    'id',
    first,
    `connection { lastCheck { product findings { severity subject remedy } } } ${ERROR}`,
  )
  expect(checked.error).toBeNull()
  const { product, findings } = checked.connection.lastCheck
  expect(product).toContain('Jira')
  expect(findings.map(({ severity }: { severity: string }) => severity)).not.toContain('error')
})

test('a connection says whether it is listened to, and why not', async () => {
  const watch = async (): Promise<unknown> => {
    const selection = 'watch { since lastHeardAt lastChangeAt lastError { code message } nextAttemptAt }'
    const { ticketingConnections } = await server.query(`{ ticketingConnections { name ${selection} } }`)
    return ticketingConnections.find(({ name }: { name: string }) => name === 'First').watch
  }
  expect(await watch()).toBeNull()
  await sql`
    insert into connection_watches (connection_id, watched_since, last_heard_at)
    select connection_id, '2026-11-20T14:00:00Z', '2026-11-20T14:05:00Z'
    from ticketing_connections where name = 'First'`.execute(server.database)
  expect(await watch()).toEqual({
    since: '2026-11-20T14:00:00.000Z',
    lastHeardAt: '2026-11-20T14:05:00.000Z',
    lastChangeAt: null,
    lastError: null,
    nextAttemptAt: null,
  })
  await sql`
    update connection_watches set watched_since = null, not_before = '2026-11-20T14:06:00Z',
      last_error = '{"code": "UNAVAILABLE", "message": "No answer.", "at": "2026-11-20T14:05:10Z"}'`.execute(
    server.database,
  )
  expect(await watch()).toMatchObject({
    since: null,
    lastError: { code: 'UNAVAILABLE', message: 'No answer.' },
    nextAttemptAt: '2026-11-20T14:06:00.000Z',
  })
})

test('held tickets are released or dropped, and what stopped is tried again', async () => {
  const ids = await server.ingest({ riskScore: 99 }, { riskScore: 99 }, { riskScore: 99 })
  const states = async () =>
    (await Promise.all(ids.map(links))).map(({ ticketLinks: [link] }) => link?.state ?? '').toSorted()
  await expect.poll(states).toEqual(['ACTIVE', 'HELD', 'HELD'])
  const batch = `count ${ERROR}`
  const released = await mutate('releaseHeldTickets', { connectionId: first, rule: 'few', limit: 1 }, batch)
  expect(released).toEqual({ count: 1, error: null })
  const dropped = await mutate('dropHeldTickets', { connectionId: first, rule: 'few' }, batch)
  expect(dropped).toEqual({ count: 1, error: null })
  await expect.poll(states).toEqual(['ACTIVE', 'ACTIVE', 'DETACHED'])
  const retried = await mutate('retryTicketSyncs', { connectionId: first }, batch)
  expect(retried).toEqual({ count: 0, error: null })
})

test('tickets are moved to another connection, after a look at what that does', async () => {
  const [detectionId = ''] = await server.ingest({ title: 'To be moved', riskScore: 40 })
  await mutate('createTicket', { detectionId, connectionId: first })
  await expect.poll(() => links(detectionId)).toMatchObject({ ticketLinks: [{ syncState: 'IN_SYNC' }] })
  const selection = `preview { links alreadyThere closedLeft } move { id from to state } ${ERROR}`
  const plan = { fromConnectionId: first, toConnectionId: second }
  const looked = await mutate('moveTickets', { ...plan, dryRun: true }, selection)
  expect(looked).toMatchObject({ move: null, error: null, preview: { alreadyThere: 0, closedLeft: 0 } })
  expect(looked.preview.links).toBeGreaterThan(0)

  const begun = await mutate('moveTickets', plan, selection)
  expect(begun).toMatchObject({ error: null, move: { from: 'First', to: 'Second', state: 'RUNNING' } })
  const moves = async () => (await server.query(`{ ticketMoves { id state moved left } }`)).ticketMoves
  await expect
    .poll(moves)
    .toEqual([{ id: begun.move.id, state: 'DONE', moved: looked.preview.links, left: 0 }])
  await expect
    .poll(async () => (await links(detectionId)).ticketLinks)
    .toMatchObject([
      { state: 'ACTIVE', syncState: 'IN_SYNC', connection: { name: 'Second' } },
      { state: 'DETACHED', connection: { name: 'First' } },
    ])
  const stopped = await byId('stopTicketMove', 'id', begun.move.id, `move { state } ${ERROR}`)
  expect(stopped).toEqual({ move: { state: 'DONE' }, error: null })
  expect(await byId('stopTicketMove', 'id', 'nothing', `move { id } ${ERROR}`)).toMatchObject({
    error: { code: 'NOT_FOUND' },
  })
})

test('analysts work on tickets, and only administrators on connections', async () => {
  const analyst = await server.key('analyst', 'grace')
  const query = `mutation { moveTickets(input: { fromConnectionId: "a", toConnectionId: "b" }) { ${ERROR} } }`
  const { errors } = await server.request(query, { key: analyst })
  expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' })
})
