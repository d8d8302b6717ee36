import { describe, expect, test } from 'vitest'
import { ensureAdminKey } from '../../src/access/admin-key.ts'
import { createApiKey, listApiKeys, revokeApiKey } from '../../src/access/api-keys.ts'
import { createAuthenticate } from '../../src/access/authenticate.ts'
import { ConfigError } from '../../src/config.ts'
import type { ChangeOrigin } from '../../src/ledger/ledger.ts'
import { createTestDatabase } from '../test-database.ts'

const origin: ChangeOrigin = { actor: { kind: 'system', name: 'test' }, connectionId: null, traceId: 'test' }
const preset = 'a-preset-key-of-some-length'

describe('without a preset key', () => {
  test('an administrator is made at the first start, and only then', async () => {
    await using test = await createTestDatabase()
    const key = await ensureAdminKey(test.database, null, origin)
    expect(await createAuthenticate(test.database)({ authorization: `Bearer ${key}` })).toMatchObject({
      role: 'admin',
      username: 'admin',
    })
    expect(await ensureAdminKey(test.database, null, origin)).toBeNull()
  })

  test('processes that start at once make one key together', async () => {
    await using test = await createTestDatabase()
    const keys = await Promise.all(
      Array.from({ length: 5 }, () => ensureAdminKey(test.database, null, origin)),
    )
    expect(keys.filter((key) => key !== null)).toHaveLength(1)
    expect(await listApiKeys(test.database)).toHaveLength(1)
  })

  test('an administrator whose key was revoked can come in again', async () => {
    await using test = await createTestDatabase()
    const { apiKey } = await createApiKey(test.database, { name: 'only', role: 'admin' }, origin)
    await revokeApiKey(test.database, apiKey.keyId, origin)
    expect(await ensureAdminKey(test.database, null, origin)).toMatch(/^tl_/u)
  })
})

describe('a preset key', () => {
  test('is there once, however often the server starts', async () => {
    await using test = await createTestDatabase()
    for (let start = 0; start < 3; start++) {
      expect(await ensureAdminKey(test.database, preset, origin)).toBeNull()
    }
    expect(await listApiKeys(test.database)).toMatchObject([
      { role: 'admin', revokedAt: null, prefix: 'a-p' },
    ])
    expect(await createAuthenticate(test.database)({ authorization: `Bearer ${preset}` })).toMatchObject({
      role: 'admin',
    })
  })

  test('replaces the one before', async () => {
    await using test = await createTestDatabase()
    await ensureAdminKey(test.database, preset, origin)
    await ensureAdminKey(test.database, `${preset}-changed`, origin)
    const authenticate = createAuthenticate(test.database)
    await expect(authenticate({ authorization: `Bearer ${preset}` })).rejects.toThrow('was revoked')
    expect(await authenticate({ authorization: `Bearer ${preset}-changed` })).not.toBeNull()
  })

  test('that was revoked stays revoked, and the start says so', async () => {
    await using test = await createTestDatabase()
    await ensureAdminKey(test.database, preset, origin)
    const [apiKey] = await listApiKeys(test.database)
    await revokeApiKey(test.database, apiKey?.keyId ?? '', origin)
    await expect(ensureAdminKey(test.database, preset, origin)).rejects.toThrow(ConfigError)
  })
})
