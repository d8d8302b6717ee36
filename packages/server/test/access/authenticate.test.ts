import { describe, expect, test } from 'vitest'
import { Unauthenticated } from '@tripline/core'
import { createApiKey, revokeApiKey, type CreatedApiKey } from '../../src/access/api-keys.ts'
import { createAuthenticate } from '../../src/access/authenticate.ts'
import type { Database } from '../../src/database/client.ts'
import type { ChangeOrigin } from '../../src/ledger/ledger.ts'
import { createTestDatabase } from '../test-database.ts'

const origin: ChangeOrigin = { actor: { kind: 'system', name: 'test' }, connectionId: null, traceId: 'test' }

function createSensorKey(database: Database, expiresAt: Date | null = null): Promise<CreatedApiKey> {
  return createApiKey(database, { name: 'sensor', role: 'integration', expiresAt }, origin)
}

describe('the Authorization header', () => {
  test.each([
    ['Bearer KEY'],
    ['bearer KEY'],
    ['BEARER   KEY'],
    ['ExtraHop apikey=KEY'],
    ['extrahop APIKEY=KEY'],
  ])('is understood as %s', async (form) => {
    await using test = await createTestDatabase()
    const { key, apiKey } = await createSensorKey(test.database)
    const authenticate = createAuthenticate(test.database)
    const principal = { name: 'sensor', username: null, role: 'integration', keyId: apiKey.keyId }
    expect(await authenticate({ authorization: form.replace(/KEY$/u, key) })).toEqual(principal)
    expect(await authenticate(new Headers({ authorization: `Bearer ${key}` }))).toEqual(principal)
  })

  test('makes nobody of a request without it', async () => {
    await using test = await createTestDatabase()
    expect(await createAuthenticate(test.database)({})).toBeNull()
  })

  test.each([['Basic dXNlcjpwYXNz'], ['Bearer'], ['Bearer two words'], ['']])(
    'is refused as %j',
    async (authorization) => {
      await using test = await createTestDatabase()
      await expect(createAuthenticate(test.database)({ authorization })).rejects.toThrow(
        'has to be "Bearer KEY"',
      )
    },
  )
})

describe('an API key', () => {
  test('that nobody made is not known', async () => {
    await using test = await createTestDatabase()
    const refused = createAuthenticate(test.database)({ authorization: 'Bearer tl_nobody' })
    await expect(refused).rejects.toThrow(new Unauthenticated('The API key is not known.'))
  })

  test('acts as its user', async () => {
    await using test = await createTestDatabase()
    const input = { name: 'laptop', role: 'analyst', username: 'maria' } as const
    const { key } = await createApiKey(test.database, input, origin)
    expect(await createAuthenticate(test.database)({ authorization: `Bearer ${key}` })).toMatchObject({
      name: 'maria',
      username: 'maria',
      role: 'analyst',
    })
  })

  test('ends the moment it expires, although it was just found good', async () => {
    await using test = await createTestDatabase()
    let now = Date.now()
    const expiresAt = new Date(now + 60_000)
    const { key } = await createSensorKey(test.database, expiresAt)
    const authenticate = createAuthenticate(test.database, { now: () => new Date(now) })
    now = expiresAt.getTime() - 1
    expect(await authenticate({ authorization: `Bearer ${key}` })).not.toBeNull()
    now = expiresAt.getTime()
    await expect(authenticate({ authorization: `Bearer ${key}` })).rejects.toThrow(
      `expired at ${expiresAt.toISOString()}`,
    )
  })

  test('that was revoked is refused within five seconds', async () => {
    await using test = await createTestDatabase()
    let now = Date.now()
    const { key, apiKey } = await createSensorKey(test.database)
    const authenticate = createAuthenticate(test.database, { now: () => new Date(now) })
    expect(await authenticate({ authorization: `Bearer ${key}` })).not.toBeNull()
    await revokeApiKey(test.database, apiKey.keyId, origin)
    now += 5_000
    await expect(authenticate({ authorization: `Bearer ${key}` })).rejects.toThrow('was revoked at')
  })

  test('has its use noted once a minute', async () => {
    await using test = await createTestDatabase()
    const start = Date.now()
    let now = start
    const { key, apiKey } = await createSensorKey(test.database)
    const authenticate = createAuthenticate(test.database, { now: () => new Date(now) })
    const usedAfter = async (ms: number): Promise<number | undefined> => {
      now = start + ms
      await authenticate({ authorization: `Bearer ${key}` })
      const row = await test.database
        .selectFrom('api_keys')
        .select('last_used_at')
        .where('key_id', '=', apiKey.keyId)
        .executeTakeFirstOrThrow()
      return row.last_used_at?.getTime()
    }
    expect(await usedAfter(0)).toBe(start)
    expect(await usedAfter(59_000)).toBe(start)
    expect(await usedAfter(65_000)).toBe(start + 65_000)
  })
})
