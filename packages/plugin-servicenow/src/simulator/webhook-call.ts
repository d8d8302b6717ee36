import { createHmac } from 'node:crypto'
import type { StoredRecord } from './columns.ts'

/** Whom the business rule of the plugin's page calls. */
export interface WebhookEndpoint {
  readonly url: string
  readonly secret: string
}

/** The call as that business rule makes it. `secret` `null`: without a signature. */
export function webhookCall(
  record: Readonly<StoredRecord>,
  secret: string | null,
): { readonly body: string; readonly headers: Readonly<Record<string, string>> } {
  const body = JSON.stringify({
    sys_id: record['sys_id'],
    number: record['number'],
    sys_mod_count: record['sys_mod_count'],
  })
  const signature = createHmac('sha256', secret ?? '')
    .update(body)
    .digest('base64')
  return {
    body,
    headers: {
      'content-type': 'application/json',
      ...(secret === null ? {} : { 'x-tripline-signature': signature }),
    },
  }
}
