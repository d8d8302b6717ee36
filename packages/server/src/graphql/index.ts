import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http'
import { createYoga } from 'graphql-yoga'
import type { GraphqlContext, GraphqlDeps } from './context.ts'
import { createErrorReport } from './execution/error-report.ts'
import { guardedExecution } from './execution/guarded-execution.ts'
import { viewerOf } from './field-options.ts'
import { buildSchema } from './schema.ts'
import { keepCompilers } from './sql/kept-compilers.ts'
import { createRowLoader } from './sql/row-loader.ts'
import { createStatementRunner } from './sql/statement.ts'
import { createAccessWatch } from './subscriptions/access-watch.ts'
import { createSubscribe } from './subscriptions/subscribe.ts'
import { createSubscriptionHub } from './subscriptions/subscription-hub.ts'
import { createDirectAnswers } from './direct-answers.ts'
import { refusesCrossSite } from './cross-site.ts'
import { serveWebSocket } from './web-socket.ts'

export type { GraphqlDeps } from './context.ts'

/** The GraphQL API of one process. */
export interface Graphql {
  /** Answers a request to `/graphql`: GraphQL over HTTP, and subscriptions as server-sent events. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Serves `graphql-transport-ws` at `/graphql` of a server. */
  attachWebSocket(server: Server): void
  /** How many subscriptions run, and of how many different operations. */
  subscriptionCount(): { readonly subscriptions: number; readonly groups: number }
  /** Ends all subscriptions. */
  close(): Promise<void>
}

/** Where the API is. */
const GRAPHQL_PATH = '/graphql'
const MEGABYTE = 1_000_000
const ACCESS_CHECK_MS = 10_000

/** What a request's context is made from: a request over HTTP, or an operation over a WebSocket. */
interface Initial {
  readonly req: IncomingMessage
  /** Headers that stand in for the request's own: browsers cannot set any on a WebSocket. */
  readonly connectionHeaders?: IncomingHttpHeaders
}

/** Makes the GraphQL API. */
export function createGraphql(deps: GraphqlDeps): Graphql {
  const { database, feed, log } = deps
  const errors = createErrorReport(log)
  const runner = createStatementRunner(database.pool)
  const hub = createSubscriptionHub({ database, feed, errors, log })
  const access = createAccessWatch(deps.authenticate, deps.accessCheckMs ?? ACCESS_CHECK_MS, log)
  const subscribe = createSubscribe({ database, feed, hub, access, errors, contextFor: newContext })
  let stopWebSocket = (): Promise<void> => Promise.resolve()

  function newContext({
    principal,
    traceId,
    headers,
  }: Pick<GraphqlContext, 'principal' | 'traceId' | 'headers'>): GraphqlContext {
    const context: GraphqlContext = {
      deps,
      principal,
      traceId,
      headers,
      rows: createRowLoader(runner, () => viewerOf(context)),
    }
    return context
  }

  const schema = buildSchema()
  const compilerOf = keepCompilers()
  const maxBodyBytes = deps.maxBodyBytes ?? MEGABYTE
  const { authenticate, introspection } = deps
  const direct = createDirectAnswers({
    schema,
    compilerOf,
    runner,
    errors,
    authenticate,
    maxBodyBytes,
    traceIdOf,
  })

  const yoga = createYoga<Initial, GraphqlContext>({
    schema,
    graphqlEndpoint: GRAPHQL_PATH,
    context: async ({ req, connectionHeaders }) => {
      const headers = connectionHeaders ?? req.headers
      return newContext({ principal: await deps.authenticate(headers), traceId: traceIdOf(headers), headers })
    },
    plugins: [
      refusesCrossSite,
      guardedExecution({
        introspection,
        compilerOf,
        runner,
        errors,
        subscribe,
        onPassThrough: (text, document) => direct.remember(text, document),
      }),
    ],
    // What is left after the plugin above: errors before there is a context.
    maskedErrors: { maskError: (error) => errors.toClient(error, randomUUID()) },
    logging: false,
    graphiql: deps.development,
    landingPage: false,
    multipart: false,
    batching: false,
    cors: false,
    maxRequestBodySize: maxBodyBytes,
    disposeOnProcessTerminate: false,
  })

  return {
    async handle(request, response) {
      if (!(await direct.answer(request, response)))
        await yoga.handle(request, response, { req: request } as never)
    },
    attachWebSocket(server) {
      stopWebSocket = serveWebSocket(server, GRAPHQL_PATH, yoga.getEnveloped, deps.authenticate)
    },
    subscriptionCount: () => hub.count(),
    async close() {
      access.close()
      hub.close()
      await stopWebSocket()
      await yoga.dispose()
    },
  }
}

/** The name that the HTTP server gave the request; operations over a WebSocket have none of their own. */
function traceIdOf(headers: IncomingHttpHeaders): string {
  const name = headers['x-request-id']
  return typeof name === 'string' && headers.upgrade === undefined ? name : randomUUID()
}
