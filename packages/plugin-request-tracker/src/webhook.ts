import { createHmac, timingSafeEqual } from 'node:crypto'
import { Rejected, ticketIdSchema, Unauthorized, type WebhookHint, type WebhookRequest } from '@tripline/core'
import { webhookSchema } from './rt-payloads.ts'

/**
 * Verifies a request of the scrip that the README has, and reads which tickets it is about. The scrip signs the raw body
 * with HMAC-SHA256; unsigned requests are refused.
 */
export function readRtWebhook(request: WebhookRequest): WebhookHint {
  const signature = request.headers['x-hub-signature']
  if (signature === undefined || !isSignedBy(request, signature)) {
    throw new Unauthorized(
      signature === undefined
        ? 'The webhook has no X-Hub-Signature; give the scrip the secret of this connection.'
        : 'The signature of the webhook is not by a secret of this connection.',
    )
  }
  const { ticket, merged, transaction } = webhookBody(request.body)
  // A link may still know the ticket by the id it had before it was merged into another.
  const ids = [...new Set([ticket, ...merged].map(String))]
  return {
    tickets: ids.map((id) => ({ id: ticketIdSchema.parse(id), key: id })),
    deliveryId: String(transaction),
  }
}

function isSignedBy({ body, secrets }: WebhookRequest, signature: string): boolean {
  const given = /^sha256=([0-9a-f]{64})$/iu.exec(signature)?.[1]
  if (given === undefined) return false
  const claimed = Buffer.from(given, 'hex')
  let valid = false
  for (const key of secrets) {
    if (key === '') continue
    if (timingSafeEqual(createHmac('sha256', key).update(body).digest(), claimed)) valid = true
  }
  return valid
}

function webhookBody(body: Uint8Array): ReturnType<typeof webhookSchema.parse> {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new Rejected('The body of the webhook is no JSON.')
  }
  const result = webhookSchema.safeParse(value)
  if (result.success) return result.data
  const issues = result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  throw new Rejected("The body of the webhook is not one of the README's scrip.", issues)
}
