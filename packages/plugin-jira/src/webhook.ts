import { createHmac, timingSafeEqual } from 'node:crypto'
import { Rejected, ticketIdSchema, Unauthorized, type WebhookHint, type WebhookRequest } from '@tripline/core'
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
  const { issue } = webhookBody(request.body)
  return {
    tickets: issue === undefined ? [] : [{ id: ticketIdSchema.parse(issue.id), key: issue.key }],
    deliveryId: request.headers['x-atlassian-webhook-identifier'] ?? null,
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
  throw new Rejected('The body of the webhook is not one of Jira.', issues)
}
