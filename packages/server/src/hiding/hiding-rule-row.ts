import type { Selectable } from 'kysely'
import { hidingRuleSchema, type HidingRule } from '@tripline/core'
import type { HidingRulesTable } from '../database/tables.ts'

/** A hiding rule as it is kept. */
export interface StoredHidingRule extends HidingRule {
  /** 64-bit, as decimal digits; older rules have smaller ones. */
  readonly ruleId: string
  readonly author: string
  readonly createdAt: Date
}

/** A rule from its row. */
export function toHidingRule(row: Omit<Selectable<HidingRulesTable>, 'deleted_at'>): StoredHidingRule {
  const rule = hidingRuleSchema.parse({
    ...row.criteria,
    description: row.description,
    enabled: row.enabled,
    expiresAt: row.expires_at,
  })
  return { ...rule, ruleId: row.rule_id, author: row.author, createdAt: row.created_at }
}

/** The columns that hold what a rule says. */
export function toRuleColumns({ description, enabled, expiresAt, ...criteria }: HidingRule): {
  readonly criteria: string
  readonly description: string
  readonly enabled: boolean
  readonly expires_at: Date | null
} {
  const { detectionTypes, offender, victim, properties } = criteria
  return {
    criteria: JSON.stringify({ detectionTypes, offender, victim, properties }),
    description,
    enabled,
    expires_at: expiresAt,
  }
}
