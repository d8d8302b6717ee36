import { describe, expect, test } from 'vitest'
import { ConfigError, parseConfig, unknownVariables } from '../../src/config.ts'

function problemsOf(env: Record<string, string>): readonly { variable: string; message: string }[] {
  try {
    parseConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('the configuration', () => {
  test('has a default for everything', () => {
    expect(parseConfig({})).toMatchObject({
      port: 4000,
      host: '127.0.0.1',
      databaseUrl: null,
      adminApiKey: null,
      development: false,
      introspection: false,
      logFormat: 'json',
      pollIntervalMs: 60_000,
      callTimeoutMs: 30_000,
      corsOrigins: [],
      metricsPublic: false,
      publicUrl: null,
    })
  })

  test('takes empty variables for absent ones', () => {
    expect(parseConfig({ PORT: '', DATABASE_URL: ' ', TRIPLINE_SECRET_KEY: '' })).toMatchObject({
      port: 4000,
      databaseUrl: null,
      secretKey: null,
    })
  })

  test('names every problem at once', () => {
    const problems = problemsOf({
      PORT: '65536',
      HOST: 'not a host',
      DATABASE_URL: 'mysql://db',
      TRIPLINE_ADMIN_API_KEY: 'short',
      TRIPLINE_SECRET_KEY: 'abc',
      TRIPLINE_PUBLIC_URL: 'ftp://tripline',
      TRIPLINE_OUTBOUND_ALLOW: '10.0.0.0/33',
      TRIPLINE_DEVELOPMENT: 'perhaps',
      LOG_LEVEL: 'loud',
      TRIPLINE_WORKERS: '0',
      TRIPLINE_CORS_ORIGINS: '*',
    })
    expect(problems.map(({ variable }) => variable)).toEqual([
      'PORT',
      'HOST',
      'DATABASE_URL',
      'TRIPLINE_ADMIN_API_KEY',
      'TRIPLINE_SECRET_KEY',
      'TRIPLINE_PUBLIC_URL',
      'TRIPLINE_OUTBOUND_ALLOW',
      'TRIPLINE_DEVELOPMENT',
      'LOG_LEVEL',
      'TRIPLINE_WORKERS',
      'TRIPLINE_CORS_ORIGINS',
    ])
    expect(problems[0]?.message).toBe(
      '"65536" is wrong; it has to be a port from 1 to 65535, or 0 for any free one.',
    )
  })

  test('says nothing of the value of a secret', () => {
    const problems = problemsOf({
      TRIPLINE_ADMIN_API_KEY: 'hunter2',
      TRIPLINE_SECRET_KEY: 'swordfish',
      DATABASE_URL: 'postgras://u:letmein@db/t',
    })
    expect(problems).toHaveLength(3)
    expect(JSON.stringify(problems)).not.toMatch(/hunter2|swordfish|letmein/u)
  })

  test.each([
    ['hexadecimal', 'ab'.repeat(32)],
    ['base64', Buffer.alloc(32, 0xab).toString('base64')],
    ['base64url', Buffer.alloc(32, 0xab).toString('base64url')],
  ])('reads a secret key in %s', (_form, text) => {
    expect(parseConfig({ TRIPLINE_SECRET_KEY: text }).secretKey).toEqual(Buffer.alloc(32, 0xab))
  })

  test('is for development when NODE_ENV says so, unless TRIPLINE_DEVELOPMENT says otherwise', () => {
    expect(parseConfig({ NODE_ENV: 'development' })).toMatchObject({ development: true, introspection: true })
    expect(parseConfig({ NODE_ENV: 'development', TRIPLINE_DEVELOPMENT: 'false' }).development).toBe(false)
  })

  test('takes the slash off the end of the public address', () => {
    expect(parseConfig({ TRIPLINE_PUBLIC_URL: 'https://t.example/gate/' }).publicUrl).toBe(
      'https://t.example/gate',
    )
  })
})

describe('variables that are not settings', () => {
  test('are reported with the setting that was meant', () => {
    expect(unknownVariables({ TRIPLINE_ADMIN_APIKEY: 'x', PATH: '/bin' })).toEqual([
      'TRIPLINE_ADMIN_APIKEY is not a setting of Tripline; did you mean TRIPLINE_ADMIN_API_KEY?',
    ])
  })

  test('are reported without a guess when nothing is near', () => {
    expect(unknownVariables({ TRIPLINE_QQQQQQQQ: 'x' })).toEqual([
      'TRIPLINE_QQQQQQQQ is not a setting of Tripline',
    ])
  })

  test('do not include those of the command line', () => {
    expect(unknownVariables({ TRIPLINE_API_KEY: 'x', TRIPLINE_URL: 'x' })).toEqual([])
  })
})
