import { sql, type Transaction } from 'kysely'
import { categoryOfScope, isInForce, type Hideable } from '@tripline/core'
import type { Database } from '../database/client.ts'
import { queueJobs } from '../database/queue-jobs.ts'
import type { Tables } from '../database/tables.ts'
import { recordEvents, type ChangeOrigin, type LedgerEvent } from '../ledger/ledger.ts'
import { toHidingRule, type StoredHidingRule } from './hiding-rule-row.ts'
import { hiddenBy, holdRules, readRules } from './rules-in-force.ts'

/** The job that goes on with what a rule hides or lets show, one batch at a time. */
export const APPLY_HIDING_RULE = 'apply-hiding-rule'

const BATCH = 1_000

interface Candidate extends Hideable {
  readonly detection_id: string
  readonly hidden_by: string | null
}

/** Goes on behind a detection; queues the batch after it when there may be more. For the job. */
export async function applyNextBatch(
  database: Database,
  ruleId: string,
  after: string,
  origin: ChangeOrigin,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    await holdRules(transaction)
    await applyRule(transaction, ruleId, after, origin)
  })
}

/**
 * Brings the stored detections in line with a rule that was changed, ended or has expired: those that it hides now, and
 * those that it hid before. A first batch is done at once, the rest by a job; a rule that will expire gets a job for that
 * instant. The transaction holds the rules.
 */
export async function applyRule(
  transaction: Transaction<Tables>,
  ruleId: string,
  after: string,
  origin: ChangeOrigin,
): Promise<void> {
  const row = await transaction
    .selectFrom('hiding_rules')
    .selectAll()
    .where('rule_id', '=', ruleId)
    .executeTakeFirst()
  if (row === undefined) return
  const rule = toHidingRule(row)
  const rules = await readRules(transaction)
  const inForce = row.deleted_at === null && isInForce(rule, new Date())
  const candidates = await findCandidates(transaction, rule, inForce, after)
  await storeHidden(
    transaction,
    candidates.flatMap((detection) => {
      const next = hiddenBy(rules, detection)
      return next === detection.hidden_by ? [] : [{ detection, next }]
    }),
    origin,
  )
  const last = candidates.at(-1)
  if (last !== undefined && candidates.length === BATCH) {
    await queue(transaction, ruleId, last.detection_id, null, origin)
  } else if (inForce && rule.expiresAt !== null) {
    await queue(transaction, ruleId, '0', rule.expiresAt, origin)
  }
}

async function findCandidates(
  transaction: Transaction<Tables>,
  { ruleId, detectionTypes }: StoredHidingRule,
  inForce: boolean,
  after: string,
): Promise<readonly Candidate[]> {
  const categories = inForce ? detectionTypes.flatMap((type) => categoryOfScope(type) ?? []) : []
  const types = inForce ? detectionTypes : []
  const { rows } = await sql<Candidate>`
    select detection_id, hidden_by, type, categories, participants, properties from detections
    where detection_id > ${after}::bigint and (
      hidden_by = ${ruleId}::bigint or type = any(${types}::text[]) or category_paths && ${categories}::text[]
    )
    order by detection_id limit ${sql.lit(BATCH)} for update`.execute(transaction)
  return rows
}

async function storeHidden(
  transaction: Transaction<Tables>,
  changes: readonly { readonly detection: Candidate; readonly next: string | null }[],
  origin: ChangeOrigin,
): Promise<void> {
  if (changes.length === 0) return
  const records = changes.map(({ detection, next }) => ({
    detection_id: detection.detection_id,
    hidden_by: next,
  }))
  await sql`
    update detections set hidden_by = input.hidden_by, mod_time = clock_timestamp()
    from jsonb_to_recordset(${JSON.stringify(records)}::jsonb) as input(detection_id bigint, hidden_by bigint)
    where detections.detection_id = input.detection_id`.execute(transaction)
  const events = changes.map(({ detection, next }) =>
    hidingEvent(detection.detection_id, detection.hidden_by, next),
  )
  await recordEvents(transaction, events, origin)
}

/** What the ledger says of a detection that is hidden now, or no longer. */
export function hidingEvent(detectionId: string, before: string | null, after: string | null): LedgerEvent {
  return after === null
    ? { kind: 'DETECTION_SHOWN', detectionId, change: { ruleId: before } }
    : { kind: 'DETECTION_HIDDEN', detectionId, change: { ruleId: after } }
}

async function queue(
  transaction: Transaction<Tables>,
  ruleId: string,
  after: string,
  runAt: Date | null,
  origin: ChangeOrigin,
): Promise<void> {
  const key = `${APPLY_HIDING_RULE}:${ruleId}${runAt === null ? '' : ':expiry'}`
  await queueJobs(transaction, [{ task: APPLY_HIDING_RULE, payload: { ruleId, after, origin }, key, runAt }])
}
