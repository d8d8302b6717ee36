import { sql, type Transaction } from 'kysely'
import { ConfigError } from '../config-error.ts'
import type { Database } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import type { ChangeOrigin } from '../ledger/ledger.ts'
import { generateKey, hashKey, insertKey, PRESET_KEY_NAME, revokeKey } from './api-keys.ts'

const ADMINISTRATOR = 'admin'

/**
 * Sees to it that an administrator can come in: by the preset key, else by any key there is, else by one that is made
 * now and returned, to be shown once. Any number of processes may call this at once.
 *
 * A preset that differs from the one before replaces it.
 *
 * @throws ConfigError when the preset is a key that was revoked, or that is not an administrator's
 */
export async function ensureAdminKey(
  database: Database,
  preset: string | null,
  origin: ChangeOrigin,
): Promise<string | null> {
  return database.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('tripline.admin-key', 0))`.execute(transaction)
    if (preset !== null) {
      await installPreset(transaction, preset, origin)
      return null
    }
    const known = await transaction
      .selectFrom('api_keys')
      .select('key_id')
      .where('role', '=', 'admin')
      .where('revoked_at', 'is', null)
      .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', new Date())]))
      .executeTakeFirst()
    if (known !== undefined) return null
    const key = generateKey()
    const first = {
      name: 'first administrator',
      role: 'admin',
      username: ADMINISTRATOR,
      expiresAt: null,
    } as const
    await insertKey(transaction, { ...first, key }, origin)
    return key
  })
}

async function installPreset(
  transaction: Transaction<Tables>,
  preset: string,
  origin: ChangeOrigin,
): Promise<void> {
  const hash = hashKey(preset)
  const same = await transaction
    .selectFrom('api_keys')
    .selectAll()
    .where('hash', '=', hash)
    .executeTakeFirst()
  if (same !== undefined && (same.role !== 'admin' || same.revoked_at !== null)) {
    const why = same.revoked_at === null ? `has the role ${same.role}` : 'was revoked'
    throw new ConfigError([
      {
        variable: PRESET_KEY_NAME,
        message: `this key is known and ${why}; set another (openssl rand -hex 32).`,
      },
    ])
  }
  const outdated = await transaction
    .selectFrom('api_keys')
    .select('key_id')
    .where('name', '=', PRESET_KEY_NAME)
    .where('revoked_at', 'is', null)
    .where('hash', '!=', hash)
    .execute()
  for (const { key_id: keyId } of outdated) await revokeKey(transaction, keyId, origin)
  if (same !== undefined) return
  const given = { name: PRESET_KEY_NAME, role: 'admin', username: ADMINISTRATOR, expiresAt: null } as const
  await insertKey(transaction, { ...given, key: preset }, origin)
}
