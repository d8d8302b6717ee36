import { isSignedBy, parseWebhookBody } from '@tripline/adapter-http'
import { ticketIdSchema, Unauthorized, type WebhookHint, type WebhookRequest } from '@tripline/core'
import { webhookSchema } from './jira-payloads.ts'
import type { JiraSettings } from './settings.ts'

/**
 * Verifies a webhook and reads which issue it is about. Jira Cloud signs the raw body with HMAC-SHA256
 * (`X-Hub-Signature`) when the webhook has a secret; Data Center signs nothing. A signature that is there is always verified.
 *
 * @see https://developer.atlassian.com/cloud/jira/platform/webhooks/
 */
export function readJiraWebhook(request: WebhookRequest, settings: JiraSettings): WebhookHint {
  const signature = request.headers['x-hub-signature']
  const signed = settings.webhooks ?? (settings.deployment === 'cloud' ? 'signed' : 'unsigned')
  if (signature !== undefined ? !isSignedBy(request, signature) : signed === 'signed') {
    throw new Unauthorized(
      signature === undefined
        ? 'The webhook has no X-Hub-Signature; give it the secret of this connection in Jira.'
        : 'The signature of the webhook is not by a secret of this connection.',
    )
  }
  const { issue } = parseWebhookBody(request.body, webhookSchema, 'Jira')
  return {
    tickets: issue === undefined ? [] : [{ id: ticketIdSchema.parse(issue.id), key: issue.key }],
    deliveryId: request.headers['x-atlassian-webhook-identifier'] ?? null,
  }
}
