import { isSignedBy, parseWebhookBody } from '@tripline/adapter-http'
import { ticketIdSchema, Unauthorized, type WebhookHint, type WebhookRequest } from '@tripline/core'
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
  const { ticket, merged, transaction } = parseWebhookBody(request.body, webhookSchema, "the README's scrip")
  // A link may still know the ticket by the id it had before it was merged into another.
  const ids = [...new Set([ticket, ...merged].map(String))]
  return {
    tickets: ids.map((id) => ({ id: ticketIdSchema.parse(id), key: id })),
    deliveryId: String(transaction),
  }
}
