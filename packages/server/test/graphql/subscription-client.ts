import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from 'graphql-ws'
import WebSocket from 'ws'
import type { GraphqlServer } from './graphql-server.ts'

/** A subscription as a client has it. */
export interface TestSubscription extends AsyncDisposable {
  /** Every result so far. */
  // oxlint-disable-next-line typescript/no-explicit-any -- a test says by its assertions what it expects in there
  readonly results: readonly any[]
  /** Resolves when the server ends it. */
  readonly ended: Promise<unknown>
}

export interface SubscribeOptions {
  readonly variables?: object
  readonly key?: string
}

/** Subscribes with server-sent events. */
export async function subscribeSse(
  server: GraphqlServer,
  query: string,
  { variables = {}, key = server.adminKey }: SubscribeOptions = {},
): Promise<TestSubscription> {
  const controller = new AbortController()
  const response = await fetch(server.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${key}`,
    },
    body: JSON.stringify({ query, variables }),
    signal: controller.signal,
  })
  const results: unknown[] = []
  const read = async (): Promise<void> => {
    let text = ''
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString('utf8')
      const events = text.split('\n\n')
      text = events.pop() ?? ''
      for (const event of events) {
        const data = /^data: (.*)$/mu.exec(event)?.[1]
        if (data !== undefined) results.push(JSON.parse(data))
      }
    }
  }
  const ended = read().catch(() => undefined)
  return {
    results,
    ended,
    async [Symbol.asyncDispose]() {
      controller.abort()
      await ended
    },
  }
}

/** Subscribes over `graphql-transport-ws`. */
export async function subscribeWebSocket(
  server: GraphqlServer,
  query: string,
  { variables = {}, key = server.adminKey }: SubscribeOptions = {},
): Promise<TestSubscription> {
  const client = createClient({
    url: server.url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: `Bearer ${key}` },
    retryAttempts: 0,
    lazy: true,
  })
  const results: unknown[] = []
  const { promise: ended, resolve, reject } = Promise.withResolvers<unknown>()
  let isEnded = false
  void ended.catch(() => undefined).then(() => (isEnded = true))
  const before = server.graphql.subscriptionCount().subscriptions
  client.subscribe(
    { query, variables: { ...variables } },
    { next: (result) => results.push(result), error: reject, complete: () => resolve(undefined) },
  )
  await Promise.race([ended.catch(() => undefined), untilSubscribed(server, before)])
  return {
    results,
    ended,
    async [Symbol.asyncDispose]() {
      const { subscriptions } = server.graphql.subscriptionCount()
      await client.dispose()
      // The server learns of it a little later, and the next subscription is counted on.
      if (!isEnded) while (server.graphql.subscriptionCount().subscriptions >= subscriptions) await sleep(5)
    },
  }
}

/** The protocol does not say when a subscription has begun; the server's count does. */
async function untilSubscribed(server: GraphqlServer, before: number): Promise<void> {
  while (server.graphql.subscriptionCount().subscriptions <= before) {
    await sleep(5)
  }
}
