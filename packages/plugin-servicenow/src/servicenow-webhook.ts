import { isSignedBy, parseWebhookBody } from '@tripline/adapter-http'
import { ticketIdSchema, Unauthorized, type WebhookHint, type WebhookRequest } from '@tripline/core'
import { webhookSchema } from './servicenow-payloads.ts'

/**
 * Verifies the call of the business rule that the plugin's page shows. ServiceNow's `generateMac` gives the signature in
 * Base64.
 *
 * @see https://www.servicenow.com/docs/r/api-reference/server-api-reference/CertificateEncryptionAPI.html
 */
export function readServiceNowWebhook(request: WebhookRequest): WebhookHint {
  const signature = request.headers['x-tripline-signature']
  if (signature === undefined) {
    throw new Unauthorized('The webhook has no X-Tripline-Signature; use the business rule of the plugin.')
  }
  if (!isSignedBy(request, `sha256=${Buffer.from(signature.trim(), 'base64').toString('hex')}`)) {
    throw new Unauthorized('The signature of the webhook is not by a secret of this connection.')
  }
  const body = parseWebhookBody(request.body, webhookSchema, 'the business rule of ServiceNow')
  const { number, sys_id: id, sys_mod_count: count } = body
  return {
    tickets: [{ id: ticketIdSchema.parse(id), key: number }],
    deliveryId: count === undefined || count === null ? null : `${id}-${count}`,
  }
}
