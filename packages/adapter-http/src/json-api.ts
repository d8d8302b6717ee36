import { type CallOptions, TicketNotFound } from '@tripline/core'
import type { z } from 'zod'
import { createHttpClient, type HttpClientOptions } from './http-client.ts'
import { missingRoute } from './missing-route.ts'

/** How an API of JSON over HTTP is spoken with. */
export interface JsonApiOptions extends HttpClientOptions {
  /** What the system is called in messages. */
  readonly title: string
  /** Put before the path of every request. */
  readonly root: string
}

/**
 * An API of JSON over HTTP that says in its own words what is wrong, of missing things too. Throws nothing but
 * TicketingErrors: a 404 in which it says nothing is of a proxy, or of a wrong address, and not of a missing thing.
 */
export interface JsonApi {
  /** Reads. @throws TicketNotFound when the system itself says that nothing is there */
  get<Value>(path: string, schema: z.ZodType<Value>, options: CallOptions): Promise<Value>
  /** Reads; `null`: the system itself says that nothing is there. */
  find<Value>(path: string, schema: z.ZodType<Value>, options: CallOptions): Promise<Value | null>
  /** Writes. @throws TicketNotFound when the system itself says that nothing is there */
  send<Value>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body: unknown,
    schema: z.ZodType<Value>,
    options: CallOptions,
  ): Promise<Value>
}

/** Makes a client of an API of JSON. It holds no state and makes no request yet. */
export function createJsonApi({ root, title, ...options }: JsonApiOptions): JsonApi {
  const http = createHttpClient(options)
  async function request<Value>(
    method: string,
    path: string,
    schema: z.ZodType<Value>,
    { signal }: CallOptions,
    body?: unknown,
  ): Promise<Value> {
    const found = await http.requestJson({ method, url: `${root}${path}`, schema, body }, signal)
    if (found.found) return found.value
    const { request: shown, text } = found.answer
    if (options.readIssues(text).length > 0) throw new TicketNotFound(`${shown} found nothing.`)
    const message = `${shown} answered 404, and not as ${title} does; is the base URL right?`
    throw missingRoute(found.answer, message)
  }
  return {
    get: (path, schema, call) => request('GET', path, schema, call),
    send: (method, path, body, schema, call) => request(method, path, schema, call, body),
    async find(path, schema, call) {
      try {
        return await request('GET', path, schema, call)
      } catch (error) {
        if (error instanceof TicketNotFound) return null
        throw error
      }
    },
  }
}
