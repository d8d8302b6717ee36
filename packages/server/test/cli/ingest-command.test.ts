import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { startTestApp, type TestApp } from '../http/test-app.ts'
import { createFolder, runTripline } from './run-tripline.ts'

function detection(id: number): string {
  const detected = {
    id,
    title: `Detection ${id}`,
    type: 'suspicious_thing',
    categories: ['sec'],
    risk_score: 61,
    start_time: 1_700_000_000_000,
    update_time: 1_700_000_060_000,
    mod_time: 1_700_000_060_000,
    participants: [],
  }
  return `${JSON.stringify(detected)}\n`
}

async function environment(app: TestApp): Promise<Record<string, string>> {
  const authorization = await app.authorization('integration')
  return { TRIPLINE_URL: app.url, TRIPLINE_API_KEY: authorization.replace('Bearer ', '') }
}

describe('tripline ingest', () => {
  test('sends a file and says what became of it', async () => {
    await using app = await startTestApp()
    await using folder = await createFolder()
    const file = join(folder.path, 'some detections.ndjson.gz')
    await writeFile(file, gzipSync(detection(1) + detection(2)))
    const args = ['ingest', file, '--format', 'extrahop', '--source', 'sensor one']
    const { code, stdout, stderr } = await runTripline(args, await environment(app))
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^2 received: 2 created, 0 updated, 0 unchanged, 0 stale, 0 rejected \(/u)
    const rows = await app.database.selectFrom('detections').select('source').execute()
    expect(rows.map(({ source }) => source)).toEqual(['sensor one', 'sensor one'])
  })

  test('reads standard input', async () => {
    await using app = await startTestApp()
    const args = ['ingest', '-', '--format', 'extrahop', '--json']
    const { code, stdout } = await runTripline(args, await environment(app), detection(1))
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ received: 1, created: 1 })
  })

  test('lists rejected records and ends with 3', async () => {
    await using app = await startTestApp()
    const args = ['ingest', '-', '--format', 'extrahop']
    const input = `${detection(1)}{"id": }\n${detection(3)}`
    const { code, stdout, stderr } = await runTripline(args, await environment(app), input)
    expect(code).toBe(3)
    expect(stdout).toContain('2 created')
    expect(stderr).toMatch(/^record 1 \(line 2\): /u)
  })

  test('ends with 3 when every record was rejected', async () => {
    await using app = await startTestApp()
    const args = ['ingest', '-', '--format', 'extrahop']
    expect((await runTripline(args, await environment(app), '{}')).code).toBe(3)
  })

  test('ends with 1 when the input breaks off', async () => {
    await using app = await startTestApp()
    const args = ['ingest', '-', '--format', 'extrahop']
    const whole = gzipSync(detection(1))
    const { code, stderr } = await runTripline(args, await environment(app), whole.subarray(0, -4))
    expect(code).toBe(1)
    expect(stderr).toContain('INPUT_INCOMPLETE')
  })

  test('ends with 1 when the server refuses, in the words of the server', async () => {
    await using app = await startTestApp()
    const env = { TRIPLINE_URL: app.url, TRIPLINE_API_KEY: 'tl_wrong' }
    const large = detection(1).repeat(20_000)
    const refused = await runTripline(['ingest', '-', '--format', 'extrahop'], env, large)
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toContain('The API key is not known. (UNAUTHENTICATED)')
    const unknown = await runTripline(['ingest', '-', '--format', 'cef'], await environment(app), '')
    expect(unknown.stderr).toContain('tripline, extrahop, ocsf')
  })

  test('ends with 1 when there is no server or no file', async () => {
    const env = { TRIPLINE_URL: 'http://127.0.0.1:1', TRIPLINE_API_KEY: 'tl_any' }
    const noServer = await runTripline(['ingest', '-', '--format', 'ocsf'], env, '{}')
    expect(noServer).toMatchObject({ code: 1, stdout: '' })
    expect(noServer.stderr).toContain('cannot be reached (ECONNREFUSED)')
    const noFile = await runTripline(['ingest', '/nowhere/at/all', '--format', 'ocsf'], env)
    expect(noFile).toMatchObject({ code: 1, stdout: '' })
    expect(noFile.stderr).toContain('/nowhere/at/all cannot be read')
  })

  test('ends with 2 without a key', async () => {
    const { code, stderr } = await runTripline(['ingest', '-', '--format', 'ocsf'], {}, '{}')
    expect(code).toBe(2)
    expect(stderr).toContain('TRIPLINE_API_KEY')
  })
})
