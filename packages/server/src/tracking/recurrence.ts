import { sql, type Selectable, type Transaction } from 'kysely'
import { connectionPoliciesSchema, decideRecurrence } from '@tripline/core'
import type { DetectionsTable, Tables, TicketLinksTable } from '../database/tables.ts'
import { trackWithin } from '../detections/track-detections.ts'
import { recordEvents, type ChangeOrigin, type LedgerEvent } from '../ledger/ledger.ts'
import { nextDedupeKey } from './decide-tickets.ts'
import { toLink, updateLink, withoutTicket } from './link.ts'

/**
 * Opens closed detections again that their sensor reports news of, as far as the policy of the connection says whose
 * ticket is theirs. The ticket follows as after any change; where it is too old for that, a new one takes its place.
 */
export async function reopenRecurred(
  transaction: Transaction<Tables>,
  rows: readonly Pick<
    Selectable<DetectionsTable>,
    'detection_id' | 'status' | 'resolution' | 'closed_at' | 'update_time'
  >[],
  traceId: string,
): Promise<void> {
  const closed = new Map(
    rows.filter(({ status }) => status === 'closed').map((row) => [row.detection_id, row]),
  )
  if (closed.size === 0) return
  const origin: ChangeOrigin = { actor: { kind: 'system', name: 'recurrence' }, connectionId: null, traceId }
  const now = new Date()
  const reopened: string[] = []
  for (const { policies, name, ...row } of await primaryLinks(transaction, [...closed.keys()])) {
    const detection = closed.get(row.detection_id)
    if (detection === undefined || detection.closed_at === null) continue
    const decision = decideRecurrence(connectionPoliciesSchema.parse(policies), {
      closedAt: detection.closed_at,
      resolution: detection.resolution,
      updateTime: detection.update_time,
      now,
    })
    if (decision === 'ignore') continue
    reopened.push(row.detection_id)
    if (decision === 'new-ticket') await replaceTicket(transaction, row, name, origin)
  }
  const requests = reopened.map((detectionId) => ({ detectionId, change: { status: 'open' as const } }))
  await trackWithin(transaction, requests, 'integration', origin)
}

type PrimaryLink = Selectable<TicketLinksTable> & { readonly policies: object; readonly name: string }

async function primaryLinks(
  transaction: Transaction<Tables>,
  detectionIds: readonly string[],
): Promise<readonly PrimaryLink[]> {
  const { rows } = await sql<PrimaryLink>`
    select link.*, connection.policies, connection.name
    from ticket_links link join ticketing_connections connection using (connection_id)
    where link.is_primary and link.state <> 'detached' and connection.enabled and connection.deleted_at is null
      and link.detection_id = any(${detectionIds}::bigint[])
    order by link.link_id for update of link`.execute(transaction)
  return rows
}

async function replaceTicket(
  transaction: Transaction<Tables>,
  row: Selectable<TicketLinksTable>,
  connection: string,
  origin: ChangeOrigin,
): Promise<void> {
  const link = toLink(row)
  const known = { key: row.ticket_key, url: row.ticket_url }
  const previous = known.key === null ? link.previousTickets : [...link.previousTickets, known]
  await updateLink(transaction, link.linkId, {
    ...withoutTicket(nextDedupeKey(link)),
    previous_tickets: JSON.stringify(previous),
  })
  const change = { linkId: link.linkId, connection, ticketKey: known.key }
  const events: LedgerEvent[] = [
    { kind: 'TICKET_UNLINKED', detectionId: link.detectionId, change },
    {
      kind: 'TICKET_REQUESTED',
      detectionId: link.detectionId,
      change: { ...change, ticketKey: null, rule: row.rule_name },
    },
  ]
  await recordEvents(transaction, events, origin)
}
