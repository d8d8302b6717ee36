import type { IncomingHttpHeaders } from 'node:http'
import { Unauthenticated } from '@tripline/core'
import type { Database } from '../database/client.ts'
import { findByAccessToken, isAccessToken } from './access-tokens.ts'
import { hashKey, toApiKey, type ApiKey } from './api-keys.ts'
import type { Principal } from './principal.ts'

/** The headers of a request, as Node.js or as `fetch` has them. */
type RequestHeaders = Pick<IncomingHttpHeaders, 'authorization'> | Headers

/**
 * Says who makes a request by its `Authorization` header: `Bearer KEY` or `ExtraHop apikey=KEY`. `null`: it does not
 * say.
 *
 * @throws Unauthenticated when it says something that is not so
 */
export type Authenticate = (headers: RequestHeaders) => Promise<Principal | null>

/** What authentication works with. */
export interface AuthenticationOptions {
  readonly now?: () => Date
  /** How long a key that was found is taken for good without looking again; 5 seconds unless given. */
  readonly cacheMs?: number
}

const CACHE_ENTRIES = 10_000
const LAST_USED_STEP_MS = 60_000
const CREDENTIALS = /^(?:bearer +|extrahop +apikey=)(?<key>[\x21-\x7e]{1,500}) *$/iu

/** Makes the check of API keys against a database. */
export function createAuthenticate(database: Database, options: AuthenticationOptions = {}): Authenticate {
  const { now = () => new Date(), cacheMs = 5_000 } = options
  const found = new Map<string, { readonly apiKey: ApiKey; readonly readAt: number }>()

  async function findKey(key: string): Promise<ApiKey | null> {
    const hash = hashKey(key)
    const name = hash.toString('base64')
    const cached = found.get(name)
    if (cached !== undefined && now().getTime() - cached.readAt < cacheMs) return cached.apiKey
    found.delete(name)
    const apiKey = isAccessToken(key)
      ? await findByAccessToken(database, key)
      : await findApiKey(database, hash)
    if (apiKey === null) return null
    if (found.size >= CACHE_ENTRIES) found.delete(found.keys().next().value ?? name)
    found.set(name, { apiKey, readAt: now().getTime() })
    await noteUse(apiKey)
    return apiKey
  }

  async function noteUse({ keyId, lastUsedAt }: ApiKey): Promise<void> {
    const before = new Date(now().getTime() - LAST_USED_STEP_MS)
    if (lastUsedAt !== null && lastUsedAt > before) return
    await database
      .updateTable('api_keys')
      .set({ last_used_at: now() })
      .where('key_id', '=', keyId)
      .where((where) => where.or([where('last_used_at', 'is', null), where('last_used_at', '<=', before)]))
      .execute()
  }

  return async (headers) => {
    const credentials = headers instanceof Headers ? headers.get('authorization') : headers.authorization
    if (credentials === undefined || credentials === null) return null
    const key = CREDENTIALS.exec(credentials)?.groups?.['key']
    if (key === undefined) {
      throw new Unauthenticated(
        'The Authorization header has to be "Bearer KEY" or "ExtraHop apikey=KEY", where KEY is an API key.',
      )
    }
    const apiKey = await findKey(key)
    if (apiKey === null) throw new Unauthenticated('The API key is not known.')
    if (apiKey.revokedAt !== null) {
      throw new Unauthenticated(`The API key was revoked at ${apiKey.revokedAt.toISOString()}.`)
    }
    if (apiKey.expiresAt !== null && apiKey.expiresAt <= now()) {
      throw new Unauthenticated(`The API key expired at ${apiKey.expiresAt.toISOString()}.`)
    }
    return {
      name: apiKey.username ?? apiKey.name,
      username: apiKey.username,
      role: apiKey.role,
      keyId: apiKey.keyId,
    }
  }
}

async function findApiKey(database: Database, hash: Buffer): Promise<ApiKey | null> {
  const row = await database.selectFrom('api_keys').selectAll().where('hash', '=', hash).executeTakeFirst()
  return row === undefined ? null : toApiKey(row)
}
