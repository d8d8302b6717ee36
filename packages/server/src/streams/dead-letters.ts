import { sql } from 'kysely'
import type { Database } from '../database/client.ts'
import { recordEvents, type ChangeOrigin, type EventKind } from '../ledger/ledger.ts'
import { labelOf } from './stream-targets.ts'
import { getStreamTarget } from './stream-target.ts'

/** Which messages of a target: some, by id, or all that were put aside. */
export interface DeadLetterChoice {
  /** Absent: all that were put aside. */
  readonly messageIds?: readonly string[]
}

/**
 * Lets messages that were put aside be sent again, in their old places. Says how many.
 *
 * @throws NotFound
 */
export function replayDeadLetters(
  database: Database,
  targetId: string,
  choice: DeadLetterChoice,
  origin: ChangeOrigin,
): Promise<number> {
  return decide(
    database,
    targetId,
    choice,
    origin,
    'STREAM_MESSAGES_REPLAYED',
    sql`update stream_messages set state = 'waiting', attempts = 0, fault = null, dead_at = null`,
  )
}

/**
 * Deletes messages that were put aside; those that are named by id also while they wait. Says how many.
 *
 * @throws NotFound
 */
export function dropMessages(
  database: Database,
  targetId: string,
  choice: DeadLetterChoice,
  origin: ChangeOrigin,
): Promise<number> {
  return decide(
    database,
    targetId,
    choice,
    origin,
    'STREAM_MESSAGES_DROPPED',
    sql`delete from stream_messages`,
  )
}

async function decide(
  database: Database,
  targetId: string,
  { messageIds }: DeadLetterChoice,
  origin: ChangeOrigin,
  kind: Extract<EventKind, 'STREAM_MESSAGES_REPLAYED' | 'STREAM_MESSAGES_DROPPED'>,
  statement: ReturnType<typeof sql>,
): Promise<number> {
  const target = await getStreamTarget(database, targetId)
  const ids = messageIds?.filter((id) => /^\d{1,18}$/u.test(id))
  const which =
    ids !== undefined
      ? sql`message_id = any(${ids}::bigint[]) and (state = 'dead' or ${kind === 'STREAM_MESSAGES_DROPPED'}::boolean)`
      : sql`state = 'dead'`
  return await database.transaction().execute(async (transaction) => {
    const { numAffectedRows = 0n } =
      await sql`${statement} where target_id = ${targetId}::uuid and ${which}`.execute(transaction)
    const messages = Number(numAffectedRows)
    if (messages === 0) return 0
    await sql`select pg_notify('tripline_streams', '')`.execute(transaction)
    const change = { target: labelOf(target.kind, target.name), messages }
    await recordEvents(transaction, [{ kind, detectionId: null, change }], origin)
    return messages
  })
}
