import { randomUUID } from 'node:crypto'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { createDatabase } from '../src/database/client.ts'
import { startEmbeddedPostgres } from '../src/database/embedded-postgres.ts'
import { migrateToLatest } from '../src/database/migrate.ts'
import { dropDatabase, executeOn, withDatabaseName } from './database-administration.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The server that the tests' databases are made on, and the migrated database they are copies of. */
    testServer: { readonly connectionString: string; readonly template: string }
  }
}

/** Starts the tests' PostgreSQL, unless `TEST_DATABASE_URL` names one, and migrates what each test gets a copy of. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await findServer()
  const template = `tripline_template_${randomUUID().replaceAll('-', '')}`
  try {
    await executeOn(server.connectionString, `create database ${template}`)
    await using database = createDatabase(withDatabaseName(server.connectionString, template))
    await migrateToLatest(database)
  } catch (error) {
    await server.stop()
    throw error
  }
  project.provide('testServer', { connectionString: server.connectionString, template })
  return async () => {
    await dropDatabase(server.connectionString, template)
    await server.stop()
  }
}

async function findServer(): Promise<{ connectionString: string; stop(): Promise<void> }> {
  const connectionString = process.env['TEST_DATABASE_URL']
  if (connectionString !== undefined && connectionString !== '') {
    return { connectionString, stop: () => Promise.resolve() }
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'tripline-test-'))
  // For the user that PostgreSQL runs as when the tests are root's.
  await chmod(dataDir, 0o711)
  const postgres = await startEmbeddedPostgres({
    dataDir,
    durable: false,
    log: { debug: () => {}, info: () => {}, warn: console.warn, error: console.error },
  })
  return {
    connectionString: postgres.connectionString,
    stop: async () => {
      await postgres.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
