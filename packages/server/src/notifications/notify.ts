import { sql, type Transaction } from 'kysely'
import { matchesFilter } from '@tripline/core'
import type { PooledDatabase } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import { toDetection } from '../detections/detection-row.ts'
import { isContentChange, readEvents, type RecordedEvent } from '../ledger/event-reader.ts'
import { detectionUrl } from '../tracking/link-work.ts'
import { sendMessages } from '../triggers/stream-sending.ts'
import { toNotificationMessage } from './notification-message.ts'
import { toNotificationRule, type NotificationRule } from './notification-rule.ts'

/** What telling of detections needs. */
export interface NotifyDeps {
  readonly database: PooledDatabase
  /** Where people reach this server; `null`: nobody knows. */
  readonly publicUrl: string | null
}

const READ = 200

/**
 * Sends what the rules say of the next changes: for each rule one transaction that queues the messages and moves the rule's
 * place in the ledger, so that nothing is told twice or left out. A rule that another process works on is left to it.
 * Returns whether there may be more.
 */
export async function notifyOfChanges(deps: NotifyDeps): Promise<boolean> {
  const rules = await deps.database
    .selectFrom('notification_rules')
    .select(['rule_id', 'cursor_xid', 'cursor_event_id'])
    .where('enabled', '=', true)
    .orderBy('rule_id')
    .execute()
  let isMore = false
  for (const { rule_id: ruleId, cursor_xid: xid, cursor_event_id: eventId } of rules) {
    const { events } = await readEvents(deps.database.pool, { xid, eventId }, READ)
    const isIdle = !events.some(isContentChange) && events.length < READ
    if (isIdle) continue
    const isDone = await deps.database.transaction().execute(async (transaction) => {
      const row = await transaction
        .selectFrom('notification_rules')
        .selectAll()
        .where('rule_id', '=', ruleId)
        .where('enabled', '=', true)
        .where('cursor_xid', '=', xid)
        .where('cursor_event_id', '=', eventId)
        .forUpdate()
        .skipLocked()
        .executeTakeFirst()
      if (row === undefined) return false
      const since = row.active_since
      await tell(
        deps,
        transaction,
        toNotificationRule(row),
        events.filter(({ at }) => at >= since),
        events.at(-1),
      )
      return true
    })
    isMore ||= isDone
  }
  return isMore
}

async function tell(
  { publicUrl }: NotifyDeps,
  transaction: Transaction<Tables>,
  rule: NotificationRule,
  events: readonly RecordedEvent[],
  last: RecordedEvent | undefined,
): Promise<void> {
  const wanted = events.filter(
    ({ kind }) => kind === 'DETECTION_CREATED' || (rule.onUpdate && kind === 'DETECTION_UPDATED'),
  )
  const ids = [...new Set(wanted.flatMap(({ detectionId }) => detectionId ?? []))]
  const rows =
    ids.length === 0
      ? []
      : await transaction
          .selectFrom('detections')
          .selectAll()
          .where((eb) => eb('detection_id', '=', eb.fn.any(eb.val(ids))))
          .execute()
  const detections = new Map(rows.map((row) => [row.detection_id, toDetection(row)]))
  const messages = wanted.flatMap(({ detectionId, kind }) => {
    const detection = detections.get(detectionId ?? '')
    if (detection === undefined || detection.hiddenBy !== null) return []
    if (!matchesFilter(rule.filter, detection)) return []
    const source = { kind: 'notification', ruleId: rule.ruleId, name: rule.name, event: kind, detectionId }
    const message = toNotificationMessage(rule, detection, detectionUrl({ detection }, publicUrl))
    return [{ target: rule.target, message, source }]
  })
  const reasons = (await sendMessages(transaction, messages)).filter((reason) => reason !== null)
  const lastReason = reasons.at(-1)
  await transaction
    .updateTable('notification_rules')
    .set({
      ...(last === undefined
        ? {}
        : { cursor_xid: last.position.xid, cursor_event_id: last.position.eventId }),
      sent_count: sql<string>`sent_count + ${messages.length - reasons.length}::integer`,
      refused_count: sql<string>`refused_count + ${reasons.length}::integer`,
      ...(lastReason === undefined
        ? {}
        : { last_refusal: JSON.stringify({ reason: lastReason, at: new Date().toISOString() }) }),
    })
    .where('rule_id', '=', rule.ruleId)
    .execute()
}
