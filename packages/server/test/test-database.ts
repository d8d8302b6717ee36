import { randomUUID } from 'node:crypto'
import { inject } from 'vitest'
import { createDatabase } from '../src/database/client.ts'
import type { PooledDatabase } from '../src/database/client.ts'
import { dropDatabase, executeOn, withDatabaseName } from './database-administration.ts'

/** A database of a test's own, migrated and otherwise empty. */
export interface TestDatabase extends AsyncDisposable {
  readonly connectionString: string
  readonly database: PooledDatabase
}

/** Makes one, by copying the template. Disposing of it drops it, whoever is still connected. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { template } = inject('testServer')
  // Copying the files takes half the time of logging every page, as long as nothing is synced to the disk.
  return create(`template ${template} strategy file_copy`)
}

/** Makes one without any tables, for the tests of migrations. */
export function createEmptyTestDatabase(): Promise<TestDatabase> {
  return create('')
}

async function create(options: string): Promise<TestDatabase> {
  const server = inject('testServer').connectionString
  const name = `tripline_test_${randomUUID().replaceAll('-', '')}`
  await executeOn(server, `create database ${name} ${options}`)
  const connectionString = withDatabaseName(server, name)
  const database = createDatabase(connectionString, { applicationName: 'tripline-test' })
  return {
    connectionString,
    database,
    [Symbol.asyncDispose]: async () => {
      await database.destroy()
      await dropDatabase(server, name)
    },
  }
}
