import {
  type Exchange,
  type SimulatorAnswer,
  type SimulatorRequest,
  type SimulatorServer,
  startSimulatorServer,
} from '@tripline/adapter-testkit/simulator'

/** Stands between an adapter and a genuine system, where things can be made to go wrong. */
export interface FaultProxy extends SimulatorServer {
  /** Called before a request is passed on; what it answers is passed on instead. */
  onRequest(change: (request: SimulatorRequest) => Promise<SimulatorRequest>): void
}

/** A request as it is passed on. */
export interface PassedRequest {
  readonly method: string
  readonly headers: [string, string][]
  readonly redirect: 'manual'
  readonly body?: Uint8Array<ArrayBuffer>
}

/** What differs from proxy to proxy. */
export interface FaultProxyOptions {
  /** Of the faults that have a probability. */
  readonly seed?: number
  readonly webhookRetryGapsMs?: readonly number[]
  /** Called after every answer and every fault, with when the request came that was passed on; `null`: it was not. */
  /** Passes requests on instead of this thread's own. */
  readonly fetch?: (url: string, request: PassedRequest) => Promise<Response>
  readonly onExchange?: (exchange: Exchange, passedOnAt: Date | null) => void
}

const SENT = ['authorization', 'content-type', 'accept', 'if-match']
const ANSWERED = ['content-type', 'etag', 'last-modified', 'location']

export async function startFaultProxy(
  target: string,
  { fetch: pass = fetch, onExchange, ...options }: FaultProxyOptions = {},
): Promise<FaultProxy> {
  const passedOn = new WeakMap<SimulatorAnswer, Date>()
  const server = await startSimulatorServer({
    title: 'Request Tracker',
    ...options,
    onExchange(exchange) {
      const { answer } = exchange
      onExchange?.(exchange, answer === null ? null : (passedOn.get(answer) ?? null))
    },
  })
  let change = (request: SimulatorRequest): Promise<SimulatorRequest> => Promise.resolve(request)
  const handle = async (incoming: SimulatorRequest): Promise<SimulatorAnswer> => {
    const { headers, method, path, query, rawBody } = await change(incoming)
    const response = await pass(`${target}${path}${query.size === 0 ? '' : `?${query}`}`, {
      method,
      headers: SENT.flatMap((name): [string, string][] => {
        const value = headers[name]
        return typeof value === 'string' ? [[name, value]] : []
      }),
      redirect: 'manual',
      ...(rawBody.length === 0 ? {} : { body: new Uint8Array(rawBody) }),
    })
    const kept = ANSWERED.flatMap((name) => {
      const value = response.headers.get(name)
      return value === null ? [] : [[name, value] as const]
    })
    const { status } = response
    const answer = { status, headers: Object.fromEntries(kept), body: await response.text() }
    passedOn.set(answer, incoming.receivedAt)
    return answer
  }
  server.serve(['GET', 'POST', 'PUT'].map((method) => ({ method, path: '/*', handle })))
  return {
    ...server,
    onRequest(given) {
      change = given
    },
  }
}
