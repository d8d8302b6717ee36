import type { z } from 'zod'
import { exchange, type HttpAnswer, type HttpRequest } from './http-exchange.ts'
import { errorOf, type ErrorReading } from './http-errors.ts'
import { parseAnswer } from './json-answer.ts'

/** How a client behaves, for every request alike. */
export interface HttpClientOptions extends ErrorReading {
  readonly fetch: typeof globalThis.fetch
  /** Sent with every request, credentials for instance; a request's own headers win. */
  readonly headers?: Readonly<Record<string, string>>
  /** 20 seconds by default. */
  readonly timeoutMs?: number
  /** 8 MiB by default. */
  readonly maxBytes?: number
}

/** A 2xx answer, or a 404 of which only the adapter knows whether the thing or the whole route is missing. */
export type Found<Value> =
  | { readonly found: true; readonly value: Value; readonly answer: HttpAnswer }
  | { readonly found: false; readonly answer: HttpAnswer }

/** Speaks HTTP with one system and throws nothing but TicketingErrors. */
export interface HttpClient {
  /** Sends, and answers what came back with status 2xx or 404; every other status is thrown as the error it stands for. */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>
  /** Sends, and parses the body of a 2xx answer. */
  requestJson<Value>(
    request: HttpRequest & { readonly schema: z.ZodType<Value> },
    signal: AbortSignal,
  ): Promise<Found<Value>>
}

/** Makes a client. It holds no state and makes no request yet. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { fetch, headers = {}, timeoutMs = 20_000, maxBytes = 8_388_608 } = options
  const send = async (request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> => {
    const answer = await exchange(
      fetch,
      { ...request, headers: { ...headers, ...request.headers } },
      { timeoutMs, maxBytes, signal },
    )
    if ((answer.status >= 200 && answer.status < 300) || answer.status === 404) return answer
    throw errorOf(answer, options)
  }
  return {
    send,
    async requestJson({ schema, ...request }, signal) {
      const answer = await send(request, signal)
      if (answer.status === 404) return { found: false, answer }
      return { found: true, value: parseAnswer(answer, schema), answer }
    },
  }
}
