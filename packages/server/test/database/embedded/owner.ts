// A program that owns an embedded PostgreSQL until it is killed: `node owner.ts DATA_DIR [SYSTEM_DIRECTORY]`. It
// prints one line of JSON: where its server is, or with which code it was refused.
import { GatewayError } from '@tripline/core'
import { startEmbeddedPostgres } from '../../../src/database/embedded-postgres.ts'

const [dataDir = '', ...systemDirectories] = process.argv.slice(2)
try {
  const { pid, connectionString, clusterDirectory } = await startEmbeddedPostgres({
    dataDir,
    systemDirectories,
    durable: false,
    log: { debug: () => {}, info: () => {}, warn: console.error, error: console.error },
  })
  console.log(JSON.stringify({ pid, connectionString, clusterDirectory }))
  setInterval(() => {}, 60_000)
} catch (error) {
  if (!(error instanceof GatewayError)) throw error
  console.log(JSON.stringify({ code: error.code, message: error.message }))
}
