// A process that delivers what waits in the database that its argument names, until it is killed.
import { pino } from 'pino'
import { createDatabase } from '../../src/database/client.ts'
import { parseDestination } from '../../src/plugin-host/allowed-destination.ts'
import { createStreamHost } from '../../src/plugin-host/stream-host.ts'
import { createStreamPluginRegistry } from '../../src/plugin-host/stream-plugin-registry.ts'
import { builtInStreamPlugins } from '../../src/plugins.ts'
import { createSecretBox } from '../../src/secrets/secret-box.ts'
import { startStreamEngine } from '../../src/streams/stream-engine.ts'
import { createStreamSenders } from '../../src/streams/stream-senders.ts'

const log = pino({ level: 'silent' })
const allow = [parseDestination('127.0.0.0/8')].filter((each) => each !== undefined)
const senders = createStreamSenders({
  streamPlugins: createStreamPluginRegistry(builtInStreamPlugins, log),
  secrets: createSecretBox({ key: Buffer.alloc(32, 7), previousKeys: [], env: {}, directories: [] }),
  streamHost: createStreamHost({ allow }, log),
})
const database = createDatabase(process.argv[2] ?? '', { max: 4 })
startStreamEngine({ database, senders, log, onReplies: null })
