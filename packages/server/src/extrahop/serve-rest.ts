import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { z } from 'zod'
import type { Authenticate } from '../access/authenticate.ts'
import { toActor, type Principal } from '../access/principal.ts'
import { authorize } from '../http/access-check.ts'
import { sendAnswer } from '../http/answer.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Route } from '../http/router.ts'
import { databaseCode } from '../database/database-unavailable.ts'
import { API_ROOT } from './paths.ts'
import { readJsonObject } from './rest-body.ts'
import { invalidRequest } from './rest-error.ts'
import type { RestAnswer, RestRoute } from './rest-route.ts'

/** What serving the API needs. */
export interface ServeRestDeps {
  readonly authenticate: Authenticate
  readonly maxBodyBytes: number
  readonly publicUrl: string | null
}

// Whoever asks without credentials where none are needed.
const anybody: Principal = { name: 'anybody', username: null, role: 'viewer', keyId: '' }

const HEADERS = { 'content-type': 'application/json', 'cache-control': 'no-store' }

/** Serves operations under the API's root. What goes wrong is thrown. */
export function serveRest(deps: ServeRestDeps, routes: readonly RestRoute[]): readonly Route[] {
  return routes.map((route) => ({
    methods: [route.method],
    path: `${API_ROOT}${route.path}`,
    handle: (exchange) => serve(deps, route, exchange),
  }))
}

async function serve(deps: ServeRestDeps, route: RestRoute, exchange: Exchange): Promise<void> {
  const { request, params, traceId, url } = exchange
  const principal =
    route.permission === null ? anybody : await authorize(deps.authenticate, exchange, route.permission)
  const query = parsed(route.query, Object.fromEntries(url.searchParams), 400)
  const given = route.body === undefined ? undefined : await readJsonObject(request, deps.maxBodyBytes)
  const body = parsed(route.body, given, route.invalidBody ?? 422)
  const answer = await route.handle({
    principal,
    origin: { actor: toActor(principal), connectionId: null, traceId },
    params,
    query: query as Record<string, unknown>,
    body,
    baseUrl: deps.publicUrl ?? originOf(request.headers.host),
  })
  await send(exchange, answer)
}

/** Where the client says that it found us. */
function originOf(host: string | undefined): string {
  return URL.parse(`http://${host ?? 'localhost'}`)?.origin ?? 'http://localhost'
}

function parsed(schema: z.ZodType | undefined, value: unknown, status: 400 | 422): unknown {
  if (schema === undefined) return value
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issues = result.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  )
  throw invalidRequest(status, issues.slice(0, 10))
}

async function send(exchange: Exchange, { status, headers = {}, body }: RestAnswer): Promise<void> {
  const { request, response } = exchange
  const all = body === undefined ? headers : { ...HEADERS, ...headers }
  if (body === undefined || typeof body === 'string' || request.method === 'HEAD') {
    const text = typeof body === 'string' ? { body } : {}
    await sendAnswer(exchange, { status, headers: all, ...text })
    return
  }
  response.writeHead(status, all)
  try {
    await pipeline(Readable.from(body), response)
  } catch (error) {
    // A client that goes away in the middle has nothing to be told.
    if (databaseCode(error) !== 'ERR_STREAM_PREMATURE_CLOSE') throw error
  }
}
