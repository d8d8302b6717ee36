import { sql } from 'kysely'
import type { Database } from '../database/client.ts'

/** An account of a ticketing system that belongs to a user name of ours. */
export interface LearnedIdentity {
  readonly username: string
  readonly accountId: string
  readonly accountName: string
}

/** Adds an identity to a connection's mappings, unless the user name has one already. */
export async function learnIdentity(
  database: Database,
  connectionId: string,
  identity: LearnedIdentity,
): Promise<void> {
  await sql`
    update ticketing_connections set mappings = jsonb_set(
      mappings, '{identities}', coalesce(mappings -> 'identities', '[]') || ${JSON.stringify([identity])}::jsonb
    )
    where connection_id = ${connectionId} and not exists (
      select from jsonb_array_elements(coalesce(mappings -> 'identities', '[]')) known
      where known ->> 'username' = ${identity.username}
    )`.execute(database)
}
