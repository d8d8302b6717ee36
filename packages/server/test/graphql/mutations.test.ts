import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { updateTrackingSettings } from '../../src/tracking/tracking-settings.ts'
import { origin, startGraphqlServer, type GraphqlServer } from './graphql-server.ts'

let server: GraphqlServer
beforeAll(async () => {
  server = await startGraphqlServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const TRACK = `mutation M($input: UpdateDetectionTrackingInput!) { updateDetectionTracking(input: $input) {
  error { __typename code message ... on InvalidInput { issues { path message } } }
  results { detectionId changed detection { status resolution version assignee { username isExternal } }
    error { __typename code ... on InvalidStatusTransition { from to allowed } ... on VersionConflict { expectedVersion currentVersion } ... on DetectionNotFound { detectionId } } }
} }`

async function track(input: object) {
  return (await server.query(TRACK, { input })).updateDetectionTracking
}

describe('updateDetectionTracking', () => {
  it('changes many at once; what is refused does not keep the rest from being changed', async () => {
    const [one = '', two = ''] = await server.ingest({}, {})
    const { results, error } = await track({
      detectionIds: [one, '999', two],
      status: 'CLOSED',
      resolution: 'NO_ACTION_TAKEN',
      assignee: 'ada',
    })
    expect(error).toBeNull()
    const detection = {
      status: 'CLOSED',
      resolution: 'NO_ACTION_TAKEN',
      version: 2,
      assignee: { username: 'ada', isExternal: false },
    }
    expect(results).toEqual([
      { detectionId: one, changed: true, detection, error: null },
      {
        detectionId: '999',
        changed: false,
        detection: null,
        error: { __typename: 'DetectionNotFound', code: 'DETECTION_NOT_FOUND', detectionId: '999' },
      },
      { detectionId: two, changed: true, detection, error: null },
    ])
  })

  it('takes a change each, and says what would have been allowed', async () => {
    const [one = '', two = '', three = ''] = await server.ingest({}, {}, {})
    const { results } = await track({
      items: [
        { detectionId: one, status: 'NEW' },
        { detectionId: two, assignee: 'zoe', expectedVersion: 7 },
        { detectionId: three, resolution: 'ACTION_TAKEN' },
        { detectionId: one, assignee: 'nobody here' },
        { detectionId: one, assignee: null },
      ],
    })
    expect(results.map(({ error }: { error: unknown }) => error)).toEqual([
      {
        __typename: 'InvalidStatusTransition',
        code: 'INVALID_STATUS_TRANSITION',
        from: 'OPEN',
        to: 'NEW',
        allowed: ['ACKNOWLEDGED', 'IN_PROGRESS', 'CLOSED'],
      },
      { __typename: 'VersionConflict', code: 'VERSION_CONFLICT', expectedVersion: 7, currentVersion: 1 },
      { __typename: 'Refusal', code: 'RESOLUTION_NOT_ALLOWED' },
      null,
      null,
    ])
  })

  it.each([
    [{}, 'detectionIds'],
    [{ detectionIds: ['1'], items: [] }, 'items'],
    [{ detectionIds: ['1'], status: null }, 'status'],
    [{ detectionIds: ['1'], assignee: ' ' }, 'assignee'],
    [{ detectionIds: Array.from({ length: 1_001 }, (_, index) => String(index + 1)) }, 'detectionIds'],
  ])('refuses the whole input when it makes no sense: %#', async (input, path) => {
    const { results, error } = await track(input)
    expect(results).toEqual([])
    expect(error).toMatchObject({ __typename: 'InvalidInput', code: 'INVALID_INPUT', issues: [{ path }] })
  })

  it('loads all that is selected of many results with one statement', async () => {
    const ids = await server.ingest(...Array.from({ length: 20 }, () => ({})))
    const statements = vi.spyOn(server.database.pool, 'query')
    const { results } = await track({ detectionIds: ids, status: 'IN_PROGRESS' })
    const loads = statements.mock.calls.filter(([statement]) =>
      JSON.stringify(statement).includes('json_object_agg'),
    )
    statements.mockRestore()
    expect(loads).toHaveLength(1)
    expect(results.map(({ detection }: { detection: { status: string } }) => detection.status)).toEqual(
      ids.map(() => 'IN_PROGRESS'),
    )
  })
})

describe('ingestDetections', () => {
  const INGEST = `mutation M($input: IngestDetectionsInput!) { ingestDetections(input: $input) { error { code } results { index outcome detection { title source } error { code ... on InvalidInput { issues { path message } } } } } }`

  it('stores what is good and reports the rest by its place', async () => {
    const detection = {
      externalId: 'g1',
      title: 'From GraphQL',
      type: 'a_type',
      startTime: '2026-11-20T14:00:00+01:00',
      participants: [{ id: 4, role: 'OFFENDER', objectValue: '10.0.0.1' }],
      properties: { a: [1, { b: null }] },
    }
    const input = {
      source: 'gql',
      detections: [
        detection,
        { ...detection, externalId: 'g2', riskScore: 100, title: '' },
        { ...detection, externalId: 'g3' },
      ],
    }
    const { ingestDetections } = await server.query(INGEST, { input })
    expect(ingestDetections).toEqual({
      error: null,
      results: [
        { index: 0, outcome: 'CREATED', detection: { title: 'From GraphQL', source: 'gql' }, error: null },
        {
          index: 1,
          outcome: null,
          detection: null,
          error: {
            code: 'INVALID_INPUT',
            issues: expect.arrayContaining([
              expect.objectContaining({ path: 'riskScore' }),
              expect.objectContaining({ path: 'title' }),
            ]),
          },
        },
        { index: 2, outcome: 'CREATED', detection: { title: 'From GraphQL', source: 'gql' }, error: null },
      ],
    })
    const again = await server.query(INGEST, { input })
    expect(again.ingestDetections.results.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      'UNCHANGED',
      null,
      'UNCHANGED',
    ])
    const { detections } = await server.query(
      '{ detections(filter: { sources: ["gql"], participant: { address: "10.0.0.0/8" } }) { nodes { startTime properties participants { id role } } } }',
    )
    expect(detections.nodes[0]).toEqual({
      startTime: '2026-11-20T13:00:00.000Z',
      properties: { a: [1, { b: null }] },
      participants: [{ id: '4', role: 'OFFENDER' }],
    })
  })

  it('refuses a source without a name', async () => {
    expect(
      (await server.query(INGEST, { input: { source: ' ', detections: [] } })).ingestDetections.error.code,
    ).toBe('INVALID_INPUT')
  })
})

describe('notes', () => {
  it('are added and shown, or refused', async () => {
    const [id = ''] = await server.ingest({})
    const ADD = `mutation M($input: AddDetectionNoteInput!) { addDetectionNote(input: $input) { note { author text visibility } detection { notes { totalCount } } error { code } } }`
    expect(
      (await server.query(ADD, { input: { detectionId: id, text: 'Looked at *it*' } })).addDetectionNote,
    ).toEqual({
      note: { author: 'ada', text: 'Looked at *it*', visibility: 'INTERNAL' },
      detection: { notes: { totalCount: 1 } },
      error: null,
    })
    expect(
      (await server.query(ADD, { input: { detectionId: '12345', text: 'x' } })).addDetectionNote,
    ).toEqual({ note: null, detection: null, error: { code: 'DETECTION_NOT_FOUND' } })
  })
})

describe('node', () => {
  it('finds what has an id, with what its own type has', async () => {
    const [id = ''] = await server.ingest({ title: 'By its id' })
    const query = `query Q($id: ID!) { node(id: $id) { __typename id ... on Detection { title notes { totalCount } } } }`
    expect((await server.query(query, { id: `Detection:${id}` })).node).toEqual({
      __typename: 'Detection',
      id: `Detection:${id}`,
      title: 'By its id',
      notes: { totalCount: 0 },
    })
    for (const other of [
      'Detection:99',
      'Detection:x',
      'TicketLink:x',
      'TicketLink:00000000-0000-4000-8000-000000000000',
      'nonsense',
      '',
    ]) {
      expect((await server.query(query, { id: other })).node).toBeNull()
    }
  })
})

describe('tracking settings', () => {
  const UPDATE = `mutation M($input: UpdateTrackingSettingsInput!) { updateTrackingSettings(input: $input) { settings { mode externalTracking ticketUrlTemplate } conversion { statusesConverted linksDetached linksReattachable } error { code ... on InvalidInput { issues { path } } } } }`

  it('are tried out, changed and refused', async () => {
    await using other = await startGraphqlServer()
    const update = async (input: object) => (await other.query(UPDATE, { input })).updateTrackingSettings
    expect((await update({ externalTracking: true, dryRun: true })).settings.mode).toBe('BOTH')
    expect((await other.query('{ trackingSettings { mode } }')).trackingSettings.mode).toBe('INTERNAL')
    expect(
      (await update({ externalTracking: true, ticketUrlTemplate: 'https://t.example/$ticket_id' })).settings
        .mode,
    ).toBe('BOTH')
    expect((await update({ ticketUrlTemplate: 'javascript:$ticket_id' })).error).toEqual({
      code: 'INVALID_SETTINGS',
      issues: [{ path: 'ticketUrlTemplate' }],
    })
    const [id = ''] = await other.ingest({ tracking: { status: 'new' } })
    expect((await update({ externalTracking: false, dryRun: true })).conversion.statusesConverted).toBe(1)
    expect((await other.query(`{ detection(detectionId: ${id}) { status } }`)).detection.status).toBe('NEW')
    await updateTrackingSettings(
      other.database,
      {
        transitions: {
          open: ['closed'],
          new: ['closed'],
          acknowledged: ['closed'],
          in_progress: ['closed', 'acknowledged'],
          closed: ['in_progress'],
        },
      },
      { reattach: false },
      origin,
    )
    const { trackingSettings } = await other.query('{ trackingSettings { transitions { from to } } }')
    expect(trackingSettings.transitions).toContainEqual({ from: 'CLOSED', to: ['IN_PROGRESS'] })
  })
})

describe('API keys', () => {
  it('are made, shown once, listed and revoked', async () => {
    const { createApiKey } = await server.query(
      'mutation { createApiKey(input: { name: "CI", role: INTEGRATION }) { key apiKey { keyId name role prefix } error { code } } }',
    )
    expect(createApiKey).toMatchObject({ error: null, apiKey: { name: 'CI', role: 'INTEGRATION' } })
    expect(
      (await server.request('{ viewer { name role username } }', { key: createApiKey.key })).data.viewer,
    ).toEqual({ name: 'CI', role: 'INTEGRATION', username: null })
    const { revokeApiKey } = await server.query(
      `mutation { revokeApiKey(keyId: "${createApiKey.apiKey.keyId}") { apiKey { revokedAt } error { code } } }`,
    )
    expect(revokeApiKey).toEqual({ apiKey: { revokedAt: expect.stringMatching(/Z$/u) }, error: null })
    expect((await server.request('{ viewer { name } }', { key: createApiKey.key })).status).toBe(401)
  })
})

describe('ticketing connections', () => {
  it('are refused with every problem of their settings, and never show a secret', async () => {
    const CREATE = `mutation M($input: CreateTicketingConnectionInput!) { createTicketingConnection(input: $input) { connection { id name settings secretNames webhookPath } webhookSecret error { code ... on InvalidInput { issues { path } } } } }`
    const bad = await server.query(CREATE, { input: { name: 'Jira', plugin: 'jira', settings: {} } })
    expect(bad.createTicketingConnection.error.code).toBe('INVALID_SETTINGS')
    expect(bad.createTicketingConnection.error.issues.length).toBeGreaterThan(0)
    const { ticketingPlugins } = await server.query('{ ticketingPlugins { name title settingsSchema } }')
    expect(ticketingPlugins).toContainEqual({
      name: 'jira',
      title: 'Jira',
      settingsSchema: expect.objectContaining({ type: 'object' }),
    })
    expect(
      (await server.query('mutation { retryTicketSync(linkId: "TicketLink:x") { error { code } } }'))
        .retryTicketSync.error.code,
    ).toMatch(/NOT_FOUND|INVALID_INPUT/u)
  })
})
