import { NotFound, type WebhookHint, type WebhookRequest } from '@tripline/core'
import type { Database } from '../database/client.ts'
import type { Adapters } from './adapters.ts'
import { toConnection } from './connection.ts'
import { requestVerification } from './poll-connection.ts'

/** What a sender of webhooks wants to be answered before it takes a delivery for received. */
export type WebhookAnswer = NonNullable<WebhookHint['answer']>

/** What came in at a webhook's address. */
export type IncomingWebhook = Omit<WebhookRequest, 'secrets'>

/**
 * Takes a webhook as a hint: once it is verified, the links of the tickets it names are queued to be read. Nothing of its
 * content is believed. Returns what the sender wants to be answered; `null`: nothing.
 *
 * @throws NotFound for an unknown address, or a system that sends no webhooks
 * @throws Unauthorized when the signature is missing or wrong; Rejected when the body is not understood
 */
export async function receiveWebhook(
  { database, adapters }: { readonly database: Database; readonly adapters: Adapters },
  token: string,
  request: IncomingWebhook,
  traceId: string,
): Promise<WebhookAnswer | null> {
  const row = await database
    .selectFrom('ticketing_connections')
    .selectAll()
    .where('webhook_token', '=', token)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (row === undefined) throw new NotFound('webhook', '(as given)')
  const connection = toConnection(row)
  const adapter = adapters.adapterFor(connection)
  if (adapter.receiveWebhook === undefined) throw new NotFound('webhook', '(as given)')
  const hint = adapter.receiveWebhook({ ...request, secrets: adapters.webhookSecrets(connection) })
  await requestVerification(database, connection.connectionId, hint.tickets, traceId)
  return hint.answer ?? null
}
