import { Rejected, TicketingError, Unavailable, UnexpectedResponse } from '@tripline/core'
import { readBody } from './body-limit.ts'
import { networkFault } from './network-fault.ts'

/** One request to another system. */
export interface HttpRequest {
  readonly method: string
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as a form when it is URLSearchParams, as JSON otherwise; absent: no body. */
  readonly body?: unknown
  /** Whether the request changes anything there. By default everything does but GET and HEAD; a search sent by POST does not. */
  readonly writes?: boolean
}

/** What bounds an exchange. */
export interface HttpLimits {
  /** For the whole exchange, the body included. */
  readonly timeoutMs: number
  /** A larger body is not read to its end. */
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/** What came back, whatever its status. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: Headers
  /** The body as text; cut short when the status is not 2xx and the body is long. */
  readonly text: string
  /** Method, host and path, for messages; never the query, which may hold secrets. */
  readonly request: string
  readonly writes: boolean
}

const ERROR_BODY_BYTES = 65_536

/**
 * Sends a request and reads the answer within its limits. Redirects are not followed: they would carry credentials
 * and bodies to an address that nobody configured.
 *
 * @throws Unavailable when no whole answer came; `outcome` says whether a write may have been carried out
 * @throws UnexpectedResponse when the body is larger than allowed
 * @throws Rejected when a header cannot be sent
 */
export async function exchange(
  fetch: typeof globalThis.fetch,
  request: HttpRequest,
  limits: HttpLimits,
): Promise<HttpAnswer> {
  const writes = request.writes ?? !['GET', 'HEAD'].includes(request.method.toUpperCase())
  const shown = shownRequest(request)
  const init = { ...requestInit(request), method: request.method, redirect: 'manual' as const }
  if (limits.signal.aborted) throw new Unavailable(`${shown} was not sent: the call had ended.`)
  const abort = new AbortController()
  const onAbort = (): void => abort.abort(limits.signal.reason)
  limits.signal.addEventListener('abort', onAbort, { once: true })
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    abort.abort()
  }, limits.timeoutMs)
  try {
    const response = await fetch(request.url, { ...init, signal: abort.signal })
    const text = await answerText(response, limits.maxBytes)
    if (text === null) {
      throw new UnexpectedResponse(
        `${shown} answered with more than ${limits.maxBytes} bytes.`,
        writes ? { outcome: 'unknown' } : {},
      )
    }
    return { status: response.status, headers: response.headers, text, request: shown, writes }
  } catch (error) {
    if (error instanceof TicketingError) throw error
    if (timedOut) throw cutShort(`${shown} was not answered within ${limits.timeoutMs} ms.`, writes)
    if (limits.signal.aborted) throw cutShort(`${shown} was ended before its answer came.`, writes)
    throw networkFault(error, shown, writes)
  } finally {
    clearTimeout(timer)
    limits.signal.removeEventListener('abort', onAbort)
  }
}

function cutShort(message: string, writes: boolean): Unavailable {
  return new Unavailable(message, writes ? { outcome: 'unknown' } : {})
}

/** `null`: too large. The status of a refusal counts even when its body cannot be had. */
async function answerText(response: Response, maxBytes: number): Promise<string | null> {
  if (response.ok) {
    const body = await readBody(response, maxBytes)
    return body.whole ? body.text : null
  }
  try {
    return (await readBody(response, Math.min(maxBytes, ERROR_BODY_BYTES))).text
  } catch {
    return ''
  }
}

function requestInit({ body, headers = {} }: HttpRequest): { headers: Headers; body?: string } {
  const sent = new Headers({ accept: 'application/json' })
  for (const [name, value] of Object.entries(headers)) {
    try {
      sent.set(name, value)
    } catch {
      // The error of `Headers` quotes the value, which may be a token.
      throw new Rejected(`The header ${name} cannot be sent: it holds characters that HTTP does not allow.`)
    }
  }
  if (body === undefined) return { headers: sent }
  if (body instanceof URLSearchParams) {
    sent.set('content-type', 'application/x-www-form-urlencoded')
    return { headers: sent, body: body.toString() }
  }
  if (!sent.has('content-type')) sent.set('content-type', 'application/json')
  return { headers: sent, body: JSON.stringify(body) }
}

function shownRequest({ method, url }: HttpRequest): string {
  const parsed = URL.parse(url)
  if (parsed === null) throw new Rejected(`${method} has no valid address.`)
  return `${method} ${parsed.host}${parsed.pathname}`
}
