import { InvalidSettings, NotFound, Rejected, Unauthorized } from '@tripline/core'
import { SecretUnavailable } from '../secrets/secret-unavailable.ts'
import type { IncomingWebhook, WebhookAnswer } from '../tracking/webhooks.ts'
import type { Exchange } from './exchange.ts'
import { sendAnswer, type Answer } from './answer.ts'
import { HttpError } from './http-error.ts'
import { readBody } from './request-body.ts'
import type { Route } from './router.ts'

/** Verifies a webhook, queues what it hints at and says what to answer. Throws NotFound, Unauthorized, Rejected. */
export type ReceiveWebhook = (
  token: string,
  webhook: IncomingWebhook,
  traceId: string,
) => Promise<WebhookAnswer | null>

// The largest payloads of ticketing systems carry an issue with all of its fields and its changelog.
const MAX_WEBHOOK_BYTES = 5 * 1024 * 1024

/** `POST /hooks/:token`: stores the hint and answers at once, with 204 unless the sender wants to hear something; what it is about is looked at afterwards. */
export function hooksRoute(receiveWebhook: ReceiveWebhook): Route {
  return {
    methods: ['POST'],
    path: '/hooks/:token',
    async handle(exchange) {
      const { request, params, traceId } = exchange
      const body = await readBody(request, MAX_WEBHOOK_BYTES)
      const webhook = { method: request.method ?? 'POST', headers: singleHeaders(exchange), body }
      const answer = await receive(params['token'] ?? '', webhook, traceId)
      await sendAnswer(exchange, toAnswer(answer))
    },
  }

  async function receive(
    token: string,
    webhook: IncomingWebhook,
    traceId: string,
  ): Promise<WebhookAnswer | null> {
    try {
      return await receiveWebhook(token, webhook, traceId)
    } catch (error) {
      throw asHttpError(error)
    }
  }
}

function toAnswer(answer: WebhookAnswer | null): Answer {
  if (answer === null) return { status: 204 }
  return { status: 200, headers: { 'content-type': answer.contentType }, body: answer.body }
}

/** What the sender is told. Senders repeat a 503; what keeps us from reading webhooks is not theirs to mend. */
function asHttpError(error: unknown): unknown {
  if (error instanceof NotFound) {
    return new HttpError(404, 'UNKNOWN_WEBHOOK', 'No connection has this webhook address.', { cause: error })
  }
  if (error instanceof Unauthorized) {
    return new HttpError(401, 'INVALID_SIGNATURE', error.message, { cause: error })
  }
  if (error instanceof Rejected) return new HttpError(400, 'INVALID_WEBHOOK', error.message, { cause: error })
  if (error instanceof InvalidSettings || error instanceof SecretUnavailable) {
    const message = 'The connection cannot take webhooks now; see the log.'
    return new HttpError(503, 'CONNECTION_UNUSABLE', message, { cause: error })
  }
  return error
}

function singleHeaders({ request }: Exchange): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values]) => [name, (values ?? []).join(', ')]),
  )
}
