import type { Transaction } from 'kysely'
import { InvalidInput, NotFound, parseHidingRule, type HidingRule } from '@tripline/core'
import type { Database } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import { applyRule } from './apply-rule.ts'
import { toHidingRule, toRuleColumns, type StoredHidingRule } from './hiding-rule-row.ts'
import { patternProblem } from './patterns.ts'
import { holdRules } from './rules-in-force.ts'

/** A hiding rule and how much it hides now. */
export interface CountedHidingRule extends StoredHidingRule {
  readonly detectionsHidden: number
}

const WHAT = 'hiding rule'

/** Every rule, oldest first. */
export async function listHidingRules(database: Database): Promise<readonly CountedHidingRule[]> {
  return await selectRules(database, null)
}

/** @throws NotFound */
export async function getHidingRule(database: Database, ruleId: string): Promise<CountedHidingRule> {
  const [rule] = await selectRules(database, checkRuleId(ruleId))
  if (rule === undefined) throw new NotFound(WHAT, ruleId)
  return rule
}

/**
 * Makes a rule, which hides stored detections at once, a thousand of them before this returns, and those that come.
 * Returns its id.
 *
 * @throws InvalidInput
 */
export async function createHidingRule(
  database: Database,
  input: unknown,
  origin: ChangeOrigin,
): Promise<string> {
  const rule = parseRule(input)
  return await database.transaction().execute(async (transaction) => {
    await holdRules(transaction)
    const { rule_id: ruleId } = await transaction
      .insertInto('hiding_rules')
      .values({ author: origin.actor.name, ...toRuleColumns(rule) })
      .returning('rule_id')
      .executeTakeFirstOrThrow()
    const change = { ruleId, description: rule.description }
    await recordEvents(transaction, [{ kind: 'HIDING_RULE_CREATED', detectionId: null, change }], origin)
    await applyRule(transaction, ruleId, '0', origin)
    return ruleId
  })
}

/**
 * Changes a rule; what it no longer hides is shown again. An absent member is unchanged.
 *
 * @throws NotFound, InvalidInput
 */
export async function updateHidingRule(
  database: Database,
  ruleId: string,
  patch: object,
  origin: ChangeOrigin,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const { ruleId: _, author: __, createdAt: ___, ...before } = await lockRule(transaction, ruleId)
    const after = parseRule({ ...before, ...patch })
    const names = Object.keys(after) as (keyof HidingRule)[]
    const fields = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    if (fields.length === 0) return
    await transaction
      .updateTable('hiding_rules')
      .set(toRuleColumns(after))
      .where('rule_id', '=', ruleId)
      .execute()
    const change = { ruleId, fields }
    await recordEvents(transaction, [{ kind: 'HIDING_RULE_UPDATED', detectionId: null, change }], origin)
    await applyRule(transaction, ruleId, '0', origin)
  })
}

/**
 * Removes a rule; what it hid is shown again unless another rule hides it.
 *
 * @throws NotFound
 */
export async function deleteHidingRule(
  database: Database,
  ruleId: string,
  origin: ChangeOrigin,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const { description } = await lockRule(transaction, ruleId)
    await transaction
      .updateTable('hiding_rules')
      .set({ deleted_at: new Date() })
      .where('rule_id', '=', ruleId)
      .execute()
    const change = { ruleId, description }
    await recordEvents(transaction, [{ kind: 'HIDING_RULE_DELETED', detectionId: null, change }], origin)
    await applyRule(transaction, ruleId, '0', origin)
  })
}

async function lockRule(transaction: Transaction<Tables>, ruleId: string): Promise<StoredHidingRule> {
  const id = checkRuleId(ruleId)
  await holdRules(transaction)
  const row = await transaction
    .selectFrom('hiding_rules')
    .selectAll()
    .where('rule_id', '=', id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (row === undefined) throw new NotFound(WHAT, ruleId)
  return toHidingRule(row)
}

async function selectRules(database: Database, ruleId: string | null): Promise<readonly CountedHidingRule[]> {
  const rows = await database
    .selectFrom('hiding_rules')
    .selectAll()
    .select((eb) =>
      eb
        .selectFrom('detections')
        .select(({ fn }) => fn.countAll<string>().as('count'))
        .whereRef('detections.hidden_by', '=', 'hiding_rules.rule_id')
        .as('detections_hidden'),
    )
    .where('deleted_at', 'is', null)
    .$if(ruleId !== null, (query) => query.where('rule_id', '=', ruleId ?? ''))
    .orderBy('rule_id')
    .execute()
  return rows.map((row) => ({ ...toHidingRule(row), detectionsHidden: Number(row.detections_hidden) }))
}

function parseRule(input: unknown): HidingRule {
  const rule = parseHidingRule(input)
  const issues = rule.properties.flatMap(({ operator, operand }, index) => {
    const message = operator.includes('~') ? patternProblem(String(operand)) : null
    return message === null ? [] : [{ path: `properties.${index}.operand`, message }]
  })
  const [first] = issues
  if (first !== undefined) {
    throw new InvalidInput(`The hiding rule cannot be taken: ${first.path}: ${first.message}.`, issues)
  }
  return rule
}

/** Ids are 64-bit integers; what is not one names no rule. */
function checkRuleId(ruleId: string): string {
  if (!/^[1-9]\d{0,18}$/u.test(ruleId) || BigInt(ruleId) >= 2n ** 63n) throw new NotFound(WHAT, ruleId)
  return ruleId
}
