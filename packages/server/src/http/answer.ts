import { finished } from 'node:stream/promises'
import type { Exchange } from './exchange.ts'

/** What is sent back. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const LINGER_MS = 2_000

/** An answer of JSON. */
export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const type = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' }
  return { status, headers: { ...type, ...headers }, body: `${JSON.stringify(value)}\n` }
}

/**
 * Sends an answer. When the request has not been read to its end, its rest is discarded for a while before the
 * connection is closed: closing at once would reset it, and the client would lose the answer.
 */
export async function sendAnswer({ request, response }: Exchange, answer: Answer): Promise<void> {
  if (response.headersSent || response.destroyed) return
  const body = Buffer.from(answer.body ?? '')
  const isRead = request.complete || request.destroyed
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value)
  if (answer.status !== 204) response.setHeader('content-length', body.length)
  if (!isRead) response.setHeader('connection', 'close')
  response.writeHead(answer.status)
  const isSent = request.method !== 'HEAD' && answer.status !== 204
  if (isRead) {
    response.end(isSent ? body : undefined)
    return
  }
  if (isSent) response.write(body)
  else response.flushHeaders()
  request.resume()
  await Promise.race([
    // A client that goes away meanwhile has nothing to be told.
    finished(request).catch(() => undefined),
    new Promise((resolve) => setTimeout(resolve, LINGER_MS).unref()),
  ])
  response.end()
}
