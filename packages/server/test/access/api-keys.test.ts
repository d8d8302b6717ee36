import { describe, expect, test } from 'vitest'
import { InvalidInput, NotFound } from '@tripline/core'
import { createApiKey, listApiKeys, PRESET_KEY_NAME, revokeApiKey } from '../../src/access/api-keys.ts'
import type { Database } from '../../src/database/client.ts'
import type { ChangeOrigin } from '../../src/ledger/ledger.ts'
import { createTestDatabase } from '../test-database.ts'

const origin: ChangeOrigin = {
  actor: { kind: 'person', name: 'admin' },
  connectionId: null,
  traceId: 'test',
}

async function ledgerOf(database: Database): Promise<readonly { kind: string; change: object }[]> {
  return database.selectFrom('detection_events').select(['kind', 'change']).orderBy('event_id').execute()
}

describe('a new API key', () => {
  test('is 32 random bytes behind a prefix, and only its hash is stored', async () => {
    await using test = await createTestDatabase()
    const { apiKey, key } = await createApiKey(test.database, { name: 'sensor', role: 'integration' }, origin)
    expect(key).toMatch(/^tl_[A-Za-z0-9_-]{43}$/u)
    expect(apiKey).toMatchObject({ name: 'sensor', role: 'integration', username: null, revokedAt: null })
    const rows = await test.database.selectFrom('api_keys').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain(key.slice(8))
  })

  test('makes its user once', async () => {
    await using test = await createTestDatabase()
    await createApiKey(test.database, { name: 'laptop', role: 'analyst', username: 'maria' }, origin)
    await createApiKey(test.database, { name: 'phone', role: 'viewer', username: 'maria' }, origin)
    expect(await test.database.selectFrom('users').select('username').execute()).toEqual([
      { username: 'maria' },
    ])
  })

  test('is in the ledger, and so is its end', async () => {
    await using test = await createTestDatabase()
    const { apiKey } = await createApiKey(test.database, { name: 'sensor', role: 'integration' }, origin)
    await revokeApiKey(test.database, apiKey.keyId, origin)
    await revokeApiKey(test.database, apiKey.keyId, origin)
    const { keyId } = apiKey
    expect(await ledgerOf(test.database)).toEqual([
      { kind: 'API_KEY_CREATED', change: { keyId, name: 'sensor', role: 'integration' } },
      { kind: 'API_KEY_REVOKED', change: { keyId, name: 'sensor' } },
    ])
  })

  test.each([
    ['an empty name', { name: ' ', role: 'viewer' }],
    ['the name of the preset key', { name: PRESET_KEY_NAME, role: 'admin' }],
    ['a user for an integration', { name: 'sensor', role: 'integration', username: 'maria' }],
    ['an expiry in the past', { name: 'old', role: 'viewer', expiresAt: new Date(0) }],
  ] as const)('is refused with %s', async (_what, input) => {
    await using test = await createTestDatabase()
    await expect(createApiKey(test.database, input, origin)).rejects.toThrow(InvalidInput)
    expect(await listApiKeys(test.database)).toEqual([])
  })
})

test('revoking an API key that does not exist is refused', async () => {
  await using test = await createTestDatabase()
  await expect(revokeApiKey(test.database, crypto.randomUUID(), origin)).rejects.toThrow(NotFound)
  await expect(revokeApiKey(test.database, 'nonsense', origin)).rejects.toThrow(NotFound)
})
