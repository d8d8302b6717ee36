import { sql, type Transaction } from 'kysely'
import {
  dedupeKeySchema,
  matchingRule,
  ticketingRulesSchema,
  type DedupeKey,
  type Detection,
  type TicketingRule,
} from '@tripline/core'
import type { Tables } from '../database/tables.ts'
import type { LedgerEvent, TicketingDecision } from '../ledger/ledger.ts'
import { queueReconcile, type ReconcileRequest } from './reconcile-jobs.ts'

/** A connection as far as deciding goes. */
interface DecidingConnection {
  readonly connectionId: string
  readonly name: string
  readonly rules: readonly TicketingRule[]
}

interface NewLink {
  readonly detection_id: string
  readonly connection_id: string
  readonly dedupe_key: string
  readonly state: 'creating' | 'held'
  readonly rule_name: string | null
}

/** The outcome of deciding: what the ledger should say with the detection's own event, and further events. */
export interface TicketDecisions {
  readonly decisions: ReadonlyMap<string, readonly TicketingDecision[]>
  readonly events: readonly LedgerEvent[]
}

/**
 * Decides for detections whose content is new on which connections they get a ticket, and asks for those tickets, all
 * within the transaction that stores the detections. A detection that has a link on a connection is not decided again.
 */
export async function decideTickets(
  transaction: Transaction<Tables>,
  detections: readonly Detection[],
  traceId: string,
): Promise<TicketDecisions> {
  const connections = await decidingConnections(transaction)
  const decisions = new Map<string, TicketingDecision[]>()
  if (connections.length === 0 || detections.length === 0) return { decisions, events: [] }
  const linked = await existingLinks(transaction, detections)
  const links: NewLink[] = []
  for (const connection of connections) {
    const budgets = await remainingBudgets(transaction, connection)
    for (const detection of detections) {
      if (linked.has(linkKey(detection.detectionId, connection.connectionId))) continue
      const { decision, link } = decide(connection, detection, budgets)
      const known = decisions.get(detection.detectionId)
      if (known === undefined) decisions.set(detection.detectionId, [decision])
      else known.push(decision)
      if (link !== null) links.push(link)
    }
  }
  return { decisions, events: await insertLinks(transaction, links, connections, traceId) }
}

/** What the ticket of a detection on a connection is recognised by; the same however often it is asked for. */
export function dedupeKeyFor(detectionId: string, connectionId: string): DedupeKey {
  return dedupeKeySchema.parse(`tripline-${detectionId}-${connectionId.replaceAll('-', '').slice(0, 12)}`)
}

/** The key of a ticket that replaces a link's present one. */
export function nextDedupeKey(link: {
  readonly detectionId: string
  readonly connectionId: string
  readonly dedupeKey: DedupeKey
}): DedupeKey {
  const first = dedupeKeyFor(link.detectionId, link.connectionId)
  const generation = Number(link.dedupeKey.slice(first.length + 1) || '1') + 1
  return dedupeKeySchema.parse(`${first}-${generation}`)
}

function decide(
  connection: DecidingConnection,
  detection: Detection,
  budgets: Map<string, number>,
): { readonly decision: TicketingDecision; readonly link: NewLink | null } {
  const rule = detection.hiddenBy === null ? matchingRule(connection.rules, detection) : null
  const decided = (decision: TicketingDecision['decision'], reason: string): TicketingDecision => ({
    connection: connection.name,
    rule: rule?.name ?? null,
    decision,
    reason,
  })
  if (detection.hiddenBy !== null) {
    return {
      decision: decided('none', `The hiding rule ${detection.hiddenBy} hides the detection.`),
      link: null,
    }
  }
  if (rule === null) return { decision: decided('none', 'No rule of the connection matches.'), link: null }
  if (rule.mode === 'manual') {
    return { decision: decided('manual', 'The rule leaves it to a person to create the ticket.'), link: null }
  }
  const left = budgets.get(rule.name) ?? Number.POSITIVE_INFINITY
  const held = left <= 0
  budgets.set(rule.name, left - 1)
  const link: NewLink = {
    detection_id: detection.detectionId,
    connection_id: connection.connectionId,
    dedupe_key: dedupeKeyFor(detection.detectionId, connection.connectionId),
    state: held ? 'held' : 'creating',
    rule_name: rule.name,
  }
  return held
    ? {
        decision: decided('hold', `The rule's budget of ${rule.budgetPerHour} tickets an hour is used up.`),
        link,
      }
    : { decision: decided('create', 'The rule matches.'), link }
}

/** Stores new links and queues those that may go ahead. The first link of a detection is its primary one. */
export async function insertLinks(
  transaction: Transaction<Tables>,
  links: readonly NewLink[],
  connections: readonly Pick<DecidingConnection, 'connectionId' | 'name'>[],
  traceId: string,
): Promise<readonly LedgerEvent[]> {
  if (links.length === 0) return []
  const { rows } = await sql<{
    link_id: string
    detection_id: string
    connection_id: string
    state: string
    rule_name: string | null
  }>`
    insert into ticket_links
      (detection_id, connection_id, dedupe_key, state, sync_state, rule_name, is_primary, next_attempt_at)
    select
      new.detection_id, new.connection_id, new.dedupe_key, new.state, 'pending', new.rule_name,
      row_number() over (partition by new.detection_id order by new.position) = 1 and not exists (
        select from ticket_links present where present.detection_id = new.detection_id and present.is_primary
      ),
      case when new.state = 'held' then null else clock_timestamp() end
    from (
      select row_number() over () as position, given.*
      from jsonb_to_recordset(${JSON.stringify(links)}::jsonb) as given(
        detection_id bigint, connection_id uuid, dedupe_key text, state text, rule_name text
      )
    ) new
    on conflict (detection_id, connection_id) do nothing
    returning link_id, detection_id, connection_id, state, rule_name`.execute(transaction)
  const requests: ReconcileRequest[] = rows
    .filter(({ state }) => state === 'creating')
    .map(({ link_id }) => ({ linkId: link_id, lane: 'create' }))
  await queueReconcile(transaction, requests, traceId)
  return rows.map((row) => ({
    kind: 'TICKET_REQUESTED',
    detectionId: row.detection_id,
    change: {
      linkId: row.link_id,
      connection: connections.find(({ connectionId }) => connectionId === row.connection_id)?.name ?? '',
      ticketKey: null,
      rule: row.rule_name,
    },
  }))
}

async function decidingConnections(transaction: Transaction<Tables>): Promise<readonly DecidingConnection[]> {
  const rows = await transaction
    .selectFrom('ticketing_connections')
    .select(['connection_id', 'name', 'rules'])
    .where('enabled', '=', true)
    .where('deleted_at', 'is', null)
    .orderBy('created_at')
    .execute()
  return rows.map((row) => ({
    connectionId: row.connection_id,
    name: row.name,
    rules: ticketingRulesSchema.parse(row.rules, { reportInput: false }),
  }))
}

async function existingLinks(
  transaction: Transaction<Tables>,
  detections: readonly Detection[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ detection_id: string; connection_id: string }>`
    select detection_id, connection_id from ticket_links
    where detection_id = any(${detections.map(({ detectionId }) => detectionId)}::bigint[])`.execute(
    transaction,
  )
  return new Set(rows.map((row) => linkKey(row.detection_id, row.connection_id)))
}

/** How many tickets each rule with a budget may still ask for in this hour. */
async function remainingBudgets(
  transaction: Transaction<Tables>,
  { connectionId, rules }: DecidingConnection,
): Promise<Map<string, number>> {
  const budgets = new Map<string, number>()
  for (const { name, budgetPerHour } of rules) if (budgetPerHour !== null) budgets.set(name, budgetPerHour)
  if (budgets.size === 0) return budgets
  // Writers that decide at once would each see the whole budget.
  await sql`select pg_advisory_xact_lock(hashtextextended(${`tripline.budget.${connectionId}`}, 0))`.execute(
    transaction,
  )
  const { rows } = await sql<{ rule_name: string; used: number }>`
    select rule_name, count(*)::integer as used from ticket_links
    where connection_id = ${connectionId} and rule_name = any(${[...budgets.keys()]}::text[])
      and state <> 'held' and created_at > clock_timestamp() - interval '1 hour'
    group by rule_name`.execute(transaction)
  for (const { rule_name, used } of rows) budgets.set(rule_name, (budgets.get(rule_name) ?? 0) - used)
  return budgets
}

function linkKey(detectionId: string, connectionId: string): string {
  return `${detectionId} ${connectionId}`
}
