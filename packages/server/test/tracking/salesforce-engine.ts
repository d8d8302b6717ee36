import { salesforcePlugin } from '@tripline/plugin-salesforce'
import { pino } from 'pino'
import { createDatabase } from '../../src/database/client.ts'
import { createPluginRegistry } from '../../src/plugin-host/plugin-registry.ts'
import { createSecretBox } from '../../src/secrets/secret-box.ts'
import { createAdapters } from '../../src/tracking/adapters.ts'
import type { ConnectionDeps } from '../../src/tracking/connections.ts'
import { startEngine } from '../../src/tracking/engine.ts'
import { sourceAdaptersOf } from '../sources/source-adapters-of.ts'

const log = pino({ level: 'silent' })

/** What the work on Salesforce takes in one process. */
export function salesforceDeps(connectionString: string): ConnectionDeps & AsyncDisposable {
  const database = createDatabase(connectionString, { max: 14 })
  const plugins = createPluginRegistry([salesforcePlugin as never], log)
  const secrets = createSecretBox({ key: Buffer.alloc(32, 7), previousKeys: [], env: {}, directories: [] })
  const host = { fetch: globalThis.fetch, now: () => new Date(), log: () => undefined }
  const adapters = createAdapters({ plugins, secrets, host })
  return {
    database,
    plugins,
    secrets,
    adapters,
    async [Symbol.asyncDispose]() {
      await adapters.close()
      await database.destroy()
    },
  }
}

/** An engine on connections and adapters of its own, as a process has. It polls once when there is a connection, and not again for an hour. */
export async function startSalesforceEngine(connectionString: string): Promise<AsyncDisposable> {
  const deps = salesforceDeps(connectionString)
  const database = createDatabase(connectionString, { max: 14 })
  const sourceAdapters = sourceAdaptersOf(deps.secrets)
  const engine = await startEngine({
    database,
    adapters: deps.adapters,
    sourceAdapters,
    publicUrl: 'https://tripline.example',
    callTimeoutMs: 5_000,
    now: () => new Date(),
    log,
    concurrency: 4,
    pollIntervalMs: 60 * 60_000,
  })
  return {
    async [Symbol.asyncDispose]() {
      await engine.stop()
      await sourceAdapters.close()
      await database.destroy()
      await deps[Symbol.asyncDispose]()
    },
  }
}
