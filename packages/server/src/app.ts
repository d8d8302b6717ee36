import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { applyCors } from './http/cors.ts'
import { sendAnswer } from './http/answer.ts'
import { describeError, errorAnswer } from './http/error-answer.ts'
import type { Exchange } from './http/exchange.ts'
import { healthRoutes } from './http/health-routes.ts'
import { hooksRoute, type ReceiveWebhook } from './http/hooks-route.ts'
import { ingestRoute } from './http/ingest-route.ts'
import { landingRoute } from './http/landing-page.ts'
import type { Metrics } from './http/metrics.ts'
import { metricsRoute } from './http/metrics-route.ts'
import { refuseDeclaredSize } from './http/request-body.ts'
import { createRouter, type Route } from './http/router.ts'
import { applySecurityHeaders, EMPTY_POLICY } from './http/security-headers.ts'
import { assignTraceId } from './http/trace-id.ts'
import type { Authenticate } from './access/authenticate.ts'
import { extrahopRoutes } from './extrahop/index.ts'
import { isRestPath, restErrorAnswer } from './extrahop/rest-error.ts'
import type { Config } from './config.ts'
import type { PooledDatabase } from './database/client.ts'
import type { Log } from './log.ts'
import type { StreamTargetDeps } from './streams/stream-targets.ts'
import type { TriggerDeps } from './triggers/triggers.ts'

/** What answers `/graphql`. */
export interface GraphqlHandler {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void> | void
  attachWebSocket(server: Server): void
  /** Ends every subscription. */
  close(): Promise<void>
}

/** What the HTTP side of the server is made from. */
export interface AppDeps {
  readonly config: Config
  readonly log: Log
  readonly database: PooledDatabase
  readonly authenticate: Authenticate
  readonly metrics: Metrics
  readonly graphql: GraphqlHandler
  readonly triggers: TriggerDeps
  readonly receiveWebhook: ReceiveWebhook
  readonly streams: StreamTargetDeps
  readonly version: string
}

/** The HTTP side of the server. */
export interface App {
  readonly server: Server
  /** Listens; returns the address, without a slash at its end. */
  listen(host: string, port: number): Promise<string>
  /** Takes no more connections, ends subscriptions, and waits for the requests under way, for so long at most. */
  close(patienceMs: number): Promise<void>
}

const HEADERS_TIMEOUT_MS = 20_000
const SOCKET_TIMEOUT_MS = 120_000
const MAX_HEADER_BYTES = 16 * 1024
/** What is read whole, up to the configured size. */
const BOUNDED = /^\/(?:graphql(?:\?|$)|api\/v1\/)/u

/** Makes the HTTP server; it does not listen yet. */
export function createApp(deps: AppDeps): App {
  const { config, graphql, metrics } = deps
  let stopping = false
  const findRoute = createRouter([
    graphqlRoute(deps),
    ingestRoute({ ...deps, ...config }),
    hooksRoute(deps.receiveWebhook),
    ...extrahopRoutes({ ...deps, ...config, now: () => new Date() }),
    ...healthRoutes({ database: deps.database, isStopping: () => stopping }),
    metricsRoute({ ...deps, ...config }),
    landingRoute({ development: config.development, version: deps.version }),
  ])
  const isHttps = config.publicUrl?.startsWith('https:') ?? false

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const traceId = assignTraceId(request)
    const url = URL.parse(request.url ?? '/', 'http://tripline') ?? new URL('http://tripline/')
    const exchange = new Received(request, response, url, traceId, deps.log)
    const begun = performance.now()
    let routeName = 'none'
    response.once('close', () => {
      const seconds = (performance.now() - begun) / 1000
      metrics.countRequest(routeName, request.method ?? '', response.statusCode, seconds)
    })
    applySecurityHeaders(response, traceId, isHttps)
    if (applyCors(exchange, config.corsOrigins)) return
    try {
      const { route, params } = findRoute(request.method ?? 'GET', url.pathname)
      routeName = route.path
      if (route.path !== '/graphql') response.setHeader('content-security-policy', EMPTY_POLICY)
      exchange.params = params
      await route.handle(exchange)
    } catch (error) {
      if (request.destroyed && !request.complete) return
      const { status } = describeError(error, traceId)
      if (status >= 500)
        exchange.log.error({ err: error, method: request.method, path: url.pathname }, 'a request failed')
      if (response.headersSent) response.destroy()
      else {
        const told = isRestPath(url.pathname)
          ? restErrorAnswer(error, traceId, request.headers.authorization)
          : errorAnswer(error, traceId)
        await sendAnswer(exchange, told)
      }
    }
  }

  const receive = (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch((error: unknown) => {
      deps.log.error({ err: error }, 'a request could not be answered')
      response.destroy()
    })
  }
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_TIMEOUT_MS,
      // An ingest may go on for hours; who sends nothing is ended by the socket's timeout.
      requestTimeout: 0,
      keepAliveTimeout: 65_000,
    },
    receive,
  )
  server.setTimeout(SOCKET_TIMEOUT_MS)
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    const isRefused =
      BOUNDED.test(request.url ?? '') && Number(request.headers['content-length']) > config.maxBodyBytes
    if (!isRefused) response.writeContinue()
    receive(request, response)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuseMalformed(error, socket))
  graphql.attachWebSocket(server)

  return {
    server,
    async listen(host, port) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          resolve()
        })
      })
      return addressOf(server.address() as AddressInfo)
    },
    async close(patienceMs) {
      stopping = true
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await graphql.close()
      server.closeIdleConnections()
      const impatient = setTimeout(() => server.closeAllConnections(), patienceMs)
      await closed
      clearTimeout(impatient)
    },
  }
}

/** A request as it came; most write nothing to the log, and a log of one's own takes time to make. */
class Received implements Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly traceId: string
  params: Readonly<Record<string, string>> = {}
  readonly #log: Log
  #ownLog: Log | undefined

  constructor(request: IncomingMessage, response: ServerResponse, url: URL, traceId: string, log: Log) {
    this.request = request
    this.response = response
    this.url = url
    this.traceId = traceId
    this.#log = log
  }

  get log(): Log {
    this.#ownLog ??= this.#log.child({ traceId: this.traceId })
    return this.#ownLog
  }
}

function graphqlRoute({ config, graphql }: AppDeps): Route {
  return {
    methods: null,
    path: '/graphql',
    async handle({ request, response }) {
      refuseDeclaredSize(request, config.maxBodyBytes)
      await graphql.handle(request, response)
    },
  }
}

/** What is not HTTP never becomes a request, so it is answered here. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const [status, code] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'HEADERS_TOO_LARGE']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'REQUEST_TIMEOUT']
        : ['400 Bad Request', 'BAD_REQUEST']
  const body = JSON.stringify({ error: { code, message: `The request was refused: ${status.slice(4)}.` } })
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}

function addressOf({ address, port, family }: AddressInfo): string {
  const reachable = address === '0.0.0.0' || address === '::' ? 'localhost' : address
  return `http://${family === 'IPv6' && reachable !== 'localhost' ? `[${reachable}]` : reachable}:${port}`
}
