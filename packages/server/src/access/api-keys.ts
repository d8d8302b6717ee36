import { createHash, randomBytes } from 'node:crypto'
import type { Selectable, Transaction } from 'kysely'
import { InvalidInput, NotFound, schemaIssues } from '@tripline/core'
import { z } from 'zod'
import type { Database } from '../database/client.ts'
import type { ApiKeysTable, Tables } from '../database/tables.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import { roles, type Role } from './principal.ts'

/** An API key as it may be shown: everything but the key itself. */
export interface ApiKey {
  readonly keyId: string
  readonly name: string
  readonly role: Role
  /** The person who acts with the key; `null`: a program does. */
  readonly username: string | null
  /** How the key begins, to recognise it by. */
  readonly prefix: string
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
  /** To the minute; `null`: never used. */
  readonly lastUsedAt: Date | null
}

/** A key that was just made. */
export interface CreatedApiKey {
  readonly apiKey: ApiKey
  /** The key itself. It is not stored and cannot be shown again. */
  readonly key: string
}

/** The name of the key that the environment presets; no other key can have it. */
export const PRESET_KEY_NAME = 'TRIPLINE_ADMIN_API_KEY'

const line = (what: string): z.ZodString =>
  z
    .string()
    .trim()
    .min(1, `${what} must not be empty`)
    .max(200, `${what} must have at most 200 characters`)
    .regex(/^\P{Cc}*$/u, `${what} must be one line without control characters`)

const newKeySchema = z
  .object({
    name: line('The name').refine((name) => name !== PRESET_KEY_NAME, 'This name is kept for the preset key'),
    role: z.enum(roles),
    username: line('The user name').nullish(),
    expiresAt: z.date().nullish(),
  })
  .refine(({ role, username }) => role !== 'integration' || (username ?? null) === null, {
    path: ['username'],
    message: 'An integration is nobody; give a user name only to keys of people',
  })

/** What makes a key. */
export type NewApiKey = z.input<typeof newKeySchema>

/**
 * Makes a key, and the user it acts as if there is none of that name yet.
 *
 * @throws InvalidInput naming every problem
 */
export async function createApiKey(
  database: Database,
  input: NewApiKey,
  origin: ChangeOrigin,
): Promise<CreatedApiKey> {
  const { name, role, username, expiresAt } = parseNewKey(input)
  const key = generateKey()
  const apiKey = await database
    .transaction()
    .execute((transaction) =>
      insertKey(
        transaction,
        { name, role, username: username ?? null, expiresAt: expiresAt ?? null, key },
        origin,
      ),
    )
  return { apiKey, key }
}

/** A new key: 256 random bits. */
export function generateKey(): string {
  return `tl_${randomBytes(32).toString('base64url')}`
}

/** Every key, revoked ones too, newest first. */
export async function listApiKeys(database: Database): Promise<readonly ApiKey[]> {
  const rows = await database
    .selectFrom('api_keys')
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('key_id')
    .execute()
  return rows.map(toApiKey)
}

/**
 * Makes a key useless, here at once and within seconds in every other process. Revoking it again changes nothing.
 *
 * @throws NotFound
 */
export async function revokeApiKey(database: Database, keyId: string, origin: ChangeOrigin): Promise<ApiKey> {
  if (!z.uuid().safeParse(keyId).success) throw new NotFound('API key', keyId)
  return database.transaction().execute(async (transaction) => {
    const known = await transaction
      .selectFrom('api_keys')
      .selectAll()
      .where('key_id', '=', keyId)
      .forUpdate()
      .executeTakeFirst()
    if (known === undefined) throw new NotFound('API key', keyId)
    return known.revoked_at === null ? revokeKey(transaction, keyId, origin) : toApiKey(known)
  })
}

/** Stores a key whose text is known. For {@link createApiKey} and the preset key. */
export async function insertKey(
  transaction: Transaction<Tables>,
  given: Pick<ApiKey, 'name' | 'role' | 'username' | 'expiresAt'> & { readonly key: string },
  origin: ChangeOrigin,
): Promise<ApiKey> {
  const { name, role, username, expiresAt, key } = given
  if (username !== null) {
    await transaction
      .insertInto('users')
      .values({ username, display_name: null })
      .onConflict((conflict) => conflict.column('username').doNothing())
      .execute()
  }
  const row = await transaction
    .insertInto('api_keys')
    .values({ name, role, username, hash: hashKey(key), prefix: shownPart(key), expires_at: expiresAt })
    .returningAll()
    .executeTakeFirstOrThrow()
  const change = { keyId: row.key_id, name, role }
  await recordEvents(transaction, [{ kind: 'API_KEY_CREATED', detectionId: null, change }], origin)
  return toApiKey(row)
}

/** Revokes a key that is not revoked yet. */
export async function revokeKey(
  transaction: Transaction<Tables>,
  keyId: string,
  origin: ChangeOrigin,
): Promise<ApiKey> {
  const row = await transaction
    .updateTable('api_keys')
    .set({ revoked_at: new Date() })
    .where('key_id', '=', keyId)
    .returningAll()
    .executeTakeFirstOrThrow()
  const change = { keyId, name: row.name }
  await recordEvents(transaction, [{ kind: 'API_KEY_REVOKED', detectionId: null, change }], origin)
  return toApiKey(row)
}

/** Of a key that a person made up, less may be shown than of a random one. */
function shownPart(key: string): string {
  return key.slice(0, key.startsWith('tl_') ? 7 : 3)
}

/** What is stored in place of a key. */
export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

/** From a row to what may be shown. */
export function toApiKey(row: Selectable<ApiKeysTable>): ApiKey {
  return {
    keyId: row.key_id,
    name: row.name,
    role: row.role,
    username: row.username,
    prefix: row.prefix,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
  }
}

function parseNewKey(input: NewApiKey): z.output<typeof newKeySchema> {
  const result = newKeySchema.safeParse(input)
  if (result.success && !(result.data.expiresAt && result.data.expiresAt <= new Date())) return result.data
  const issues = result.success
    ? [{ path: 'expiresAt', message: 'The key would have expired already' }]
    : schemaIssues(result.error)
  throw new InvalidInput(
    `The API key cannot be made: ${issues.map(({ message }) => message).join('; ')}.`,
    issues,
  )
}
