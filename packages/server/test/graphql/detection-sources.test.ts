import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { record, startRestApp, type RestApp } from '../extrahop/rest-app.ts'
import { startGraphqlServer, type GraphqlServer } from './graphql-server.ts'

const stack = new AsyncDisposableStack()
let server: GraphqlServer
let sensor: RestApp
let key: string

beforeAll(async () => {
  server = stack.use(await startGraphqlServer())
  sensor = stack.use(await startRestApp())
  key = await sensor.key('integration')
  await sensor.ingest(record(1))
  await server.query(
    `mutation { updateTrackingSettings(input: { externalTracking: true }) { error { message } } }`,
  )
})
afterAll(() => stack.disposeAsync())

const SOURCE = `source {
  id name plugin settings secretNames conflicts pollIntervalSeconds requestsPerMinute state version
  pausedReason { code message } lastError { code } cursorAgeSeconds polledUpTo linkCounts { syncState count }
  lastCheck { product findings { severity subject message remedy } }
}`
const ERROR = 'error { __typename code message ... on InvalidInput { issues { path } } }'

async function create(name: string, input: object = {}) {
  const settings = { baseUrl: sensor.app.url, apiKey: key }
  const { createDetectionSource: created } = await server.query(
    `mutation ($input: CreateDetectionSourceInput!) { createDetectionSource(input: $input) { ${SOURCE} ${ERROR} } }`,
    { input: { name, plugin: 'extrahop', settings, ...input } },
  )
  return created
}

async function check(id: string) {
  const { checkDetectionSource: checked } = await server.query(
    `mutation ($id: ID!) { checkDetectionSource(id: $id) { passed ${SOURCE} ${ERROR} } }`,
    { id },
  )
  return checked
}

describe('sources of detections', () => {
  it('are created with what the plugin asks for, and never show secrets', async () => {
    const { sourcePlugins } = await server.query('{ sourcePlugins { name title settingsSchema } }')
    expect(sourcePlugins).toMatchObject([{ name: 'extrahop', title: 'ExtraHop' }])
    const { source, error } = await create('berlin', { pollIntervalSeconds: 60, requestsPerMinute: 0 })
    expect(error).toBeNull()
    expect(source).toMatchObject({
      name: 'berlin',
      settings: { baseUrl: sensor.app.url },
      secretNames: ['apiKey'],
      conflicts: 'PREFER_TRIPLINE',
      pollIntervalSeconds: 60,
      requestsPerMinute: null,
      state: 'STARTING',
      cursorAgeSeconds: null,
    })
    expect(JSON.stringify(source)).not.toContain(key)
    const { rows } = await server.database.pool.query(`select secrets::text from detection_sources`)
    expect(JSON.stringify(rows)).not.toContain(key)
  })

  it('are refused with where what cannot be', async () => {
    expect((await create('berlin')).error).toMatchObject({ issues: [{ path: 'name' }] })
    expect((await create('a', { plugin: 'none' })).error).toMatchObject({ issues: [{ path: 'plugin' }] })
    expect((await create('a', { settings: { baseUrl: sensor.app.url } })).error).toMatchObject({
      __typename: 'InvalidInput',
      code: 'INVALID_SETTINGS',
      issues: [{ path: 'apiKey' }],
    })
    expect((await create('a', { pollIntervalSeconds: 0 })).error).toMatchObject({
      issues: [{ path: 'pollIntervalSeconds' }],
    })
  })

  it('are managed by those who manage connections, and seen by all without settings', async () => {
    const viewer = await server.key('viewer')
    const { data } = await server.request('{ detectionSources { name state settings } }', { key: viewer })
    expect(data).toEqual({ detectionSources: [{ name: 'berlin', state: 'STARTING', settings: null }] })
    const { errors } = await server.request('mutation { deleteDetectionSource(id: "x") { deletedId } }', {
      key: await server.key('analyst'),
    })
    expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }])
  })

  it('are checked: a sensor that is as it should be, by a key that may write', async () => {
    const { source } = await create('checked')
    const checked = await check(source.id)
    expect(checked).toMatchObject({ passed: true, error: null })
    const { findings, product } = checked.source.lastCheck
    expect(product).toMatch(/^ExtraHop tripline \d/u)
    expect(findings.map(({ severity, subject }: Record<string, string>) => `${subject} ${severity}`)).toEqual(
      ['connection ok', 'version ok', 'tracking ok', 'search ok', 'write ok', 'external-tracking ok'],
    )
  })

  it('are checked: what is wrong is a finding that says what to do', async () => {
    const settings = { baseUrl: sensor.app.url, apiKey: await sensor.key('viewer') }
    const { source } = await create('wrong', { settings, paused: true })
    await sensor.track({ externalTracking: false })
    const checked = await check(source.id)
    await sensor.track({ externalTracking: true })
    expect(checked.passed).toBe(false)
    const errors = checked.source.lastCheck.findings.filter(
      ({ severity }: Record<string, string>) => severity === 'error',
    )
    const host = new URL(sensor.app.url).host
    expect(errors).toEqual([
      {
        severity: 'error',
        subject: 'tracking',
        message: `Ticket tracking is off on ${host}; only its own users track detections: it takes no ticket ids, and statuses may be refused.`,
        remedy: expect.stringContaining('enable external integrations') as string,
      },
      {
        severity: 'error',
        subject: 'write',
        message: `The credentials may read detections on ${host} but not track them.`,
        remedy: expect.stringContaining('limited write') as string,
      },
    ])
    // Somebody wants it so, whatever a check finds.
    expect(checked.source).toMatchObject({ state: 'PAUSED', pausedReason: { code: 'PAUSED' } })
  })

  it('are changed without giving secrets again, and by one person at a time', async () => {
    const { source } = await create('changed')
    const update = async (input: object) => {
      const { updateDetectionSource: updated } = await server.query(
        `mutation ($input: UpdateDetectionSourceInput!) { updateDetectionSource(input: $input) { ${SOURCE} ${ERROR} } }`,
        { input: { id: source.id, ...input } },
      )
      return updated
    }
    const { source: updated } = await update({
      settings: { riskScoreMin: 80 },
      conflicts: 'PREFER_SOURCE',
      expectedVersion: 1,
    })
    expect(updated).toMatchObject({
      settings: { baseUrl: sensor.app.url, riskScoreMin: 80 },
      secretNames: ['apiKey'],
      conflicts: 'PREFER_SOURCE',
      version: 2,
    })
    expect((await update({ expectedVersion: 1 })).error).toMatchObject({ code: 'VERSION_CONFLICT' })
    expect((await update({ settings: { apiKey: null } })).error).toMatchObject({ code: 'INVALID_SETTINGS' })
    expect((await check(source.id)).passed).toBe(true)
  })

  it('are paused, resumed and deleted, and the ledger knows by whom', async () => {
    const { source } = await create('paused')
    const act = async (name: string) =>
      (
        await server.query(`mutation ($id: ID!) { ${name}(id: $id) { ${SOURCE} ${ERROR} } }`, {
          id: source.id,
        })
      )[name]
    expect((await act('pauseDetectionSource')).source).toMatchObject({
      state: 'PAUSED',
      pausedReason: { code: 'PAUSED', message: 'Paused by ada.' },
    })
    expect((await act('resumeDetectionSource')).source).toMatchObject({ state: 'STARTING' })
    const { deleteDetectionSource: deleted } = await server.query(
      `mutation ($id: ID!) { deleteDetectionSource(id: $id) { deletedId ${ERROR} } }`,
      { id: source.id },
    )
    expect(deleted).toEqual({ deletedId: source.id, error: null })
    expect((await act('pauseDetectionSource')).error).toMatchObject({ code: 'NOT_FOUND' })
    const { rows } = await server.database.pool.query(
      `select kind, actor ->> 'name' as name from detection_events where change ->> 'source' = 'paused' order by event_id`,
    )
    expect(rows).toEqual(
      ['CREATED', 'PAUSED', 'RESUMED', 'DELETED'].map((what) => ({ kind: `SOURCE_${what}`, name: 'ada' })),
    )
  })
})
