import { sql, type Transaction } from 'kysely'
import {
  DetectionNotFound,
  InvalidInput,
  NotFound,
  VersionConflict,
  type StreamMessage,
  schemaIssues,
} from '@tripline/core'
import type { z } from 'zod'
import type { Database } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import { toDetection } from '../detections/detection-row.ts'
import { fromNowOn } from '../ledger/from-now-on.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import { detectionUrl } from '../tracking/link-work.ts'
import { toNotificationMessage } from './notification-message.ts'
import { newNotificationRuleSchema, toNotificationRule, type NotificationRule } from './notification-rule.ts'

const WHAT = 'notification rule'

type Fields = z.output<typeof newNotificationRuleSchema>

/** Every rule, by name. */
export async function listNotificationRules(database: Database): Promise<readonly NotificationRule[]> {
  const rows = await database
    .selectFrom('notification_rules')
    .selectAll()
    .orderBy('name')
    .orderBy('rule_id')
    .execute()
  return rows.map(toNotificationRule)
}

/** Makes a rule, for what happens from now on. @throws InvalidInput */
export async function createNotificationRule(
  database: Database,
  input: unknown,
  origin: ChangeOrigin,
): Promise<NotificationRule> {
  const rule = parseRule(input)
  return await database.transaction().execute(async (transaction) => {
    const row = await transaction
      .insertInto('notification_rules')
      .values(toColumns(rule))
      .returningAll()
      .executeTakeFirstOrThrow()
    const change = { ruleId: row.rule_id, name: row.name }
    await recordEvents(
      transaction,
      [{ kind: 'NOTIFICATION_RULE_CREATED', detectionId: null, change }],
      origin,
    )
    return toNotificationRule(row)
  })
}

/** Changes a rule; what is absent is unchanged. @throws InvalidInput, NotFound, VersionConflict */
export async function updateNotificationRule(
  database: Database,
  ruleId: string,
  patch: object,
  origin: ChangeOrigin,
  expectedVersion: number | null = null,
): Promise<NotificationRule> {
  return await database.transaction().execute(async (transaction) => {
    const before = await lockRule(transaction, ruleId)
    if (expectedVersion !== null && expectedVersion !== before.version)
      throw new VersionConflict(expectedVersion, before.version)
    const rule = parseRule({ ...before, ...patch })
    const fields = Object.keys(patch).filter(
      (name) =>
        JSON.stringify(rule[name as keyof Fields]) !== JSON.stringify(before[name as keyof NotificationRule]),
    )
    if (fields.length === 0) return before
    const row = await transaction
      .updateTable('notification_rules')
      .set({
        ...toColumns(rule),
        // What happened while it was off does not concern it.
        ...(rule.enabled && !before.enabled ? fromNowOn : {}),
        version: before.version + 1,
        updated_at: sql<Date>`clock_timestamp()`,
      })
      .where('rule_id', '=', ruleId)
      .returningAll()
      .executeTakeFirstOrThrow()
    const change = { ruleId, name: row.name, fields }
    await recordEvents(
      transaction,
      [{ kind: 'NOTIFICATION_RULE_UPDATED', detectionId: null, change }],
      origin,
    )
    return toNotificationRule(row)
  })
}

/** @throws NotFound */
export async function deleteNotificationRule(
  database: Database,
  ruleId: string,
  origin: ChangeOrigin,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const { name } = await lockRule(transaction, ruleId)
    await transaction.deleteFrom('notification_rules').where('rule_id', '=', ruleId).execute()
    const change = { ruleId, name }
    await recordEvents(
      transaction,
      [{ kind: 'NOTIFICATION_RULE_DELETED', detectionId: null, change }],
      origin,
    )
  })
}

/** What a rule would send of a stored detection, whether its filter holds or not. @throws InvalidInput, DetectionNotFound */
export async function previewNotification(
  database: Database,
  input: unknown,
  detectionId: string,
  publicUrl: string | null,
): Promise<StreamMessage> {
  const rule = parseRule(input)
  const row = await database
    .selectFrom('detections')
    .selectAll()
    .where('detection_id', '=', detectionId)
    .executeTakeFirst()
  if (row === undefined) throw new DetectionNotFound(detectionId)
  const detection = toDetection(row)
  return toNotificationMessage(rule, detection, detectionUrl({ detection }, publicUrl))
}

async function lockRule(transaction: Transaction<Tables>, ruleId: string): Promise<NotificationRule> {
  if (!/^\d{1,18}$/u.test(ruleId)) throw new NotFound(WHAT, ruleId)
  const row = await transaction
    .selectFrom('notification_rules')
    .selectAll()
    .where('rule_id', '=', ruleId)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw new NotFound(WHAT, ruleId)
  return toNotificationRule(row)
}

function toColumns({ name, enabled, filter, onUpdate, target, delivery, template }: Fields) {
  return {
    name,
    enabled,
    filter: JSON.stringify(filter),
    on_update: onUpdate,
    target,
    delivery: JSON.stringify(delivery),
    // Within an object, because a template may be a text or a list.
    template: JSON.stringify({ value: template }),
  }
}

function parseRule(input: unknown): Fields {
  const result = newNotificationRuleSchema.safeParse(input)
  if (result.success) return result.data
  const issues = schemaIssues(result.error)
  throw new InvalidInput('The notification rule cannot be as it is.', issues)
}
