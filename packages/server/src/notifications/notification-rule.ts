import {
  detectionFilterSchema,
  defaultNotificationTemplate,
  notificationTemplateSchema,
  type JsonValue,
} from '@tripline/core'
import type { Selectable } from 'kysely'
import { z } from 'zod'
import type { NotificationRulesTable } from '../database/tables.ts'

const text = z.string().max(500)

const headersSchema = z.record(
  z.string().regex(/^[!#$%&'*+.^_`|~\w-]+$/u, 'is no name of a header'),
  z.string().regex(/^[\t\x20-\x7e]*$/u, 'holds a character that no header can'),
)

/** How the message of each kind of target is made of what the template gives. */
const notificationDeliverySchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('http'),
    method: z.enum(['POST', 'PUT', 'PATCH']).default('POST'),
    path: text.regex(/^\/[^\s\p{Cc}]*$/u, 'has to begin with a slash, without spaces').default('/'),
    headers: headersSchema.default({ 'Content-Type': 'application/json' }),
  }),
  z.object({
    kind: z.literal('kafka'),
    topic: z.string().regex(/^(?!\.{1,2}$)[\w.-]{1,249}$/u, 'is no topic'),
  }),
  z.object({
    kind: z.literal('mongodb'),
    collection: text.regex(/^[^.]+\..+$/u, 'has to be database.collection'),
  }),
  z.object({ kind: z.literal('syslog'), severity: z.int().min(0).max(7).default(5) }),
  z.object({ kind: z.literal('raw') }),
])

/** Without times: a rule is about what happens now. */
const filterSchema = detectionFilterSchema.omit({
  startTime: true,
  updateTime: true,
  modTime: true,
  createTime: true,
})

/** Parses what makes a rule. */
export const newNotificationRuleSchema = z.object({
  name: z
    .string()
    .max(200)
    .regex(/^\P{Cc}*$/u, 'must be one line')
    .refine((name) => name.trim() !== '', 'must not be empty'),
  enabled: z.boolean().default(true),
  filter: filterSchema.default({}),
  /** Whether it also speaks of detections whose content changes. */
  onUpdate: z.boolean().default(false),
  target: text.min(1, 'must not be empty').default('default'),
  delivery: notificationDeliverySchema,
  template: notificationTemplateSchema.default(defaultNotificationTemplate),
})

/** Of which detections whom is told, and in which words. */
export interface NotificationRule extends Readonly<z.output<typeof newNotificationRuleSchema>> {
  readonly ruleId: string
  readonly sentCount: number
  readonly refusedCount: number
  /** Why the last message was not taken. */
  readonly lastRefusal: { readonly reason: string; readonly at: string } | null
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A rule from its row. */
export function toNotificationRule(row: Selectable<NotificationRulesTable>): NotificationRule {
  return {
    ruleId: row.rule_id,
    name: row.name,
    enabled: row.enabled,
    filter: filterSchema.parse(row.filter),
    onUpdate: row.on_update,
    target: row.target,
    delivery: notificationDeliverySchema.parse(row.delivery),
    template: row.template.value as JsonValue,
    sentCount: Number(row.sent_count),
    refusedCount: Number(row.refused_count),
    lastRefusal: row.last_refusal,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
