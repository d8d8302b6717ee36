import { expect, test } from 'vitest'
import { startGraphqlServer } from './graphql-server.ts'

const create = `mutation ($input: CreateTriggerInput!) {
  createTrigger(input: $input) { trigger { triggerId name events disabled version } error { code ... on InvalidInput { issues { path message } } } }
}`
const input = (given: object = {}) => ({
  name: 'Tickets',
  script: `log(Detection.title); Remote.HTTP('ticket-server').post({path: '/', payload: Detection.title})`,
  events: ['DETECTION_UPDATE'],
  ...given,
})

test('creates, changes, lists and deletes triggers', async () => {
  await using server = await startGraphqlServer()
  const { createTrigger } = await server.query(create, { input: input() })
  expect(createTrigger).toMatchObject({
    trigger: { name: 'Tickets', events: ['DETECTION_UPDATE'], disabled: false, version: 1 },
    error: null,
  })
  const { triggerId } = createTrigger.trigger
  const update = `mutation ($input: UpdateTriggerInput!) {
    updateTrigger(input: $input) { trigger { name debug version } error { code } }
  }`
  expect(
    await server.query(update, { input: { triggerId, name: 'Renamed', debug: true, expectedVersion: 1 } }),
  ).toEqual({ updateTrigger: { trigger: { name: 'Renamed', debug: true, version: 2 }, error: null } })
  expect(await server.query(update, { input: { triggerId, name: 'x', expectedVersion: 1 } })).toEqual({
    updateTrigger: { trigger: null, error: { code: 'VERSION_CONFLICT' } },
  })
  expect(await server.query('{ triggers { name runs { outcome } pausedReason { code } } }')).toEqual({
    triggers: [{ name: 'Renamed', runs: [], pausedReason: null }],
  })
  const remove = `mutation ($id: ID!) { deleteTrigger(triggerId: $id) { deletedId error { code } } }`
  expect(await server.query(remove, { id: triggerId })).toEqual({
    deleteTrigger: { deletedId: triggerId, error: null },
  })
  expect(await server.query(remove, { id: triggerId })).toEqual({
    deleteTrigger: { deletedId: null, error: { code: 'NOT_FOUND' } },
  })
  expect(await server.query('query ($id: ID!) { trigger(triggerId: $id) { name } }', { id: 'x' })).toEqual({
    trigger: null,
  })
})

test('refuses a script that does not compile, and says where', async () => {
  await using server = await startGraphqlServer()
  const { createTrigger } = await server.query(create, { input: input({ script: 'const a =\n  "b\nc"' }) })
  expect(createTrigger).toMatchObject({
    trigger: null,
    error: {
      code: 'INVALID_INPUT',
      issues: [{ path: 'script', message: 'SyntaxError in line 2: unexpected end of string' }],
    },
  })
})

test('shows in a dry run what a script would do', async () => {
  await using server = await startGraphqlServer()
  const [detectionId] = await server.ingest({ title: 'Burst' })
  const dryRun = `mutation ($input: DryRunTriggerInput!) {
    dryRunTrigger(input: $input) {
      run { outcome error { name line } messages { target payload } refused { target reason } logs debug detections }
      error { code }
    }
  }`
  const script = `log(Detection.title); debug('seen'); Remote.HTTP('nowhere').get({path: '/'}); commitDetection('x', {title: 'T', description: 'D'}); null.x`
  expect(await server.query(dryRun, { input: { detectionId, script } })).toMatchObject({
    dryRunTrigger: {
      run: {
        outcome: 'FAILED',
        error: { name: 'TypeError', line: 1 },
        messages: [],
        refused: [{ target: 'nowhere', reason: 'There is no http target named "nowhere".' }],
        logs: ['Burst'],
        debug: ['seen'],
        detections: [{ type: 'x', title: 'T' }],
      },
      error: null,
    },
  })
  expect(await server.query(dryRun, { input: { detectionId: '1', script } })).toEqual({
    dryRunTrigger: { run: null, error: { code: 'DETECTION_NOT_FOUND' } },
  })
  const { detections } = await server.query('{ detections { nodes { type } } }')
  expect(detections.nodes).toHaveLength(1)
})

test.each(['analyst', 'viewer', 'integration'] as const)('refuses the role %s', async (role) => {
  await using server = await startGraphqlServer()
  const key = await server.key(role, role === 'integration' ? undefined : role)
  for (const query of ['{ triggers { name } }', 'mutation { deleteTrigger(triggerId: 1) { deletedId } }']) {
    const { errors } = await server.request(query, { key })
    expect(errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN' })
  }
})
