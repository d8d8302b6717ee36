import type { HttpStreamMessage, JsonObject, StreamKind, StreamMessage, StreamPlugin } from '@tripline/core'
import type { Selectable } from 'kysely'
import { pino } from 'pino'
import { createDatabase, type PooledDatabase } from '../../src/database/client.ts'
import type { StreamMessagesTable, StreamTargetsTable } from '../../src/database/tables.ts'
import { parseDestination } from '../../src/plugin-host/allowed-destination.ts'
import { createStreamHost } from '../../src/plugin-host/stream-host.ts'
import { createStreamPluginRegistry } from '../../src/plugin-host/stream-plugin-registry.ts'
import { builtInStreamPlugins } from '../../src/plugins.ts'
import { createSecretBox } from '../../src/secrets/secret-box.ts'
import { enqueueMessages, type EnqueueOutcome } from '../../src/streams/enqueue-messages.ts'
import {
  startStreamEngine,
  type StreamEngine,
  type StreamEngineOptions,
} from '../../src/streams/stream-engine.ts'
import { createStreamSenders } from '../../src/streams/stream-senders.ts'
import type { StreamTarget } from '../../src/streams/stream-target.ts'
import {
  createStreamTarget,
  type NewStreamTarget,
  type StreamTargetDeps,
} from '../../src/streams/stream-targets.ts'
import { createTestDatabase } from '../test-database.ts'

const log = pino({ level: 'silent' })

export const origin = {
  actor: { kind: 'person', name: 'sam' },
  connectionId: null,
  traceId: 'test',
} as const

const loopback = [parseDestination('127.0.0.0/8')].filter((each) => each !== undefined)

export interface StreamWorld extends AsyncDisposable {
  readonly connectionString: string
  readonly database: PooledDatabase
  readonly deps: StreamTargetDeps
  /** Starts delivering, on connections of its own as another process would have. */
  work(options?: Partial<StreamEngineOptions>): Promise<StreamEngine>
  target(target: Partial<NewStreamTarget> & { readonly settings: JsonObject }): Promise<StreamTarget>
  /** Queues messages for a target, in one transaction. */
  send(
    target: { kind: StreamKind; name: string },
    ...messages: StreamMessage[]
  ): Promise<readonly EnqueueOutcome[]>
  row(target: StreamTarget): Promise<Selectable<StreamTargetsTable>>
  messages(target: StreamTarget): Promise<readonly Selectable<StreamMessagesTable>[]>
  /** Waits until nothing waits for a target any more. */
  drained(target: StreamTarget, timeoutMs?: number): Promise<void>
}

/** A database and what delivers from it; nothing is delivered before `work`. */
export async function startStreamWorld(
  plugins: readonly StreamPlugin[] = builtInStreamPlugins,
  allow = loopback,
): Promise<StreamWorld> {
  const stack = new AsyncDisposableStack()
  const test = stack.use(await createTestDatabase())
  const { database } = test
  const streamPlugins = createStreamPluginRegistry(plugins, log)
  const secrets = createSecretBox({ key: Buffer.alloc(32, 7), previousKeys: [], env: {}, directories: [] })
  const senderDeps = { streamPlugins, secrets, streamHost: createStreamHost({ allow }, log) }
  const senders = createStreamSenders(senderDeps)
  stack.defer(() => senders.close())
  const deps = { database, streamPlugins, secrets, senders }
  const world: Omit<StreamWorld, typeof Symbol.asyncDispose> = {
    connectionString: test.connectionString,
    database,
    deps,
    work(options = {}) {
      const own = createDatabase(test.connectionString, { max: 8 })
      stack.defer(() => own.destroy())
      const ownSenders = createStreamSenders(senderDeps)
      stack.defer(() => ownSenders.close())
      const engine = startStreamEngine({
        database: own,
        senders: ownSenders,
        log,
        onReplies: null,
        ...options,
      })
      stack.defer(() => engine.stop())
      return Promise.resolve(engine)
    },
    target: (target) => createStreamTarget(deps, { kind: 'http', name: 'default', ...target }, origin),
    async send({ kind, name }, ...messages) {
      return await database.transaction().execute((transaction) =>
        enqueueMessages(
          transaction,
          messages.map((message) => ({ target: { kind, name }, message, source: { test: true } })),
        ),
      )
    },
    row: (target) =>
      database
        .selectFrom('stream_targets')
        .selectAll()
        .where('target_id', '=', target.targetId)
        .executeTakeFirstOrThrow(),
    messages: (target) =>
      database
        .selectFrom('stream_messages')
        .selectAll()
        .where('target_id', '=', target.targetId)
        .orderBy('message_id')
        .execute(),
    drained: (target, timeoutMs) =>
      until(async () => {
        const waiting = await database
          .selectFrom('stream_messages')
          .select('message_id')
          .where('target_id', '=', target.targetId)
          .where('state', '=', 'waiting')
          .limit(1)
          .executeTakeFirst()
        return waiting === undefined
      }, timeoutMs),
  }
  return { ...world, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

/** A request whose body is a text. */
export function post(body: string, change: Partial<HttpStreamMessage> = {}): HttpStreamMessage {
  return {
    kind: 'http',
    method: 'POST',
    path: '/events?source=tripline',
    headers: { 'Content-Type': 'text/plain' },
    payload: Buffer.from(body).toString('base64'),
    reply: null,
    ...change,
  }
}

/** Waits for something to hold. */
export async function until(holds: () => Promise<boolean> | boolean, timeoutMs = 20_000): Promise<void> {
  const end = Date.now() + timeoutMs
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Not within ${timeoutMs} ms: ${holds.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}
