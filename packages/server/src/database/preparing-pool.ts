import type { PostgresPool, PostgresPoolClient } from 'kysely'
import { DatabaseError as PostgresError, type Pool, type PoolClient } from 'pg'
import { createStatementNames, type StatementNames } from './statement-names.ts'

/** What can be prepared: PostgreSQL has no plans for the rest, such as `begin`. */
const changesOrReads = /^\s*(?:select|with|insert|update|delete)\b/iu

/**
 * A pool whose connections prepare the statements that come again: parsing and planning them costs more than carrying
 * them out, since most touch one row.
 */
export function createPreparingPool(pool: Pool): PostgresPool {
  const names = createStatementNames('statement')
  const clients = new WeakMap<PoolClient, PostgresPoolClient>()
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect()
      const known = clients.get(client)
      if (known !== undefined) return known
      const preparing = preparingClient(client, names)
      clients.set(client, preparing)
      return preparing
    },
  }
}

function preparingClient(client: PoolClient, names: StatementNames): PostgresPoolClient {
  const query = async (text: string, values: readonly unknown[]): Promise<unknown> => {
    const name = changesOrReads.test(text) ? names.nameOf(text) : undefined
    try {
      return await client.query({ text, values: [...values], ...(name === undefined ? {} : { name }) })
    } catch (error) {
      // A table got another column. The transaction is lost; whoever repeats it gets a new plan.
      if (error instanceof PostgresError && error.routine === 'RevalidateCachedQuery') names.forget(text)
      throw error
    }
  }
  return {
    query: query as PostgresPoolClient['query'],
    release: (destroy) => client.release(destroy),
    ...('processID' in client && typeof client.processID === 'number' ? { processID: client.processID } : {}),
  }
}
