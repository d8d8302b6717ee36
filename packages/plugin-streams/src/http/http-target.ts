import { parseRetryAfter } from '@tripline/adapter-http'
import {
  findRestrictedHeader,
  type ConnectionFinding,
  type HttpStreamMessage,
  type QueuedMessage,
  type StreamHost,
  type StreamHttpAnswer,
  type StreamResult,
  type StreamSender,
} from '@tripline/core'
import { tlsOf } from '../connection-settings.ts'
import { reasonOf } from '../fault.ts'
import { sendInOrder } from '../send-in-order.ts'
import { createAuthorizer, originOf } from './authentication/index.ts'
import { TokenRefused } from './authentication/oauth-token.ts'
import type { OutgoingRequest } from './authentication/authorize.ts'
import { compressPayload } from './compress-payload.ts'
import { outcomeOf, outcomeOfFault } from './http-outcome.ts'
import { parseHeader, type HttpSettings } from './settings.ts'

const CONNECTIONS_AT_ONCE = 16

/** Names the message towards the receiver, who can tell by it what is sent twice. */
const MESSAGE_ID_HEADER = 'x-tripline-message-id'

/** Opens an HTTP target. */
export function openHttpTarget(settings: HttpSettings, host: StreamHost): StreamSender {
  const connections = settings.pipeline ? CONNECTIONS_AT_ONCE : 1
  const http = host.openHttp({ tls: tlsOf(settings), connections })
  const timeoutMs = settings.timeout_seconds * 1_000
  const authorizer = createAuthorizer(settings, { http, now: host.now, timeoutMs })
  const additional = settings.additional_header === undefined ? null : parseHeader(settings.additional_header)
  const origin = originOf(settings)

  async function sendOne(queued: QueuedMessage, signal: AbortSignal): Promise<StreamResult> {
    const { message } = queued
    if (message.kind !== 'http') return { outcome: 'refused', reason: 'It is no message for an HTTP target.' }
    const problem = problemOf(message)
    if (problem !== null) return { outcome: 'refused', reason: problem }
    try {
      const request = await prepare(message, queued.id)
      const wantsReply = message.reply !== null
      let answer = await ask(request, wantsReply, signal)
      // A token that was taken back before it expired.
      if (answer.statusCode === 401 && authorizer.renew()) answer = await ask(request, wantsReply, signal)
      return outcomeOf(answer, wantsReply, host.now())
    } catch (error) {
      if (error instanceof TokenRefused) {
        const retryAfterMs = parseRetryAfter(error.retryAfter, host.now())
        return { outcome: 'unavailable', reason: error.message, retryAfterMs }
      }
      signal.throwIfAborted()
      return outcomeOfFault(error)
    }
  }

  async function prepare(message: HttpStreamMessage, id: string): Promise<OutgoingRequest> {
    const headers: Record<string, string> = { ...message.headers }
    if (additional !== null && !hasHeader(headers, additional[0])) headers[additional[0]] = additional[1]
    if (!hasHeader(headers, MESSAGE_ID_HEADER)) headers[MESSAGE_ID_HEADER] = id
    const payload = message.payload === null ? null : Buffer.from(message.payload, 'base64')
    const body = payload === null ? null : await compressPayload(payload, headers)
    return { origin, path: message.path, method: message.method, headers, body }
  }

  async function ask(
    request: OutgoingRequest,
    wantsBody: boolean,
    signal: AbortSignal,
  ): Promise<StreamHttpAnswer> {
    const credentials = await authorizer.authorize(request, signal)
    const headers =
      credentials['authorization'] === undefined ? request.headers : without(request.headers, 'authorization')
    return await http.request({
      ...request,
      headers: { ...headers, ...credentials },
      wantsBody,
      timeoutMs,
      signal,
    })
  }

  return {
    send: (messages, options) => sendInOrder(messages, options, connections, sendOne),
    async check(signal) {
      try {
        const request: OutgoingRequest = { origin, path: '/', method: 'HEAD', headers: {}, body: null }
        const { statusCode } = await ask(
          additional === null ? request : { ...request, headers: { [additional[0]]: additional[1] } },
          false,
          signal,
        )
        return [findingOf(origin, statusCode)]
      } catch (error) {
        const message = error instanceof TokenRefused ? error.message : reasonOf(error)
        return [{ severity: 'error', subject: 'connection', message, remedy: null }]
      }
    },
    close: () => http.close(),
  }
}

function problemOf({ method, path, headers }: HttpStreamMessage): string | null {
  if (method === 'CONNECT') return 'CONNECT makes a tunnel, which a target cannot be asked for.'
  if (!path.startsWith('/')) return 'The path has to begin with a slash.'
  const restricted = findRestrictedHeader(headers)
  return restricted === null ? null : `The header ${restricted} belongs to the target and cannot be set.`
}

function findingOf(origin: string, statusCode: number): ConnectionFinding {
  const message = `${origin} answered HEAD / with ${statusCode}.`
  if (statusCode !== 401 && statusCode !== 407 && statusCode < 500)
    return { severity: 'ok', subject: 'connection', message, remedy: null }
  const remedy = statusCode < 500 ? 'Look at the credentials.' : null
  return { severity: 'warning', subject: 'connection', message, remedy }
}

function hasHeader(headers: Readonly<Record<string, string>>, name: string): boolean {
  return Object.keys(headers).some((given) => given.toLowerCase() === name.toLowerCase())
}

function without(headers: Readonly<Record<string, string>>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([given]) => given.toLowerCase() !== name))
}
