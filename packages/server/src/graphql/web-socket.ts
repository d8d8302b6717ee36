import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { Unauthenticated } from '@tripline/core'
import type { ExecutionArgs } from 'graphql'
import { useServer } from 'graphql-ws/use/ws'
import type { YogaServerInstance } from 'graphql-yoga'
import { WebSocketServer } from 'ws'
import type { Principal } from '../access/principal.ts'
import type { GraphqlContext } from './context.ts'

type GetEnveloped = YogaServerInstance<never, GraphqlContext>['getEnveloped']

/** The largest message a client may send, in bytes. */
const LARGEST_MESSAGE = 1_000_000
const CONNECT_TIMEOUT_MS = 10_000

/**
 * Serves subscriptions (and everything else) over `graphql-transport-ws`. A client authenticates with the
 * `Authorization` of its `connection_init` payload, or with the header of the request where it can set one.
 */
export function serveWebSocket(
  server: Server,
  path: string,
  getEnveloped: GetEnveloped,
  authenticate: (headers: IncomingHttpHeaders) => Promise<Principal | null>,
): () => Promise<void> {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE })
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (URL.parse(request.url ?? '', 'http://localhost')?.pathname !== path) return
    sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit('connection', opened, request))
  }
  server.on('upgrade', upgrade)

  const { dispose } = useServer<Record<string, unknown>, Record<PropertyKey, never>>(
    {
      connectionInitWaitTimeout: CONNECT_TIMEOUT_MS,
      onConnect: async ({ connectionParams, extra }) => {
        try {
          return (await authenticate(headersOf(extra.request, connectionParams))) !== null
        } catch (error) {
          if (error instanceof Unauthenticated) return false
          throw error
        }
      },
      onSubscribe: async ({ connectionParams, extra }, _id, { query, operationName, variables }) => {
        const { schema, parse, validate, contextFactory, execute, subscribe } = getEnveloped({
          req: extra.request,
          connectionHeaders: headersOf(extra.request, connectionParams),
        } as never)
        const document = parse(query)
        const problems = validate(schema, document)
        if (problems.length > 0) return problems
        return {
          schema,
          document,
          operationName,
          variableValues: variables,
          contextValue: await contextFactory(),
          rootValue: { execute, subscribe },
        }
      },
      execute: (args) => (args as EnvelopedArgs).rootValue.execute(args as ExecutionArgs),
      subscribe: (args) => (args as EnvelopedArgs).rootValue.subscribe(args as ExecutionArgs),
    },
    sockets,
  )
  return async () => {
    server.off('upgrade', upgrade)
    await dispose()
  }
}

interface EnvelopedArgs {
  readonly rootValue: Pick<ReturnType<GetEnveloped>, 'execute' | 'subscribe'>
}

function headersOf(
  { headers }: IncomingMessage,
  params: Readonly<Record<string, unknown>> | undefined,
): IncomingHttpHeaders {
  const authorization = params?.['Authorization'] ?? params?.['authorization']
  return typeof authorization === 'string' ? { ...headers, authorization } : headers
}
