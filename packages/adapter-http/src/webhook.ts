import { createHmac, timingSafeEqual } from 'node:crypto'
import { Rejected, type WebhookRequest, schemaIssues } from '@tripline/core'
import type { z } from 'zod'

/**
 * Whether a signature of the form `sha256=<hex>` is the HMAC-SHA256 of a webhook's raw body by one of the secrets that
 * are valid now. Compared in constant time; an empty secret signs nothing.
 */
export function isSignedBy({ body, secrets }: WebhookRequest, signature: string): boolean {
  const given = /^sha256=([0-9a-f]{64})$/iu.exec(signature)?.[1]
  if (given === undefined) return false
  const claimed = Buffer.from(given, 'hex')
  let valid = false
  for (const secret of secrets) {
    if (secret === '') continue
    if (timingSafeEqual(createHmac('sha256', secret).update(body).digest(), claimed)) valid = true
  }
  return valid
}

/**
 * The JSON body of a webhook; `sender` names whose it should be.
 *
 * @throws Rejected when it is no JSON, or not of the schema
 */
export function parseWebhookBody<Output>(
  body: Uint8Array,
  schema: z.ZodType<Output>,
  sender: string,
): Output {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new Rejected('The body of the webhook is no JSON.')
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issues = schemaIssues(result.error)
  throw new Rejected(`The body of the webhook is not one of ${sender}.`, issues)
}
