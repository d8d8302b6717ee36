import { expect, test } from 'vitest'
import { enqueueMessages } from '../../src/streams/enqueue-messages.ts'
import { startGraphqlServer, type GraphqlServer } from './graphql-server.ts'

const settings = {
  host: '127.0.0.1',
  port: 1,
  protocol: 'http',
  authentication: { auth_type: 'basic', username: 'sam', password: 'hidden-word' },
}
const CREATE = `mutation ($input: CreateStreamTargetInput!) {
  createStreamTarget(input: $input) {
    target { id kind name settings secretNames enabled maxWaiting maxAttempts version }
    error { code message ... on InvalidInput { issues { path } } }
  }
}`

async function create(server: GraphqlServer, name = 'siem'): Promise<string> {
  const input = { kind: 'HTTP', name, settings, maxAttempts: 3 }
  const { createStreamTarget } = await server.query(CREATE, { input })
  expect(createStreamTarget.error).toBeNull()
  return createStreamTarget.target.id
}

test('a target is made, changed without its secrets being given again, checked and deleted', async () => {
  await using server = await startGraphqlServer()
  const id = await create(server)
  const updated = await server.query(
    `mutation ($input: UpdateStreamTargetInput!) {
      updateStreamTarget(input: $input) { target { settings secretNames version maxWaiting } error { code } }
    }`,
    { input: { id, settings: { port: 2 }, maxWaiting: 5, expectedVersion: 1 } },
  )
  expect(updated.updateStreamTarget).toEqual({
    target: {
      settings: {
        host: '127.0.0.1',
        port: 2,
        protocol: 'http',
        authentication: { auth_type: 'basic', username: 'sam' },
      },
      secretNames: ['authentication.password'],
      version: 2,
      maxWaiting: 5,
    },
    error: null,
  })
  const checked = await server.query(
    `mutation ($id: ID!) {
      checkStreamTarget(id: $id) { passed target { lastCheck { findings { severity subject message } } } }
    }`,
    { id },
  )
  expect(checked.checkStreamTarget.passed).toBe(false)
  expect(checked.checkStreamTarget.target.lastCheck.findings[0].message).toContain('ECONNREFUSED')
  const stale = await server.query(
    `mutation ($id: ID!) { updateStreamTarget(input: { id: $id, enabled: false, expectedVersion: 1 }) { error { code } } }`,
    { id },
  )
  expect(stale.updateStreamTarget.error.code).toBe('VERSION_CONFLICT')
  const deleted = await server.query(
    `mutation ($id: ID!) { deleteStreamTarget(id: $id) { deletedId messageCount error { code } } }`,
    { id },
  )
  expect(deleted.deleteStreamTarget).toEqual({ deletedId: id, messageCount: 0, error: null })
  expect(await server.query('{ streamTargets { id } }')).toEqual({ streamTargets: [] })
})

test('secrets are kept sealed, and shown nowhere', async () => {
  await using server = await startGraphqlServer()
  const id = await create(server)
  const answer = await server.request(
    'query ($id: ID!) { streamTarget(id: $id) { settings secretNames } streamPlugins { kind settingsSchema } }',
    { variables: { id } },
  )
  expect(answer.text).not.toContain('hidden-word')
  const kinds = answer.data.streamPlugins.map(({ kind }: { kind: string }) => kind)
  expect(kinds).toEqual(['HTTP', 'SYSLOG', 'RAW'])
  const [row] = await server.database.selectFrom('stream_targets').selectAll().execute()
  expect(row?.secrets['authentication.password']).toMatch(/^v1:|^1:|:/u)
  expect(JSON.stringify(row)).not.toContain('hidden-word')
})

test('what waits and what was put aside is counted, shown in pages, and can be replayed or dropped', async () => {
  await using server = await startGraphqlServer()
  const id = await create(server)
  const message = { kind: 'http', method: 'GET', path: '/', headers: {}, payload: null, reply: null } as const
  await server.database.transaction().execute((transaction) =>
    enqueueMessages(
      transaction,
      [1, 2, 3, 4].map((number) => ({
        target: { kind: 'http', name: 'siem' },
        message: { ...message, path: `/${number}` },
        source: { number },
      })),
    ),
  )
  await server.database
    .updateTable('stream_messages')
    .set({ state: 'dead', fault: 'The target answered 422.', dead_at: new Date() })
    .where('message_id', 'in', ['1', '2'])
    .execute()
  const LOOK = `query ($id: ID!, $after: String) {
    streamTarget(id: $id) {
      waitingCount deadCount oldestWaitingAt
      messages(state: DEAD, first: 1, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } nodes { messageId message source fault attempts }
      }
    }
  }`
  const first = await server.query(LOOK, { id })
  expect(first.streamTarget).toMatchObject({ waitingCount: 2, deadCount: 2 })
  expect(first.streamTarget.messages).toMatchObject({
    totalCount: 2,
    pageInfo: { hasNextPage: true },
    nodes: [{ messageId: '1', source: { number: 1 }, fault: 'The target answered 422.' }],
  })
  const second = await server.query(LOOK, { id, after: first.streamTarget.messages.pageInfo.endCursor })
  expect(second.streamTarget.messages.nodes).toMatchObject([{ messageId: '2', message: { path: '/2' } }])
  const DECIDE = (name: string): string => `mutation ($input: StreamMessagesInput!) {
    ${name}(input: $input) { messageCount target { waitingCount deadCount } error { code } }
  }`
  const replayed = await server.query(DECIDE('replayStreamMessages'), {
    input: { targetId: id, messageIds: ['1', '3'] },
  })
  expect(replayed.replayStreamMessages).toEqual({
    messageCount: 1,
    target: { waitingCount: 3, deadCount: 1 },
    error: null,
  })
  const dropped = await server.query(DECIDE('dropStreamMessages'), { input: { targetId: id } })
  expect(dropped.dropStreamMessages).toMatchObject({
    messageCount: 1,
    target: { waitingCount: 3, deadCount: 0 },
  })
  const kinds = await server.database
    .selectFrom('detection_events')
    .select('kind')
    .orderBy('event_id')
    .execute()
  expect(kinds.map(({ kind }) => kind).filter((kind) => kind.startsWith('STREAM'))).toEqual([
    'STREAM_TARGET_CREATED',
    'STREAM_MESSAGES_REPLAYED',
    'STREAM_MESSAGES_DROPPED',
  ])
})

test('only administrators see targets', async () => {
  await using server = await startGraphqlServer()
  const id = await create(server)
  for (const role of ['analyst', 'viewer', 'integration'] as const) {
    const key = await server.key(role, role === 'integration' ? undefined : role)
    for (const query of ['{ streamTargets { name } }', `{ streamTarget(id: "${id}") { name } }`]) {
      const { errors, data } = await server.request(query, { key })
      expect(errors[0]?.extensions?.['code']).toBe('FORBIDDEN')
      expect(data?.streamTarget ?? data?.streamTargets ?? null).toBeNull()
    }
  }
})

test('settings that cannot be are refused with every reason', async () => {
  await using server = await startGraphqlServer()
  const bad = { kind: 'HTTP', name: 'a/b', settings: { host: 'x y', protocol: 'http' } }
  const { createStreamTarget } = await server.query(CREATE, { input: { ...bad, name: 'good' } })
  expect(createStreamTarget.error.code).toBe('INVALID_SETTINGS')
  expect(createStreamTarget.error.issues).toEqual([{ path: 'host' }, { path: 'port' }])
  const named = await server.query(CREATE, { input: { ...bad, settings } })
  expect(named.createStreamTarget.error.issues).toEqual([{ path: 'name' }])
  const kafka = await server.query(CREATE, { input: { kind: 'KAFKA', name: 'k', settings: {} } })
  expect(kafka.createStreamTarget.error.message).toContain('tripline plugin add @tripline/plugin-kafka')
})
