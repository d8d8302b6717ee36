import { sql, type Transaction } from 'kysely'
import { hidesDetection, isInForce, type Hideable } from '@tripline/core'
import type { Tables } from '../database/tables.ts'
import { toHidingRule, type StoredHidingRule } from './hiding-rule-row.ts'
import { matchesPattern } from './patterns.ts'

const LOCK = 'tripline.hiding-rules'

/**
 * The rules that hide now, oldest first. They stay in force until the transaction ends: whoever changes a rule waits for
 * it, so that no detection is stored by rules that were replaced meanwhile.
 */
export async function rulesInForce(transaction: Transaction<Tables>): Promise<readonly StoredHidingRule[]> {
  // A statement of its own: one that waits would see the rules of before.
  await sql`select pg_advisory_xact_lock_shared(hashtextextended(${LOCK}, 0))`.execute(transaction)
  return await readRules(transaction)
}

/** The same for whoever changes rules or what they hide: there is one such transaction at a time, and no ingest beside it. */
export async function holdRules(transaction: Transaction<Tables>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${LOCK}, 0))`.execute(transaction)
}

/** The rules in force, for a transaction that holds them. */
export async function readRules(transaction: Transaction<Tables>): Promise<readonly StoredHidingRule[]> {
  const rows = await transaction
    .selectFrom('hiding_rules')
    .selectAll()
    .where('enabled', '=', true)
    .where('deleted_at', 'is', null)
    .orderBy('rule_id')
    .execute()
  const now = new Date()
  return rows.map(toHidingRule).filter((rule) => isInForce(rule, now))
}

/** The id of the first rule that hides a detection; `null`: it is shown. */
export function hiddenBy(rules: readonly StoredHidingRule[], detection: Hideable): string | null {
  return rules.find((rule) => hidesDetection(rule, detection, matchesPattern))?.ruleId ?? null
}
