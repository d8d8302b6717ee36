import { sql, type Transaction } from 'kysely'
import { InvalidInput, NotFound, VersionConflict, schemaIssues } from '@tripline/core'
import { triggerEvents, type TriggerThread } from '@tripline/triggers'
import { z } from 'zod'
import type { Database } from '../database/client.ts'
import type { Tables } from '../database/tables.ts'
import { fromNowOn } from '../ledger/from-now-on.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import { toTrigger, type Trigger } from './trigger.ts'

/** What managing triggers needs. */
export interface TriggerDeps {
  readonly database: Database
  /** Where scripts run, and are compiled before they are stored. */
  readonly thread: TriggerThread
}

const eventSchema = z.enum(triggerEvents, `must be one of ${triggerEvents.join(', ')}`)
const text = (most: number): z.ZodType<string> =>
  z
    .string()
    .max(most, `must have at most ${most} characters`)
    .refine((value) => !value.includes('\0') && value.isWellFormed(), 'holds what is no text')

const fields = {
  name: text(200).refine((name) => name.trim() !== '', 'must not be empty'),
  description: text(10_000),
  author: text(200),
  script: text(100_000),
  /** A script that asks for answers has them without naming `REMOTE_RESPONSE` here. */
  events: z
    .array(eventSchema)
    .min(1, 'must name at least one event')
    .transform((events) => triggerEvents.filter((event) => events.includes(event))),
  disabled: z.boolean(),
  debug: z.boolean(),
}

const newTriggerSchema = z.object({
  ...fields,
  description: fields.description.default(''),
  author: fields.author.default(''),
  disabled: fields.disabled.default(false),
  debug: fields.debug.default(false),
})
const patchSchema = z.object(fields).partial()

/** What makes a trigger. */
export type NewTrigger = z.input<typeof newTriggerSchema>
/** What changes a trigger; what is absent is unchanged. */
export type TriggerPatch = z.input<typeof patchSchema>

/** Every trigger, by name. */
export async function listTriggers(database: Database): Promise<readonly Trigger[]> {
  const rows = await database
    .selectFrom('triggers')
    .selectAll()
    .orderBy('name')
    .orderBy('trigger_id')
    .execute()
  return rows.map(toTrigger)
}

/** A trigger by its id; `null`: there is none. */
export async function findTrigger(database: Database, triggerId: string): Promise<Trigger | null> {
  if (!/^\d{1,18}$/u.test(triggerId)) return null
  const row = await database
    .selectFrom('triggers')
    .selectAll()
    .where('trigger_id', '=', triggerId)
    .executeTakeFirst()
  return row === undefined ? null : toTrigger(row)
}

/** @throws NotFound */
export async function getTrigger(database: Database, triggerId: string): Promise<Trigger> {
  const trigger = await findTrigger(database, triggerId)
  if (trigger === null) throw new NotFound('trigger', triggerId)
  return trigger
}

/**
 * Stores a trigger. It runs for what happens from now on.
 *
 * @throws InvalidInput naming every problem; a script that does not compile is one
 */
export async function createTrigger(
  deps: TriggerDeps,
  input: NewTrigger,
  origin: ChangeOrigin,
): Promise<Trigger> {
  const given = parsed(newTriggerSchema, input)
  await compile(deps.thread, given.script)
  return await deps.database.transaction().execute(async (transaction) => {
    const row = await transaction
      .insertInto('triggers')
      .values(given)
      .returningAll()
      .executeTakeFirstOrThrow()
    const change = { triggerId: row.trigger_id, name: row.name }
    await recordEvents(transaction, [{ kind: 'TRIGGER_CREATED', detectionId: null, change }], origin)
    return toTrigger(row)
  })
}

/**
 * Changes a trigger. A new script, or switching it on, lets a paused one run again.
 *
 * @throws InvalidInput, NotFound, VersionConflict
 */
export async function updateTrigger(
  deps: TriggerDeps,
  triggerId: string,
  patch: TriggerPatch,
  origin: ChangeOrigin,
  expectedVersion?: number | null,
): Promise<Trigger> {
  const given = parsed(patchSchema, patch)
  if (given.script !== undefined) await compile(deps.thread, given.script)
  return await deps.database.transaction().execute(async (transaction) => {
    const before = await lockTrigger(transaction, triggerId)
    if (expectedVersion !== undefined && expectedVersion !== null && expectedVersion !== before.version)
      throw new VersionConflict(expectedVersion, before.version)
    const changed = Object.entries(given).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof Trigger]),
    )
    if (changed.length === 0) return before
    const isEnabled = before.disabled && given.disabled === false
    const isMended = isEnabled || changed.some(([name]) => name === 'script')
    const row = await transaction
      .updateTable('triggers')
      .set({
        ...Object.fromEntries(changed),
        ...(isMended ? { paused_reason: null, failures: 0 } : {}),
        // What happened while it was off does not concern it.
        ...(isEnabled ? fromNowOn : {}),
        version: before.version + 1,
        updated_at: sql<Date>`clock_timestamp()`,
      })
      .where('trigger_id', '=', before.triggerId)
      .returningAll()
      .executeTakeFirstOrThrow()
    const change = { triggerId: before.triggerId, name: row.name, fields: changed.map(([name]) => name) }
    await recordEvents(transaction, [{ kind: 'TRIGGER_UPDATED', detectionId: null, change }], origin)
    return toTrigger(row)
  })
}

/** Lets a paused trigger run again, beginning with what has been waiting. @throws NotFound */
export async function resumeTrigger(
  database: Database,
  triggerId: string,
  origin: ChangeOrigin,
): Promise<Trigger> {
  return await database.transaction().execute(async (transaction) => {
    const before = await lockTrigger(transaction, triggerId)
    if (before.pausedReason === null) return before
    const row = await transaction
      .updateTable('triggers')
      .set({ paused_reason: null, failures: 0 })
      .where('trigger_id', '=', before.triggerId)
      .returningAll()
      .executeTakeFirstOrThrow()
    const change = { triggerId: before.triggerId, name: before.name }
    await recordEvents(transaction, [{ kind: 'TRIGGER_RESUMED', detectionId: null, change }], origin)
    return toTrigger(row)
  })
}

/** Deletes a trigger, with its runs and what waits for it. @throws NotFound */
export async function deleteTrigger(
  database: Database,
  triggerId: string,
  origin: ChangeOrigin,
): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const before = await lockTrigger(transaction, triggerId)
    await transaction.deleteFrom('triggers').where('trigger_id', '=', before.triggerId).execute()
    const change = { triggerId: before.triggerId, name: before.name }
    await recordEvents(transaction, [{ kind: 'TRIGGER_DELETED', detectionId: null, change }], origin)
  })
}

async function lockTrigger(transaction: Transaction<Tables>, triggerId: string): Promise<Trigger> {
  const known = await getTrigger(transaction, triggerId)
  const row = await transaction
    .selectFrom('triggers')
    .selectAll()
    .where('trigger_id', '=', known.triggerId)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw new NotFound('trigger', triggerId)
  return toTrigger(row)
}

async function compile(thread: TriggerThread, script: string): Promise<void> {
  const problem = await thread.check(script)
  if (problem === null) return
  const where = problem.line === null ? '' : ` in line ${problem.line}`
  const message = `${problem.name}${where}: ${problem.message}`
  throw new InvalidInput(`The script cannot be run: ${message}.`, [{ path: 'script', message }])
}

function parsed<Output>(schema: z.ZodType<Output>, input: unknown): Output {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const issues = schemaIssues(result.error)
  const texts = issues.map(({ path, message }) => `${path} ${message}`)
  throw new InvalidInput(`The trigger cannot be stored as it is: ${texts.join('; ')}.`, issues)
}
