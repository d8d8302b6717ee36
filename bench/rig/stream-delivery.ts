import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import type { HttpStreamMessage } from '@tripline/core'
import type { PooledDatabase } from '../../packages/server/src/database/client.ts'
import { parseDestination } from '../../packages/server/src/plugin-host/allowed-destination.ts'
import { createStreamHost } from '../../packages/server/src/plugin-host/stream-host.ts'
import { createStreamPluginRegistry } from '../../packages/server/src/plugin-host/stream-plugin-registry.ts'
import { builtInStreamPlugins } from '../../packages/server/src/plugins.ts'
import { createSecretBox } from '../../packages/server/src/secrets/secret-box.ts'
import { enqueueMessages } from '../../packages/server/src/streams/enqueue-messages.ts'
import { startStreamEngine, type StreamEngine } from '../../packages/server/src/streams/stream-engine.ts'
import { createStreamSenders } from '../../packages/server/src/streams/stream-senders.ts'
import { createStreamTarget } from '../../packages/server/src/streams/stream-targets.ts'
import type { StreamTarget } from '../../packages/server/src/streams/stream-target.ts'
import { benchOrigin, secretKey } from './gateway.ts'
import { startListening, type ListeningProcess } from './server-process.ts'

/** What delivers the messages of a bench. */
export interface StreamDelivery extends AsyncDisposable {
  target(name: string, receiverUrl: string, pipeline: boolean): Promise<StreamTarget>
  enqueue(target: StreamTarget, count: number): Promise<void>
  /** How many messages wait; `isDrained` is cheaper. */
  waiting(target: StreamTarget): Promise<number>
  isDrained(target: StreamTarget): Promise<boolean>
  work(): StreamEngine
}

/** How many bytes a message of a bench carries. */
export const payloadBytes = 200

const BATCH = 1_000

/** Delivery in this process, as `tripline serve` has it. */
export function createStreamDelivery(database: PooledDatabase): StreamDelivery {
  const log = pino({ level: 'silent' })
  const allow = [parseDestination('127.0.0.0/8')].filter((each) => each !== undefined)
  const streamPlugins = createStreamPluginRegistry(builtInStreamPlugins, log)
  const key = Buffer.from(secretKey, 'hex')
  const secrets = createSecretBox({ key, previousKeys: [], directories: [], env: {} })
  const senders = createStreamSenders({
    streamPlugins,
    secrets,
    streamHost: createStreamHost({ allow }, log),
  })
  const message: HttpStreamMessage = {
    kind: 'http',
    method: 'POST',
    path: '/events',
    headers: { 'content-type': 'application/json' },
    payload: Buffer.alloc(payloadBytes, 'x').toString('base64'),
    reply: null,
  }
  return {
    target(name, receiverUrl, pipeline) {
      const { hostname, port } = new URL(receiverUrl)
      const settings = { host: hostname, port: Number(port), protocol: 'http', pipeline }
      return createStreamTarget(
        { database, streamPlugins, secrets, senders },
        { kind: 'http', name, settings },
        benchOrigin,
      )
    },
    async enqueue(target, count) {
      for (let done = 0; done < count; done += BATCH) {
        const size = Math.min(BATCH, count - done)
        const messages = Array.from({ length: size }, () => ({ target, message, source: {} }))
        await database.transaction().execute(async (transaction) => {
          const outcomes = await enqueueMessages(transaction, messages)
          if (outcomes.some(({ accepted }) => !accepted)) throw new Error('A message was not taken.')
        })
      }
    },
    async waiting({ targetId }) {
      const { count } = await database
        .selectFrom('stream_messages')
        .select((select) => select.fn.countAll<string>().as('count'))
        .where('target_id', '=', targetId)
        .executeTakeFirstOrThrow()
      return Number(count)
    },
    async isDrained({ targetId }) {
      const left = await database
        .selectFrom('stream_messages')
        .select('message_id')
        .where('target_id', '=', targetId)
        .where('state', '=', 'waiting')
        .limit(1)
        .executeTakeFirst()
      return left === undefined
    },
    work: () => startStreamEngine({ database, senders, log, onReplies: null }),
    [Symbol.asyncDispose]: () => senders.close(),
  }
}

/** Starts a receiver in a process of its own. */
export function startReceiverProcess(): Promise<ListeningProcess> {
  return startListening([fileURLToPath(new URL('counting-receiver.ts', import.meta.url))], {})
}
