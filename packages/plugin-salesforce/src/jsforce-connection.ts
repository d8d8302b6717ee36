import { PassThrough } from 'node:stream'
import type { HttpAnswer, HttpRequest } from '@tripline/adapter-http'
import { Rejected } from '@tripline/core'
import {
  Connection,
  type HttpRequest as JsforceRequest,
  type HttpResponse,
  OAuth2,
} from 'jsforce/lib/core.js'
import { Transport } from 'jsforce/lib/transport.js'
import { StreamPromise } from 'jsforce/lib/util/promise.js'

/** Sends a request and answers what came back with status 2xx; throws TicketingErrors for everything else. */
export type Send = (request: HttpRequest) => Promise<HttpAnswer>

/**
 * jsforce's transport on a `send` of ours. Its own has no timeout to speak of, repeats requests, follows redirects, obeys the
 * proxy variables of the environment, and leaves neither status nor headers of a refusal.
 */
class HostTransport extends Transport {
  readonly #send: Send

  constructor(send: Send) {
    super()
    this.#send = send
  }

  override httpRequest(request: JsforceRequest): StreamPromise<HttpResponse> {
    const promise = this.#send(toRequest(request)).then(toResponse)
    // jsforce offers every answer as a stream too; nobody here reads one.
    return StreamPromise.create(() => ({ stream: new PassThrough(), promise }))
  }

  override getRequestStreamCreator(): never {
    throw new Error('Requests leave by the host only.')
  }
}

/** Answers of a write as well as of a read come as they are, and nothing is asked of another host. */
export class HostConnection extends Connection {
  constructor(options: { readonly instanceUrl: string; readonly version: string; readonly send: Send }) {
    const { instanceUrl, version, send } = options
    // No client id, no refresh function: jsforce would renew a session that is refused again and again, without end.
    super({ instanceUrl, loginUrl: instanceUrl, version, callOptions: { client: 'tripline' } })
    this._transport = new HostTransport(send)
    this.oauth2._transport = this._transport
  }
}

/** The token endpoint. */
export class HostOAuth2 extends OAuth2 {
  constructor(options: {
    readonly loginUrl: string
    readonly clientId: string
    readonly clientSecret: string | undefined
    readonly send: Send
  }) {
    const { loginUrl, clientId, clientSecret, send } = options
    super({ loginUrl, clientId, ...(clientSecret === undefined ? {} : { clientSecret }) })
    this._transport = new HostTransport(send)
  }
}

function toRequest({ method, url, headers = {}, body }: JsforceRequest): HttpRequest {
  if (body !== undefined && body !== null && typeof body !== 'string') {
    throw new Rejected(`${method} has a body that is no text.`)
  }
  // fetch counts for itself.
  const { 'content-length': _length, ...sent } = headers
  if (typeof body !== 'string') return { method, url, headers: sent }
  const isForm = sent['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  return { method, url, headers: sent, body: isForm ? new URLSearchParams(body) : JSON.parse(body) }
}

function toResponse({ headers, status, text }: HttpAnswer): HttpResponse {
  return { statusCode: status, headers: Object.fromEntries(headers), body: text }
}
