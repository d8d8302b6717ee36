import { once } from 'node:events'
import { chmod, readFile } from 'node:fs/promises'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { findRunningPostgres } from '../../src/database/running-postgres.ts'
import { createTestDatabase } from '../test-database.ts'
import { createFolder, runTripline, startTripline } from './run-tripline.ts'

const READY = /is ready at (http:\S+)/u
const KEY = /(tl_[\w-]{43})/u

async function viewerOf(url: string, key: string): Promise<unknown> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({ query: '{ viewer { username role } }' }),
  })
  return response.json()
}

describe('tripline serve', () => {
  test("shows the first administrator's key once, and not in the log", async () => {
    await using test = await createTestDatabase()
    const env = { DATABASE_URL: test.connectionString, PORT: '0', LOG_LEVEL: 'trace' }
    let key: string
    {
      await using server = startTripline(['serve'], env)
      const url = await server.printed(READY)
      key = await server.printed(KEY)
      expect(await viewerOf(url, key)).toEqual({ data: { viewer: { username: 'admin', role: 'ADMIN' } } })
      server.child.kill('SIGTERM')
      expect(await server.ended).toEqual({ code: 0, signal: null })
      expect(server.stderr()).not.toContain(key)
    }
    await using again = startTripline(['serve'], env)
    const url = await again.printed(READY)
    expect(again.stdout()).not.toMatch(KEY)
    expect(await viewerOf(url, key)).toMatchObject({ data: { viewer: { username: 'admin' } } })
  })

  test('takes the preset key', async () => {
    await using test = await createTestDatabase()
    const key = 'preset-key-of-the-operator'
    const env = { DATABASE_URL: test.connectionString, PORT: '0', TRIPLINE_ADMIN_API_KEY: key }
    await using server = startTripline(['serve'], env)
    const url = await server.printed(READY)
    expect(server.stdout()).not.toContain(key)
    expect(await viewerOf(url, key)).toMatchObject({ data: { viewer: { role: 'ADMIN' } } })
  })

  test('finishes the requests under way when it is told to stop, and takes no more', async () => {
    await using test = await createTestDatabase()
    const key = 'preset-key-of-the-operator'
    const env = { DATABASE_URL: test.connectionString, PORT: '0', TRIPLINE_ADMIN_API_KEY: key }
    await using server = startTripline(['serve'], env)
    const url = new URL(await server.printed(READY))
    const request = httpRequest(new URL('/ingest/extrahop', url), {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
    })
    request.write('[')
    await once(request, 'socket')
    // Whoever is answered 200 here came before the signal.
    expect((await fetch(new URL('/healthz', url))).status).toBe(200)
    server.child.kill('SIGTERM')
    await expect
      .poll(() =>
        fetch(new URL('/healthz', url)).then(
          () => 'answered',
          () => 'refused',
        ),
      )
      .toBe('refused')
    request.end(']')
    const [response] = await once(request, 'response')
    response.resume()
    expect(response.statusCode).toBe(200)
    expect(await server.ended).toEqual({ code: 0, signal: null })
  })

  test('says that the port is taken', async () => {
    await using test = await createTestDatabase()
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const env = { DATABASE_URL: test.connectionString, PORT: String(port) }
    const { code, stderr } = await runTripline(['serve'], env)
    other.close()
    expect(code).toBe(1)
    expect(stderr).toContain('Set PORT or HOST')
  })

  test('runs a database of its own, which other commands join and which ends with it', async () => {
    await using folder = await createFolder()
    await chmod(folder.path, 0o711)
    const dataDir = join(folder.path, 'data with spaces')
    const env = {
      TRIPLINE_DATA_DIR: dataDir,
      PORT: '0',
      TRIPLINE_ADMIN_API_KEY: 'preset-key-of-the-operator',
    }
    await using server = startTripline(['serve'], env)
    await server.printed(READY)
    expect(await findRunningPostgres(dataDir)).toMatch(/^postgres:/u)
    const postmaster = Number(
      (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n')[0],
    )
    const listed = await runTripline(['keys', 'list'], env)
    expect(listed.code).toBe(0)
    expect(listed.stdout).toMatch(/TRIPLINE_ADMIN_API_KEY +admin +admin /u)

    server.child.kill('SIGINT')
    expect(await server.ended).toEqual({ code: 0, signal: null })
    expect(() => process.kill(postmaster, 0)).toThrow('ESRCH')
    expect(await findRunningPostgres(dataDir)).toBeNull()
  })
})
