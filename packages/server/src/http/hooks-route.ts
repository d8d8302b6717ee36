import { Rejected, Unauthorized } from '@tripline/core'
import type { Exchange } from './exchange.ts'
import { sendAnswer } from './answer.ts'
import { HttpError } from './http-error.ts'
import { readBody } from './request-body.ts'
import type { Route } from './router.ts'

/** A webhook as it came, without the connection's secrets. */
export interface ReceivedWebhook {
  readonly method: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/**
 * Verifies a webhook and queues what it hints at. `false`: no connection has this token.
 *
 * Throws Unauthorized for a signature that is missing or wrong, Rejected for a body that is not understood.
 */
export type ReceiveWebhook = (token: string, webhook: ReceivedWebhook, traceId: string) => Promise<boolean>

// The largest payloads of ticketing systems carry an issue with all of its fields and its changelog.
const MAX_WEBHOOK_BYTES = 5 * 1024 * 1024

/** `POST /hooks/:token`: stores the hint and answers 204 at once; what it is about is looked at afterwards. */
export function hooksRoute(receiveWebhook: ReceiveWebhook): Route {
  return {
    methods: ['POST'],
    path: '/hooks/:token',
    async handle(exchange) {
      const { request, params, traceId } = exchange
      const body = await readBody(request, MAX_WEBHOOK_BYTES)
      const webhook = { method: request.method ?? 'POST', headers: singleHeaders(exchange), body }
      if (!(await receive(params['token'] ?? '', webhook, traceId))) {
        throw new HttpError(404, 'UNKNOWN_WEBHOOK', 'No connection has this webhook address.')
      }
      await sendAnswer(exchange, { status: 204 })
    },
  }

  async function receive(token: string, webhook: ReceivedWebhook, traceId: string): Promise<boolean> {
    try {
      return await receiveWebhook(token, webhook, traceId)
    } catch (error) {
      if (error instanceof Unauthorized) {
        throw new HttpError(401, 'INVALID_SIGNATURE', error.message, { cause: error })
      }
      if (error instanceof Rejected)
        throw new HttpError(400, 'INVALID_WEBHOOK', error.message, { cause: error })
      throw error
    }
  }
}

function singleHeaders({ request }: Exchange): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(request.headersDistinct).map(([name, values]) => [name, (values ?? []).join(', ')]),
  )
}
