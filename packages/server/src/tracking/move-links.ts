import { sql, type RawBuilder, type Selectable, type Transaction } from 'kysely'
import type { Database } from '../database/client.ts'
import type { Tables, TicketLinksTable } from '../database/tables.ts'
import { trackWithin } from '../detections/track-detections.ts'
import { recordEvents, type LedgerEvent } from '../ledger/ledger.ts'
import { dedupeKeyFor, nextDedupeKey } from './decide-tickets.ts'
import { toLink, updateLink, withoutTicket } from './link.ts'
import {
  countLeft,
  endLinkMove,
  isMeant,
  lockRunningMove,
  queueLinkMove,
  type RunningMove,
} from './link-moves.ts'
import { queueReconcile, type ReconcileRequest } from './reconcile-jobs.ts'

const BATCH = 100
/** How many tickets are asked to be read at a time, and how soon what came of it is looked at. */
const READ_AHEAD = 200
const WAIT_MS = 1_000

type LinkRow = Selectable<TicketLinksTable>

/** Moves the next batch of links and queues the batch after it, until none is left. */
export async function moveNextLinks(database: Database, moveId: string): Promise<void> {
  const batch = await database.transaction().execute(async (transaction) => {
    const move = await lockRunningMove(transaction, moveId)
    return move === null ? null : { move, moved: await moveBatch(transaction, move) }
  })
  if (batch === null) return
  const { move, moved } = batch
  // What is left is counted from one end to the other, so not after each batch of many.
  if (moved < BATCH && (await countLeft(database, move)) === 0) {
    return await endLinkMove(database, move, 'done', move.origin)
  }
  if (move.readFirst) await askToBeRead(database, move)
  await queueLinkMove(database, moveId, moved === BATCH ? 0 : WAIT_MS)
}

async function moveBatch(transaction: Transaction<Tables>, move: RunningMove): Promise<number> {
  const { origin } = move
  const links = await lockNext(transaction, move)
  if (links.length === 0) return 0
  const events: LedgerEvent[] = []
  const requests: ReconcileRequest[] = []
  for (const link of links) {
    await leave(transaction, move, link)
    const arrival = await arrive(transaction, move, link)
    if (arrival.lane !== null) requests.push({ linkId: arrival.linkId, lane: arrival.lane })
    const { detection_id: detectionId } = link
    events.push({
      kind: 'TICKET_UNLINKED',
      detectionId,
      change: { linkId: link.link_id, connection: move.from, ticketKey: link.ticket_key },
    })
    if (arrival.lane === 'create') {
      const change = { linkId: arrival.linkId, connection: move.to, ticketKey: null, rule: link.rule_name }
      events.push({ kind: 'TICKET_REQUESTED', detectionId, change })
    }
  }
  await recordEvents(transaction, events, origin)
  await queueReconcile(transaction, requests, origin.traceId)
  await sql`update link_moves set moved = moved + ${links.length} where move_id = ${move.moveId}`.execute(
    transaction,
  )
  return links.length
}

/** Locks the next links that can be moved, their detections first as everybody does. */
async function lockNext(transaction: Transaction<Tables>, move: RunningMove): Promise<readonly LinkRow[]> {
  const isNext = sql`
    link.connection_id = ${move.fromConnectionId} and link.state <> 'detached' and ${isMeant(move)}
    and (${!move.readFirst}::boolean or ${wasRead(move)})`
  const { rows: found } = await sql<{ detection_id: string }>`
    select detection_id from ticket_links link join detections detection using (detection_id)
    where ${isNext} order by link.created_at, link.link_id limit ${BATCH}`.execute(transaction)
  const ids = found.map((row) => row.detection_id)
  await sql`
    select from detections where detection_id = any(${ids}::bigint[]) order by detection_id for update`.execute(
    transaction,
  )
  const { rows } = await sql<LinkRow>`
    select link.* from ticket_links link join detections detection using (detection_id)
    where ${isNext} and link.detection_id = any(${ids}::bigint[])
    order by link.link_id for update of link`.execute(transaction)
  return rows
}

/** Whether nothing can be learnt any more by reading the ticket: it was read since the move began, or cannot be. */
function wasRead({ startedAt }: RunningMove): RawBuilder<boolean> {
  return sql<boolean>`(
    link.state in ('held', 'missing', 'unreachable')
    or (link.state = 'creating' and link.create_begun_at is null)
    or link.last_verified_at >= ${startedAt}::timestamptz
    or (link.sync_state in ('blocked', 'conflict', 'failed') and link.next_attempt_at is null
      and link.updated_at >= ${startedAt}::timestamptz)
  )`
}

async function askToBeRead(database: Database, move: RunningMove): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const { rows } = await sql<{ link_id: string }>`
      update ticket_links set requested = requested + 1, sync_state = 'pending', next_attempt_at = clock_timestamp()
      where link_id in (
        select link_id from ticket_links link join detections detection using (detection_id)
        where link.connection_id = ${move.fromConnectionId} and link.state = 'active' and ${isMeant(move)}
          and link.next_attempt_at is null and not ${wasRead(move)}
        order by link.created_at, link.link_id limit ${READ_AHEAD} for update of link skip locked
      )
      returning link_id`.execute(transaction)
    const requests = rows.map(({ link_id: linkId }) => ({ linkId, lane: 'verify' as const }))
    await queueReconcile(transaction, requests, move.moveId)
  })
}

async function leave(transaction: Transaction<Tables>, move: RunningMove, link: LinkRow): Promise<void> {
  const reason = {
    code: 'MOVED',
    message: `${move.origin.actor.name} moved the tickets of ${move.from} to ${move.to}.`,
    field: null,
  }
  await updateLink(transaction, link.link_id, {
    state: 'detached',
    sync_state: 'in_sync',
    reason: JSON.stringify(reason),
    is_primary: false,
    next_attempt_at: null,
  })
}

/** What became of a link at its destination. */
interface Arrival {
  readonly linkId: string
  /** What is to be done about its ticket; `null`: nothing now. */
  readonly lane: 'create' | 'change' | null
}

/** Gives the detection its link at the destination; a ticket that is followed there already stays, and names the old one. */
async function arrive(transaction: Transaction<Tables>, move: RunningMove, left: LinkRow): Promise<Arrival> {
  const place = { detectionId: left.detection_id, connectionId: move.toConnectionId }
  const there = await transaction
    .selectFrom('ticket_links')
    .selectAll()
    .where('detection_id', '=', place.detectionId)
    .where('connection_id', '=', place.connectionId)
    .forUpdate()
    .executeTakeFirst()
  const name = left.ticket_key === null ? [] : [{ key: left.ticket_key, url: left.ticket_url }]
  const previous = [...(there?.previous_tickets ?? []), ...left.previous_tickets, ...name]
  const primary = left.is_primary ? { is_primary: true } : {}
  if (there === undefined) {
    const { link_id: linkId } = await transaction
      .insertInto('ticket_links')
      .values({
        detection_id: place.detectionId,
        connection_id: place.connectionId,
        dedupe_key: dedupeKeyFor(place.detectionId, place.connectionId),
        state: 'creating',
        sync_state: 'pending',
        rule_name: left.rule_name,
        is_primary: left.is_primary,
        previous_tickets: JSON.stringify(previous),
        next_attempt_at: sql<Date>`clock_timestamp()`,
      })
      .returning('link_id')
      .executeTakeFirstOrThrow()
    return { linkId, lane: 'create' }
  }
  const linkId = there.link_id
  if (there.state === 'detached' || there.state === 'missing') {
    await updateLink(transaction, linkId, {
      ...withoutTicket(nextDedupeKey(toLink(there))),
      ...primary,
      previous_tickets: JSON.stringify(previous),
    })
    return { linkId, lane: 'create' }
  }
  const isHeld = there.state === 'held'
  await updateLink(transaction, linkId, {
    ...primary,
    previous_tickets: JSON.stringify(previous),
    ...(isHeld
      ? {}
      : {
          sync_state: 'pending',
          requested: there.requested + 1,
          next_attempt_at: sql<Date>`clock_timestamp()`,
        }),
  })
  if (left.is_primary && there.ticket_key !== null) {
    const change = { ticketId: there.ticket_key }
    await trackWithin(transaction, [{ detectionId: place.detectionId, change }], 'integration', move.origin)
  }
  return { linkId, lane: isHeld ? null : 'change' }
}
