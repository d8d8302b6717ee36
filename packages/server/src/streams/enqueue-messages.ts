import { sql, type Transaction } from 'kysely'
import type { JsonObject, StreamKind, StreamMessage } from '@tripline/core'
import type { Tables } from '../database/tables.ts'

/** A message for a target. */
export interface OutgoingMessage {
  /** Which target; messages that name none are for `default`. */
  readonly target: { readonly kind: StreamKind; readonly name: string }
  readonly message: StreamMessage
  /** Who sends it, for people who look at it, and for whoever gets the answer. */
  readonly source: JsonObject
}

/** Why a message was not taken into the queue. */
interface EnqueueRefusal {
  readonly code: 'TARGET_UNKNOWN' | 'TARGET_DISABLED' | 'WRONG_KIND' | 'MESSAGE_TOO_LARGE' | 'QUEUE_FULL'
  readonly message: string
}

/** What became of a message: it is queued, or was not taken. */
export type EnqueueOutcome =
  | { readonly accepted: true; readonly messageId: string }
  | { readonly accepted: false; readonly refusal: EnqueueRefusal }

/** The largest message, as JSON. */
export const maxMessageBytes = 4 * 1024 * 1024

// So many are counted anew for every message; beyond, the count that delivery keeps is good enough.
const COUNTED_EXACTLY = 1_000

interface TargetRow {
  readonly target_id: string
  readonly kind: StreamKind
  readonly name: string
  readonly enabled: boolean
  readonly max_waiting: number
  readonly waiting: string
}

/**
 * Queues messages within the caller's transaction: they are sent if and only if it commits. Messages for one target are
 * delivered in the order in which they were queued, transactions in the order of their ids.
 *
 * A message that is not taken does not fail the transaction: its outcome says why, and the target keeps count.
 */
export async function enqueueMessages(
  transaction: Transaction<Tables>,
  messages: readonly OutgoingMessage[],
): Promise<readonly EnqueueOutcome[]> {
  if (messages.length === 0) return []
  const targets = await findTargets(transaction, messages)
  const room = new Map([...targets].map(([key, row]) => [key, row.max_waiting - Number(row.waiting)]))
  const refusals: { readonly targetId: string; readonly refusal: EnqueueRefusal }[] = []
  const accepted: { target_id: string; message: string; size: number; source: string }[] = []
  const outcomes = messages.map(({ target, message, source }): EnqueueRefusal | null => {
    const key = keyOf(target)
    const row = targets.get(key)
    const text = JSON.stringify(message)
    const size = Buffer.byteLength(text)
    const refusal = refusalOf(target, message, row, size, room.get(key) ?? 0)
    if (row === undefined || refusal !== null) {
      if (row !== undefined && refusal !== null) refusals.push({ targetId: row.target_id, refusal })
      return refusal
    }
    room.set(key, (room.get(key) ?? 0) - 1)
    accepted.push({ target_id: row.target_id, message: text, size, source: JSON.stringify(source) })
    return null
  })
  const ids = await insertMessages(transaction, accepted)
  await recordRefusals(transaction, refusals)
  let next = 0
  return outcomes.map((refusal) =>
    refusal === null ? { accepted: true, messageId: ids[next++] ?? '' } : { accepted: false, refusal },
  )
}

async function findTargets(
  transaction: Transaction<Tables>,
  messages: readonly OutgoingMessage[],
): Promise<ReadonlyMap<string, TargetRow>> {
  const wanted = [...new Map(messages.map(({ target }) => [keyOf(target), target])).values()]
  const { rows } = await sql<TargetRow>`
    select t.target_id, t.kind, t.name, t.enabled, t.max_waiting,
      case when t.max_waiting > ${COUNTED_EXACTLY} then t.waiting else (
        select count(*) from (
          select 1 from stream_messages m where m.target_id = t.target_id and m.state = 'waiting' limit t.max_waiting
        ) counted
      ) end as waiting
    from unnest(${wanted.map(({ kind }) => kind)}::text[], ${wanted.map(({ name }) => name)}::text[]) wanted(kind, name)
    join stream_targets t using (kind, name)`.execute(transaction)
  return new Map(rows.map((row) => [keyOf(row), row]))
}

function refusalOf(
  target: OutgoingMessage['target'],
  message: StreamMessage,
  row: TargetRow | undefined,
  size: number,
  room: number,
): EnqueueRefusal | null {
  const what = `the ${target.kind} target ${target.name}`
  if (message.kind !== target.kind) {
    return { code: 'WRONG_KIND', message: `A ${message.kind} message cannot be sent to ${what}.` }
  }
  if (row === undefined) return { code: 'TARGET_UNKNOWN', message: `There is no ${what.slice(4)}.` }
  if (!row.enabled) return { code: 'TARGET_DISABLED', message: `The ${what.slice(4)} is switched off.` }
  if (size > maxMessageBytes) {
    const text = `The message has ${size} bytes as JSON; at most ${maxMessageBytes} can be queued.`
    return { code: 'MESSAGE_TOO_LARGE', message: text }
  }
  if (room <= 0) {
    const text = `${row.max_waiting} messages wait for ${what}, and it takes no more.`
    return { code: 'QUEUE_FULL', message: text }
  }
  return null
}

async function insertMessages(
  transaction: Transaction<Tables>,
  rows: readonly object[],
): Promise<readonly string[]> {
  if (rows.length === 0) return []
  // One parameter however many there are. The texts are JSON inside JSON, so that what jsonb does not take stays.
  const { rows: inserted } = await sql<{ message_id: string }>`
    with inserted as (
      insert into stream_messages (target_id, message, size, source)
      select item.target_id, item.message::json, item.size, item.source::json
      from rows from (
        json_to_recordset(${JSON.stringify(rows)}::json) as (target_id uuid, message text, size integer, source text)
      ) with ordinality as item(target_id, message, size, source, place)
      order by item.place
      returning message_id
    ), announced as (select pg_notify('tripline_streams', ''))
    select message_id from inserted, announced order by message_id`.execute(transaction)
  return inserted.map(({ message_id }) => message_id)
}

/** Keeps count, without waiting for somebody else who does: the caller's transaction may be a long one. */
async function recordRefusals(
  transaction: Transaction<Tables>,
  refusals: readonly { readonly targetId: string; readonly refusal: EnqueueRefusal }[],
): Promise<void> {
  for (const targetId of new Set(refusals.map((each) => each.targetId))) {
    const own = refusals.filter((each) => each.targetId === targetId)
    const last = { ...own.at(-1)?.refusal, at: new Date().toISOString() }
    await sql`
      update stream_targets set refused = refused + ${own.length}::bigint, last_refusal = ${JSON.stringify(last)}::jsonb
      where target_id in (
        select target_id from stream_targets where target_id = ${targetId}::uuid for no key update skip locked
      )`.execute(transaction)
  }
}

function keyOf({ kind, name }: { readonly kind: StreamKind; readonly name: string }): string {
  return `${kind} ${name}`
}
