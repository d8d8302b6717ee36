import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AnswerNow, jsonAnswer, type SimulatorAnswer } from './answer.ts'
import type { Exchange } from './exchange.ts'
import { answerWithFault, processesFirst } from './fault-answer.ts'
import { createFaultBook, type Faults } from './faults.ts'
import { inspectionRoutes } from './inspection-routes.ts'
import { createRequestLog, type LoggedRequest } from './request-log.ts'
import { matchRoute, type Route } from './router.ts'
import { seededRandom } from './seeded-random.ts'
import type { SimulatorRequest } from './simulator-request.ts'
import { createWebhookFaultBook } from './webhook-fault.ts'
import { createWebhookSender, type WebhookSender } from './webhook-sender.ts'

export interface SimulatorServerOptions {
  /** Shown on the page for people. */
  readonly title: string
  /** A free port when left out. */
  readonly port?: number | undefined
  readonly now?: (() => Date) | undefined
  /** Of everything that is left to chance. */
  readonly seed?: number | undefined
  /** Asked before a route is; an answer ends the request. For authentication and limits. Not asked under `/_sim/`. */
  readonly guard?: (request: SimulatorRequest) => SimulatorAnswer | null
  /** When no route fits. */
  readonly notFound?: (request: SimulatorRequest) => SimulatorAnswer
  /** Called after every answer of a route outside `/_sim/`, and after every fault. */
  readonly onExchange?: ((exchange: Exchange) => void) | undefined
  /** Called by `POST /_sim/reset`, after faults, log and deliveries are cleared. */
  readonly reset?: () => void
  /** Before each repetition of a webhook. */
  readonly webhookRetryGapsMs?: readonly number[] | undefined
  /** How many requests the log keeps. */
  readonly logCapacity?: number | undefined
}

/** A vendor's simulator, running. */
export interface SimulatorServer {
  /** Without a slash at its end. */
  readonly url: string
  readonly faults: Faults
  readonly webhooks: WebhookSender
  requests(): readonly LoggedRequest[]
  clearRequests(): void
  /** Routes are given when the server already knows its address, which answers often name. */
  serve(routes: readonly Route[]): void
  close(): Promise<void>
}

const MAX_REQUEST_BYTES = 32 * 1024 * 1024
const VENDOR_LIKE_GAPS_MS = [5_000, 10_000, 20_000, 60_000, 120_000]

/** Starts an HTTP server on the loopback interface. */
export async function startSimulatorServer(options: SimulatorServerOptions): Promise<SimulatorServer> {
  const now = options.now ?? (() => new Date())
  const random = seededRandom(options.seed ?? 1)
  const log = createRequestLog(options.logCapacity ?? 10_000)
  const faults = createFaultBook(random)
  const webhooks = createWebhookSender({
    now,
    faults: createWebhookFaultBook(random),
    retryGapsMs: options.webhookRetryGapsMs ?? VENDOR_LIKE_GAPS_MS,
    timeoutMs: 20_000,
  })
  let routes: readonly Route[] = []
  const inspection = inspectionRoutes({
    title: options.title,
    log,
    faults,
    webhooks,
    reset() {
      faults.clear()
      webhooks.faults.clear()
      webhooks.clear()
      log.clear()
      options.reset?.()
    },
  })

  async function answerOf(request: SimulatorRequest, guarded: boolean): Promise<SimulatorAnswer> {
    try {
      const refused = guarded ? (options.guard?.(request) ?? null) : null
      if (refused !== null) return refused
      const match = matchRoute(guarded ? routes : [...inspection, ...routes], request.method, request.path)
      if (match !== null) return await match.route.handle({ ...request, params: match.params })
      return (
        options.notFound?.(request) ??
        jsonAnswer(404, { error: `No route ${request.method} ${request.path}` })
      )
    } catch (error) {
      if (error instanceof AnswerNow) return error.answer
      return jsonAnswer(500, {
        error: `The simulator itself failed: ${error instanceof Error ? error.stack : String(error)}`,
      })
    }
  }

  async function receive(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://simulator')
    const rawBody = await readBody(incoming)
    if (rawBody === null) return send(response, jsonAnswer(413, { error: 'The request is too large' }))
    const request: SimulatorRequest = {
      method: incoming.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      params: {},
      headers: incoming.headers,
      rawBody,
      receivedAt: now(),
    }
    if (url.pathname.startsWith('/_sim/')) {
      const foreign = request.method !== 'GET' && isForeign(incoming)
      return send(
        response,
        foreign ? jsonAnswer(403, { error: 'Not from another site' }) : await answerOf(request, false),
      )
    }
    const body = rawBody.toString('utf8')
    const { method, headers } = request
    const entry = log.open({ at: request.receivedAt, method, path: url.pathname + url.search, headers, body })
    const fault = faults.take(request)
    entry.fault = fault?.kind ?? null
    const answer = fault === null || processesFirst(fault) ? await answerOf(request, true) : null
    // Before sending, so that whoever awaits the answer finds the log and the observer up to date.
    const exchange = { method, path: url.pathname, query: url.search.slice(1), headers, body }
    options.onExchange?.({ request: exchange, answer, fault: entry.fault })
    if (fault === null) {
      if (answer === null) return
      entry.status = answer.status
      send(response, answer)
    } else {
      await answerWithFault(fault, answer, response, (status) => {
        entry.status = status
      })
    }
  }

  const server = createServer((incoming, response) => {
    receive(incoming, response).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : new Error(String(error)))
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    webhooks,
    requests: () => [...log.entries],
    clearRequests: () => log.clear(),
    serve(given) {
      routes = given
    },
    async close() {
      await webhooks.close()
      if (!server.listening) return
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

/** A page of another site must not be able to change what a person's simulator holds. */
function isForeign(incoming: IncomingMessage): boolean {
  const { origin, host } = incoming.headers
  if (origin === undefined) return false
  return !URL.canParse(origin) || new URL(origin).host !== host
}

async function readBody(incoming: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_REQUEST_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function send(response: ServerResponse, answer: SimulatorAnswer): void {
  response.writeHead(answer.status, answer.headers).end(answer.body)
}
