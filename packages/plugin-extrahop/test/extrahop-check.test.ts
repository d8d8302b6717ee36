import { describe, expect, it } from 'vitest'
import { call, connect, detection, startAppliance, type Given } from './appliance.ts'

const healthy: Readonly<Record<string, Given>> = {
  'GET /api/v1/extrahop': {
    status: 200,
    body: { version: '9.8.1.1', platform: 'extrahop', hostname: 'eda', display_host: 'eda.example.org' },
  },
  'GET /api/v1/extrahop/version': { status: 200, body: { version: '9.8.1.1' } },
  'GET /api/v1/extrahop/ticketing': {
    status: 200,
    body: { external_ticketing_enabled: true, internal_ticketing_enabled: false, url_template: null },
  },
  'POST /api/v1/detections/search': { status: 200, body: [detection(7, 9)] },
  'PATCH /api/v1/detections/7': { status: 204 },
  'GET /api/v1/appliances': { status: 200, body: [{ display_name: 'eda', managed_by_local: false }] },
}

async function check(changes: Readonly<Record<string, Given>> = {}) {
  await using appliance = await startAppliance(({ method, path }) => {
    const answers: Readonly<Record<string, Given>> = { ...healthy, ...changes }
    return answers[`${method} ${path}`] ?? { status: 404, body: { error_message: 'no such route' } }
  })
  const report = await connect(appliance.url).check(call)
  const found = Object.fromEntries(report.findings.map((finding) => [finding.subject, finding]))
  return { report, found, requests: appliance.requests }
}

describe('a check', () => {
  it('of a sensor that is as it should be finds nothing wrong, and changes nothing', async () => {
    const { report, requests } = await check()
    expect(report.product).toBe('ExtraHop extrahop 9.8.1.1')
    expect(report.findings.map(({ severity, subject }) => `${subject} ${severity}`)).toEqual([
      'connection ok',
      'version ok',
      'tracking ok',
      'search ok',
      'write ok',
    ])
    expect(requests.filter(({ method }) => method === 'PATCH').map(({ body }) => body as unknown)).toEqual([
      {},
    ])
  })

  it.each([
    [
      'that ticket tracking is off, by the name of the sensor',
      {
        'GET /api/v1/extrahop/ticketing': {
          status: 200,
          body: { external_ticketing_enabled: false, internal_ticketing_enabled: true },
        },
      },
      'tracking',
      'error',
      /off on eda\.example\.org; only its own users/u,
    ],
    [
      'that it may not see whether ticket tracking is on',
      { 'GET /api/v1/extrahop/ticketing': { status: 403, body: { error_message: 'no' } } },
      'tracking',
      'warning',
      /may not see/u,
    ],
    [
      'old firmware',
      { 'GET /api/v1/extrahop/version': { status: 200, body: { version: '8.9.3' } } },
      'version',
      'error',
      /8\.9\.3/u,
    ],
    [
      'a firmware that sorts before the oldest',
      { 'GET /api/v1/extrahop/version': { status: 200, body: { version: '26.3.0' } } },
      'version',
      'ok',
      /26\.3\.0/u,
    ],
    [
      'a version that tells nothing',
      { 'GET /api/v1/extrahop/version': { status: 200, body: { version: 'dev' } } },
      'version',
      'warning',
      /dev/u,
    ],
    [
      'a key that may not write',
      { 'PATCH /api/v1/detections/7': { status: 403, body: { error_message: 'no' } } },
      'write',
      'error',
      /not track/u,
    ],
    [
      'a key that may write, where an empty change is refused',
      { 'PATCH /api/v1/detections/7': { status: 422, body: { error_message: 'ticket_id is required' } } },
      'write',
      'ok',
      /may track/u,
    ],
    [
      'a sensor without detections',
      { 'POST /api/v1/detections/search': { status: 200, body: [] } },
      'write',
      'warning',
      /no detection yet/u,
    ],
    [
      'a key that may not search',
      { 'POST /api/v1/detections/search': { status: 403, body: { error_message: 'no' } } },
      'search',
      'error',
      /403/u,
    ],
    [
      'a bad key',
      { 'GET /api/v1/extrahop': { status: 401, body: { error_message: 'bad' } } },
      'credentials',
      'error',
      /does not take/u,
    ],
    [
      'a licence agreement that nobody accepted',
      { 'GET /api/v1/extrahop': { status: 402, body: { error_message: 'EULA' } } },
      'connection',
      'error',
      /licence/u,
    ],
    [
      'something else at the address',
      { 'GET /api/v1/extrahop': { status: 200, body: '<html></html>' } },
      'connection',
      'error',
      /no JSON/u,
    ],
    [
      'the sensors of a console, each by its name',
      {
        'GET /api/v1/appliances': {
          status: 200,
          body: [
            { display_name: 'eda-berlin', managed_by_local: true },
            { hostname: 'exa', managed_by_local: false },
          ],
        },
      },
      'sensor:eda-berlin',
      'warning',
      /console of eda-berlin/u,
    ],
  ] as const)('finds %s', async (_, changes, subject, severity, message) => {
    const { found } = await check(changes)
    expect(found[subject]).toMatchObject({ severity, message })
    if (severity !== 'ok') expect(found[subject]?.remedy).toMatch(/\w/u)
  })

  it('finds an appliance that cannot be reached', async () => {
    const appliance = await startAppliance(() => ({ status: 200 }))
    await appliance[Symbol.asyncDispose]()
    const { findings } = await connect(appliance.url).check(call)
    expect(findings).toMatchObject([{ severity: 'error', subject: 'connection' }])
  })
})
