import { sql, type RawBuilder, type Selectable, type Transaction } from 'kysely'
import { InvalidInput, NotFound, TrackingDisabled } from '@tripline/core'
import type { Database } from '../database/client.ts'
import { queueJobs } from '../database/queue-jobs.ts'
import type { LinkMovesTable, Tables } from '../database/tables.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import { getConnection } from './connection.ts'
import { getTrackingSettings } from './tracking-settings-store.ts'

/** The job that moves links from one connection to another, one batch at a time. */
export const MOVE_LINKS = 'move-links'

/** Which tickets are to be had in another ticketing system from now on. */
export interface LinkMovePlan {
  readonly fromConnectionId: string
  readonly toConnectionId: string
  /** Whether the tickets of closed detections are moved too; otherwise they stay where they are. */
  readonly includeClosed: boolean
  /**
   * Whether each ticket is read once more before it is left, so that nothing that was changed there is lost. Not possible
   * with a system that does not answer any more.
   */
  readonly readFirst: boolean
}

/** What a move would do. */
export interface LinkMovePreview {
  /** Links that are moved. */
  readonly links: number
  /** Of them, those whose detection has a followed ticket at the destination already: no other is created. */
  readonly alreadyThere: number
  /** Links that stay, because their detection is closed. */
  readonly closedLeft: number
}

/** A move under way, or over. */
export interface LinkMove extends LinkMovePlan {
  readonly moveId: string
  /** The connections' names. */
  readonly from: string
  readonly to: string
  readonly state: 'running' | 'done' | 'stopped'
  readonly moved: number
  /** How many are still to be moved; 0 when it is over. */
  readonly left: number
  readonly startedBy: string
  readonly startedAt: Date
  readonly finishedAt: Date | null
}

/**
 * What {@link startLinkMove} would do, without doing it.
 *
 * @throws NotFound, InvalidInput, TrackingDisabled
 */
export async function previewLinkMove(database: Database, plan: LinkMovePlan): Promise<LinkMovePreview> {
  await checkPlan(database, plan)
  const { rows } = await sql<{ links: number; already_there: number; closed_left: number }>`
    select
      count(*) filter (where ${isMeant(plan)})::integer as links,
      count(*) filter (where ${isMeant(plan)} and exists (
        select from ticket_links there
        where there.detection_id = link.detection_id and there.connection_id = ${plan.toConnectionId}
          and there.state not in ('detached', 'missing')
      ))::integer as already_there,
      count(*) filter (where not ${isMeant(plan)})::integer as closed_left
    from ticket_links link join detections detection using (detection_id)
    where link.connection_id = ${plan.fromConnectionId} and link.state <> 'detached'`.execute(database)
  const [counts] = rows
  return {
    links: counts?.links ?? 0,
    alreadyThere: counts?.already_there ?? 0,
    closedLeft: counts?.closed_left ?? 0,
  }
}

/**
 * Begins to move a connection's links to another: each old ticket is read once more and not followed any more, and a new
 * one that names it is created. It goes on in the background, across restarts, until none is left or it is stopped.
 *
 * @throws NotFound, TrackingDisabled
 * @throws InvalidInput when a connection cannot take part in it, or takes part in another move
 */
export async function startLinkMove(
  database: Database,
  plan: LinkMovePlan,
  origin: ChangeOrigin,
): Promise<LinkMove> {
  const moveId = await database.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('tripline.link_moves', 0))`.execute(transaction)
    const { from, to } = await checkPlan(transaction, plan)
    const { move_id: id } = await transaction
      .insertInto('link_moves')
      .values({
        from_connection_id: plan.fromConnectionId,
        to_connection_id: plan.toConnectionId,
        include_closed: plan.includeClosed,
        read_first: plan.readFirst,
        origin: JSON.stringify(origin),
      })
      .returning('move_id')
      .executeTakeFirstOrThrow()
    await recordEvents(
      transaction,
      [{ kind: 'LINK_MOVE_STARTED', detectionId: null, change: { from, to } }],
      origin,
    )
    await queueLinkMove(transaction, id, 0)
    return id
  })
  return await getLinkMove(database, moveId)
}

/** Ends a move; what was moved stays moved. A move that is over stays as it is. @throws NotFound */
export async function stopLinkMove(
  database: Database,
  moveId: string,
  origin: ChangeOrigin,
): Promise<LinkMove> {
  const move = await getLinkMove(database, moveId)
  await endLinkMove(database, move, 'stopped', origin)
  return await getLinkMove(database, moveId)
}

/** Moves, newest first. */
export async function listLinkMoves(database: Database, limit: number): Promise<readonly LinkMove[]> {
  return await readMoves(database, sql`true`, limit)
}

/** @throws NotFound */
export async function getLinkMove(database: Database, moveId: string): Promise<LinkMove> {
  const [move] = /^[0-9a-f-]{36}$/iu.test(moveId)
    ? await readMoves(database, sql`move.move_id = ${moveId}`, 1)
    : []
  if (move === undefined) throw new NotFound('move of ticket links', moveId)
  return move
}

/** A move that is under way, to be worked on. */
export interface RunningMove extends Omit<LinkMove, 'left'> {
  /** On whose behalf. */
  readonly origin: ChangeOrigin
}

/** Locks a move for the transaction that does a part of it; `null`: it is over. */
export async function lockRunningMove(
  transaction: Transaction<Tables>,
  moveId: string,
): Promise<RunningMove | null> {
  const { rows } = await selectMoves(
    sql`move.move_id = ${moveId} and move.state = 'running' for update of move`,
  ).execute(transaction)
  const [row] = rows
  return row === undefined ? null : { ...toMove(row), origin: row.origin }
}

/** How many links of a move are still where they were. */
export async function countLeft(
  database: Database,
  move: Pick<LinkMove, 'fromConnectionId' | 'includeClosed'>,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from ticket_links link join detections detection using (detection_id)
    where link.connection_id = ${move.fromConnectionId} and link.state <> 'detached'
      and ${isMeant(move)}`.execute(database)
  return rows[0]?.count ?? 0
}

/** Marks a running move as over; one that is over already stays as it is. */
export async function endLinkMove(
  database: Database,
  { moveId, from, to }: Pick<LinkMove, 'moveId' | 'from' | 'to'>,
  state: 'done' | 'stopped',
  origin: ChangeOrigin,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const ended = await transaction
      .updateTable('link_moves')
      .set({ state, finished_at: sql<Date>`clock_timestamp()` })
      .where('move_id', '=', moveId)
      .where('state', '=', 'running')
      .returning('moved')
      .executeTakeFirst()
    if (ended === undefined) return
    const change = { from, to, state, moved: ended.moved }
    await recordEvents(transaction, [{ kind: 'LINK_MOVE_ENDED', detectionId: null, change }], origin)
  })
}

/** Before the creates that each batch asks for, or these would keep the next batch waiting. */
const PRIORITY = -20

/** Queues the next batch of a move, in `afterMs` milliseconds. */
export async function queueLinkMove(database: Database, moveId: string, afterMs: number): Promise<void> {
  const runAt = afterMs === 0 ? null : new Date(Date.now() + afterMs)
  await queueJobs(database, [
    { task: MOVE_LINKS, payload: { moveId }, key: `move:${moveId}`, runAt, priority: PRIORITY },
  ])
}

/** Queues the moves whose worker died. */
export async function queueLinkMoves(database: Database): Promise<void> {
  await sql`
    select graphile_worker.add_job(
      ${MOVE_LINKS}, json_build_object('moveId', move_id), job_key => 'move:' || move_id,
      job_key_mode => 'preserve_run_at', priority => ${PRIORITY}
    )
    from link_moves where state = 'running'`.execute(database)
}

/** Whether a move is about `link` of `detection`, as far as that does not change by the move itself. */
export function isMeant({ includeClosed }: Pick<LinkMovePlan, 'includeClosed'>): RawBuilder<boolean> {
  return sql<boolean>`(${includeClosed}::boolean or detection.status <> 'closed')`
}

async function readMoves(
  database: Database,
  condition: RawBuilder<unknown>,
  limit: number,
): Promise<readonly LinkMove[]> {
  const { rows } = await selectMoves(sql`${condition} order by move.started_at desc limit ${limit}`).execute(
    database,
  )
  const moves: LinkMove[] = []
  for (const move of rows.map(toMove)) {
    moves.push({ ...move, left: move.state === 'running' ? await countLeft(database, move) : 0 })
  }
  return moves
}

type MoveRow = Selectable<LinkMovesTable> & { readonly from_name: string; readonly to_name: string }

/** Moves with the names of their connections, from `where` on. */
function selectMoves(rest: RawBuilder<unknown>): RawBuilder<MoveRow> {
  return sql<MoveRow>`
    select move.*, source.name as from_name, destination.name as to_name
    from link_moves move
    join ticketing_connections source on source.connection_id = move.from_connection_id
    join ticketing_connections destination on destination.connection_id = move.to_connection_id
    where ${rest}`
}

function toMove(row: MoveRow): Omit<LinkMove, 'left'> {
  return {
    moveId: row.move_id,
    fromConnectionId: row.from_connection_id,
    toConnectionId: row.to_connection_id,
    includeClosed: row.include_closed,
    readFirst: row.read_first,
    from: row.from_name,
    to: row.to_name,
    state: row.state,
    moved: row.moved,
    startedBy: row.origin.actor.name,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  }
}

async function checkPlan(
  database: Database,
  { fromConnectionId, toConnectionId, readFirst }: LinkMovePlan,
): Promise<{ readonly from: string; readonly to: string }> {
  const from = await getConnection(database, fromConnectionId)
  const to = await getConnection(database, toConnectionId)
  if (!(await getTrackingSettings(database)).externalTracking) {
    throw new TrackingDisabled('External tracking is off, so no ticket is followed and none can be moved.')
  }
  if (fromConnectionId === toConnectionId) refuse('toConnectionId', 'The tickets are there already.')
  if (!to.enabled || to.pausedReason !== null) {
    refuse(
      'toConnectionId',
      `${to.name} makes no calls now, so no ticket could be created there; mend that first.`,
    )
  }
  if (readFirst && (!from.enabled || from.pausedReason !== null)) {
    refuse(
      'readFirst',
      `${from.name} makes no calls now, so its tickets cannot be read before they are left. Mend that, or move without reading them: changes made there that nobody has seen here are then lost.`,
    )
  }
  const other = await database
    .selectFrom('link_moves')
    .select('move_id')
    .where('state', '=', 'running')
    .where((eb) =>
      eb.or([
        eb('from_connection_id', 'in', [fromConnectionId, toConnectionId]),
        eb('to_connection_id', '=', fromConnectionId),
      ]),
    )
    .executeTakeFirst()
  if (other !== undefined) {
    refuse(
      'fromConnectionId',
      `The move ${other.move_id} is under way between these; let it end, or stop it.`,
    )
  }
  return { from: from.name, to: to.name }
}

function refuse(path: string, message: string): never {
  throw new InvalidInput(message, [{ path, message }])
}
