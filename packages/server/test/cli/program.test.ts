import { describe, expect, test } from 'vitest'
import { createEmptyTestDatabase, createTestDatabase } from '../test-database.ts'
import { createAuthenticate } from '../../src/access/authenticate.ts'
import { version } from '../../src/version.ts'
import { runTripline } from './run-tripline.ts'

describe('tripline', () => {
  test('tells its version', async () => {
    expect(await runTripline(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` })
  })

  test.each(['dev', 'serve', 'ingest', 'migrate', 'keys'])('explains %s with an example', async (command) => {
    const { code, stdout } = await runTripline([command, '--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/Examples?:\n/u)
    expect(stdout).toContain(`tripline ${command}`)
  })

  test.each([[['nonsense']], [['ingest']], [['ingest', 'x', '--format']], [['serve', '--port', '1']]])(
    'ends with 2 and a hint for the command line %j',
    async (args) => {
      const { code, stdout, stderr } = await runTripline(args)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toContain('--help')
    },
  )

  test('ends with 2 and every problem of the configuration', async () => {
    const env = { PORT: 'http', LOG_LEVEL: 'loud', DATABASE_URL: 'db' }
    const { code, stdout, stderr } = await runTripline(['serve'], env)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/PORT: .*\n.*DATABASE_URL: .*\n.*LOG_LEVEL: /u)
  })
})

describe('tripline migrate', () => {
  test('brings a database up to date, once', async () => {
    await using test = await createEmptyTestDatabase()
    const env = { DATABASE_URL: test.connectionString }
    const first = await runTripline(['migrate'], env)
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first.stdout).toContain('applied 0001-detections\n')
    expect(await runTripline(['migrate'], env)).toMatchObject({
      code: 0,
      stdout: 'The database is up to date.\n',
    })
  })

  test('ends with 1 when the database cannot be reached', async () => {
    const { code, stderr } = await runTripline(['migrate'], { DATABASE_URL: 'postgres://a:b@127.0.0.1:1/c' })
    expect(code).toBe(1)
    expect(stderr).toContain('ECONNREFUSED')
    expect(stderr).not.toContain('    at ')
  })
})

describe('tripline keys', () => {
  test('makes a key that works, alone on standard output, and revokes it', async () => {
    await using test = await createTestDatabase()
    const env = { DATABASE_URL: test.connectionString }
    const made = await runTripline(
      ['keys', 'create', '--name', 'sensor', '--role', 'integration', '--expires', '90d'],
      env,
    )
    expect(made.code).toBe(0)
    const headers = { authorization: `Bearer ${made.stdout.trim()}` }
    const authenticate = createAuthenticate(test.database, { cacheMs: 0 })
    expect(await authenticate(headers)).toMatchObject({ name: 'sensor', role: 'integration' })

    const listed = await runTripline(['keys', 'list', '--json'], env)
    const [apiKey] = JSON.parse(listed.stdout) as { keyId: string; name: string }[]
    expect(apiKey).toMatchObject({ name: 'sensor', revokedAt: null })
    expect(listed.stdout).not.toContain(made.stdout.trim())

    expect(await runTripline(['keys', 'revoke', apiKey?.keyId ?? ''], env)).toMatchObject({ code: 0 })
    await expect(authenticate(headers)).rejects.toThrow('revoked')
  })

  test('refuses a key that makes no sense with the reason', async () => {
    await using test = await createTestDatabase()
    const args = ['keys', 'create', '--name', 'x', '--role', 'integration', '--username', 'maria']
    const { code, stdout, stderr } = await runTripline(args, { DATABASE_URL: test.connectionString })
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('An integration is nobody')
  })
})
