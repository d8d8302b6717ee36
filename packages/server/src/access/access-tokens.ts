import { randomBytes } from 'node:crypto'
import type { Database } from '../database/client.ts'
import { hashKey, toApiKey, type ApiKey } from './api-keys.ts'

/** A key for a while: with it whoever has an API key does as with the key itself. */
interface AccessToken {
  readonly token: string
  readonly expiresInSeconds: number
}

/** What a client says of itself: the key's id or name, and the key. */
export interface ClientCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

const PREFIX = 'tlt_'
const LIFETIME_SECONDS = 1_800

/**
 * Makes a token for whoever has a key; `null`: the credentials are not those of a key that can be used. The token ends
 * with the key, if not before.
 */
export async function issueAccessToken(
  database: Database,
  { clientId, clientSecret }: ClientCredentials,
  now: Date,
): Promise<AccessToken | null> {
  const apiKey = await database
    .selectFrom('api_keys')
    .select(['key_id', 'name', 'expires_at'])
    .where('hash', '=', hashKey(clientSecret))
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  if (apiKey === undefined || ![apiKey.key_id, apiKey.name].includes(clientId)) return null
  const left =
    apiKey.expires_at === null ? Number.POSITIVE_INFINITY : apiKey.expires_at.getTime() - now.getTime()
  const expiresInSeconds = Math.min(LIFETIME_SECONDS, Math.floor(left / 1000))
  if (expiresInSeconds < 1) return null
  const token = `${PREFIX}${randomBytes(32).toString('base64url')}`
  await database.deleteFrom('access_tokens').where('expires_at', '<', now).execute()
  await database
    .insertInto('access_tokens')
    .values({
      hash: hashKey(token),
      key_id: apiKey.key_id,
      expires_at: new Date(now.getTime() + expiresInSeconds * 1000),
    })
    .execute()
  return { token, expiresInSeconds }
}

/** Whether a text looks like a token rather than a key. */
export function isAccessToken(text: string): boolean {
  return text.startsWith(PREFIX)
}

/** The key that a token stands for, with the token's own end; `null`: there is no such token. */
export async function findByAccessToken(database: Database, token: string): Promise<ApiKey | null> {
  const row = await database
    .selectFrom('access_tokens')
    .innerJoin('api_keys', 'api_keys.key_id', 'access_tokens.key_id')
    .selectAll('api_keys')
    .select('access_tokens.expires_at as token_expires_at')
    .where('access_tokens.hash', '=', hashKey(token))
    .executeTakeFirst()
  return row === undefined ? null : { ...toApiKey(row), expiresAt: row.token_expires_at }
}
