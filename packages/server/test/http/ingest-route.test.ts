import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from './test-app.ts'

/** A detection as the ExtraHop REST API has it. */
function extrahopDetection(id: number, changes: object = {}): object {
  return {
    id,
    title: `Detection ${id}`,
    description: 'Something happened.',
    type: 'suspicious_thing',
    categories: ['sec', 'sec.lateral'],
    risk_score: 61,
    start_time: 1_700_000_000_000 + id,
    update_time: 1_700_000_060_000 + id,
    mod_time: 1_700_000_060_000 + id,
    create_time: 1_700_000_001_000 + id,
    end_time: null,
    participants: [],
    properties: {},
    mitre_tactics: [],
    mitre_techniques: [],
    appliance_id: 1,
    is_user_created: false,
    ...changes,
  }
}

function lines(...values: readonly unknown[]): string {
  return values.map((value) => `${typeof value === 'string' ? value : JSON.stringify(value)}\n`).join('')
}

async function ingest(
  app: TestApp,
  body: RequestInit['body'],
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const authorization = await app.authorization('integration')
  const response = await app.post('/ingest/extrahop', body, { authorization, ...headers })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

async function countDetections(app: TestApp): Promise<number> {
  const rows = await app.database.selectFrom('detections').select('detection_id').execute()
  return rows.length
}

describe('ingest', () => {
  test('stores records and says what became of them, the second time too', async () => {
    await using app = await startTestApp()
    const body = lines(extrahopDetection(1), extrahopDetection(2))
    const counts = { received: 2, updated: 0, stale: 0, rejected: 0, errors: [], errorsOmitted: 0 }
    expect(await ingest(app, body)).toEqual({ status: 200, body: { ...counts, created: 2, unchanged: 0 } })
    expect(await ingest(app, body)).toEqual({ status: 200, body: { ...counts, created: 0, unchanged: 2 } })
    expect(await app.database.selectFrom('detections').select('source').execute()).toEqual([
      { source: 'extrahop' },
      { source: 'extrahop' },
    ])
  })

  test('takes the good records and reports the bad ones with their place and reason', async () => {
    await using app = await startTestApp()
    const body = lines(
      extrahopDetection(1),
      '{"broken": ',
      extrahopDetection(3, { risk_score: 'high' }),
      extrahopDetection(4),
    )
    const answer = await ingest(app, body)
    expect(answer.status).toBe(200)
    expect(answer.body).toMatchObject({ received: 4, created: 2, rejected: 2, errorsOmitted: 0 })
    expect(answer.body['errors']).toMatchObject([
      { index: 1, line: 2, code: 'UNREADABLE_RECORD' },
      { index: 2, line: 3, code: 'INVALID_INPUT', issues: [{ path: 'risk_score' }] },
    ])
    expect(await countDetections(app)).toBe(2)
  })

  test('answers 422 when nothing was good', async () => {
    await using app = await startTestApp()
    const answer = await ingest(app, '[{}, 7]')
    expect(answer).toMatchObject({
      status: 422,
      body: { error: { code: 'ALL_REJECTED' }, received: 2, rejected: 2 },
    })
  })

  test('answers 422 with the counts when the input breaks off', async () => {
    await using app = await startTestApp()
    const whole = gzipSync(lines(...Array.from({ length: 2_000 }, (_, id) => extrahopDetection(id + 1))))
    const answer = await ingest(app, whole.subarray(0, whole.length - 20))
    expect(answer).toMatchObject({ status: 422, body: { error: { code: 'INPUT_INCOMPLETE' } } })
    expect(await countDetections(app)).toBe(answer.body['created'])
  })

  test('recognises gzip, whatever the headers say', async () => {
    await using app = await startTestApp()
    const body = gzipSync(lines(extrahopDetection(1)))
    expect((await ingest(app, body)).body).toMatchObject({ created: 1 })
    expect((await ingest(app, body, { 'content-encoding': 'gzip' })).body).toMatchObject({ unchanged: 1 })
    expect(await ingest(app, body, { 'content-encoding': 'br' })).toMatchObject({
      status: 415,
      body: { error: { code: 'UNSUPPORTED_ENCODING' } },
    })
  })

  test('takes an empty input for what it is', async () => {
    await using app = await startTestApp()
    expect(await ingest(app, '')).toMatchObject({ status: 200, body: { received: 0 } })
  })

  test('names the source as it is told', async () => {
    await using app = await startTestApp()
    const authorization = await app.authorization('integration')
    await app.post('/ingest/extrahop?source=Sensor%20Berlin', lines(extrahopDetection(1)), { authorization })
    expect(await app.database.selectFrom('detections').select('source').execute()).toEqual([
      { source: 'Sensor Berlin' },
    ])
    expect((await app.post('/ingest/extrahop?source=', '', { authorization })).status).toBe(400)
  })

  test('names the formats when asked for another', async () => {
    await using app = await startTestApp()
    const authorization = await app.authorization('integration')
    const response = await app.post('/ingest/cef', '', { authorization })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({
      error: {
        code: 'UNKNOWN_FORMAT',
        message: expect.stringContaining('tripline, extrahop, ocsf') as string,
      },
    })
  })

  test('is for those who may ingest', async () => {
    await using app = await startTestApp()
    expect((await app.post('/ingest/extrahop', '')).status).toBe(401)
    const authorization = await app.authorization('analyst')
    expect((await app.post('/ingest/extrahop', '', { authorization })).status).toBe(403)
    const wrong = await app.post('/ingest/extrahop', '', { authorization: 'Bearer tl_wrong' })
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer')
    expect(await wrong.json()).toMatchObject({ error: { message: 'The API key is not known.' } })
  })

  test('ends at the bound that the operator sets, with what came before stored', async () => {
    await using app = await startTestApp({ TRIPLINE_MAX_INGEST_BYTES: '2048' })
    const body = lines(...Array.from({ length: 100 }, (_, id) => extrahopDetection(id + 1)))
    const answer = await ingest(app, body)
    expect(answer).toMatchObject({ status: 413, body: { error: { code: 'BODY_TOO_LARGE' } } })
    expect(await countDetections(app)).toBe(answer.body['created'])
  })

  test('rejects a record beyond the bound, and goes on', async () => {
    await using app = await startTestApp({ TRIPLINE_MAX_RECORD_BYTES: '1024' })
    const large = extrahopDetection(1, { description: 'x'.repeat(2_000) })
    const answer = await ingest(app, lines(large, extrahopDetection(2)))
    expect(answer.body).toMatchObject({ received: 2, created: 1, rejected: 1 })
  })

  test('shows the first thousand errors and counts the rest', async () => {
    await using app = await startTestApp()
    const { body } = await ingest(app, '{}\n'.repeat(1_500))
    expect(body).toMatchObject({ received: 1_500, rejected: 1_500, errorsOmitted: 500 })
    expect(body['errors']).toHaveLength(1_000)
  })

  test('answers 503 with the counts so far when the database goes away', async () => {
    await using app = await startTestApp()
    const authorization = await app.authorization('integration')
    const { hostname, port } = new URL(app.url)
    const request = httpRequest({
      hostname,
      port,
      path: '/ingest/extrahop',
      method: 'POST',
      headers: { authorization },
    })
    for (let id = 1; id <= 600; id++) request.write(lines(extrahopDetection(id)))
    await expect.poll(() => countDetections(app)).toBe(500)
    await app.loseDatabase()
    request.end()
    const [response] = await once(request, 'response')
    let text = ''
    for await (const part of response) text += String(part)
    expect(response.statusCode).toBe(503)
    expect(JSON.parse(text)).toMatchObject({
      error: { code: 'DATABASE_UNAVAILABLE' },
      received: 600,
      created: 500,
    })
  })

  test('keeps what was stored when the client goes away', async () => {
    await using app = await startTestApp()
    const authorization = await app.authorization('integration')
    const { hostname, port } = new URL(app.url)
    const request = httpRequest({
      hostname,
      port,
      path: '/ingest/extrahop',
      method: 'POST',
      headers: { authorization },
    })
    request.on('error', () => undefined)
    for (let id = 1; id <= 600; id++) request.write(lines(extrahopDetection(id)))
    await expect.poll(() => countDetections(app)).toBe(500)
    request.destroy()
    expect((await fetch(`${app.url}/healthz`)).status).toBe(200)
    expect(app.logged).toEqual([])
  })
})
