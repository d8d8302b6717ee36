import type { Selectable, Transaction } from 'kysely'
import { sql } from 'kysely'
import { z } from 'zod'
import {
  toTriggerDetection,
  triggerEvents,
  type TriggerOccasion,
  type TriggerRunInput,
  type TriggerRunResult,
  type TriggerThread,
} from '@tripline/triggers'
import type { PooledDatabase } from '../database/client.ts'
import type { Tables, TriggersTable } from '../database/tables.ts'
import { toDetection } from '../detections/detection-row.ts'
import { ingestWithin } from '../detections/ingest-detections.ts'
import type { EventPosition } from '../ledger/event-position.ts'
import { isContentChange, readEvents, type RecordedEvent } from '../ledger/event-reader.ts'
import { recordEvents, type ChangeOrigin } from '../ledger/ledger.ts'
import type { Log } from '../log.ts'
import { commitsPerDay, toReport, TRIGGER_SOURCE } from './committed-detections.ts'
import { listKnownTargets, sendMessages } from './stream-sending.ts'
import { recordRuns, type EndedRun } from './trigger-runs.ts'

/** What running triggers needs. */
export interface TriggerWorkDeps {
  readonly database: PooledDatabase
  readonly thread: TriggerThread
  readonly system: TriggerRunInput['system']
  readonly log: Log
}

type Row = Selectable<TriggersTable>

interface Occurrence {
  readonly occasion: TriggerOccasion
  readonly detectionId: string | null
}

interface Batch {
  readonly inputIds: readonly string[]
  readonly occurrences: readonly (Occurrence & { readonly upTo: EventPosition | null })[]
  /** The place in the ledger up to which there is nothing else for this trigger. */
  readonly readUpTo: EventPosition | null
}

const READ = 200
const MOST_RUNS = 50
const MOST_MS = 2_000
const LEASE_SECONDS = 60
/** After so many failures in a row a trigger is paused. */
export const failuresBeforePause = 10

/**
 * Runs one trigger for the next changes and answers that concern it, at most for some seconds. Everything that comes of
 * it (messages, detections, records, the cursor) is stored in one transaction, by whoever holds the lease at its end: so
 * each change has its effect once, in order, however many processes work. Returns whether there may be more to do.
 */
export async function workOnTrigger(deps: TriggerWorkDeps, row: Row): Promise<boolean> {
  const batch = await nextBatch(deps, row)
  if (batch === null) return false
  const lease = crypto.randomUUID()
  const { numUpdatedRows } = await deps.database
    .updateTable('triggers')
    .set({ lease, leased_until: sql<Date>`clock_timestamp() + make_interval(secs => ${LEASE_SECONDS})` })
    .where('trigger_id', '=', row.trigger_id)
    .where('version', '=', row.version)
    .where('cursor_xid', '=', row.cursor_xid)
    .where('cursor_event_id', '=', row.cursor_event_id)
    .where('paused_reason', 'is', null)
    .where(sql<boolean>`(leased_until is null or leased_until < clock_timestamp())`)
    .executeTakeFirst()
  if (numUpdatedRows === 0n) return false

  const targets = await listKnownTargets(deps.database)
  const results: TriggerRunResult[] = []
  const begun = performance.now()
  let failures = row.failures
  for (const { occasion } of batch.occurrences) {
    if (failures >= failuresBeforePause || performance.now() - begun > MOST_MS) break
    const input = { trigger: row.trigger_id, occasion, debug: row.debug, targets, system: deps.system }
    const result = await deps.thread.run(row.script, input)
    failures = result.outcome === 'done' ? 0 : failures + 1
    results.push(result)
  }
  await deps.database
    .transaction()
    .execute((transaction) => settle(deps, transaction, row, lease, batch, results, failures))
    .catch((error: unknown) => {
      if (!(error instanceof LeaseLost)) throw error
      deps.log.warn({ err: error }, 'what a trigger did was given up')
    })
  return true
}

/** What to run for next; `null`: nothing. Changes that concern no trigger are passed over. */
async function nextBatch({ database }: TriggerWorkDeps, row: Row): Promise<Batch | null> {
  const inputs = await database
    .selectFrom('trigger_inputs')
    .selectAll()
    .where('trigger_id', '=', row.trigger_id)
    .orderBy('input_id')
    .limit(MOST_RUNS)
    .execute()
  const given = inputs.map(({ occasion }) => ({
    occasion: occasionSchema.parse(occasion) as TriggerOccasion,
    detectionId: null,
    upTo: null,
  }))
  // Answers come first, so that a script can go on with what it began.
  if (given.length > 0)
    return { inputIds: inputs.map(({ input_id }) => input_id), occurrences: given, readUpTo: null }
  const from = { xid: row.cursor_xid, eventId: row.cursor_event_id }
  const { events } = await readEvents(database.pool, from, READ)
  const isWanted = row.events.includes('DETECTION_UPDATE')
  const relevant = events
    .filter((event) => isWanted && isContentChange(event) && event.at >= row.active_since)
    .slice(0, MOST_RUNS)
  const last = events.at(-1)
  // Rewriting the cursor for a few irrelevant changes costs more than reading them again.
  if (last === undefined || (relevant.length === 0 && events.length < READ)) return null
  return {
    inputIds: [],
    occurrences: await withDetections(database, relevant),
    readUpTo: relevant.length === MOST_RUNS ? (relevant.at(-1)?.position ?? null) : last.position,
  }
}

const occasionSchema = z.looseObject({ event: z.enum(triggerEvents) })

async function withDetections(
  database: PooledDatabase,
  events: readonly RecordedEvent[],
): Promise<Batch['occurrences']> {
  const ids = [...new Set(events.flatMap(({ detectionId }) => detectionId ?? []))]
  if (ids.length === 0) return []
  const rows = await database
    .selectFrom('detections')
    .selectAll()
    .where((eb) => eb('detection_id', '=', eb.fn.any(eb.val(ids))))
    .execute()
  const detections = new Map(rows.map((found) => [found.detection_id, toDetection(found)]))
  return events.flatMap(({ detectionId, kind, position }) => {
    const detection = detections.get(detectionId ?? '')
    // It was deleted or hidden since.
    if (detection === undefined || detection.hiddenBy !== null) return []
    const seen = toTriggerDetection(detection, kind === 'DETECTION_CREATED')
    return [{ occasion: { event: 'DETECTION_UPDATE', detection: seen }, detectionId, upTo: position }]
  })
}

async function settle(
  deps: TriggerWorkDeps,
  transaction: Transaction<Tables>,
  row: Row,
  lease: string,
  batch: Batch,
  results: readonly TriggerRunResult[],
  failures: number,
): Promise<void> {
  if (!(await takeInputs(transaction, batch.inputIds.slice(0, results.length)))) {
    // Whoever had the lease before has run for them, between our reading them and our taking the lease.
    await transaction
      .updateTable('triggers')
      .set({ lease: null, leased_until: null })
      .where('trigger_id', '=', row.trigger_id)
      .where('lease', '=', lease)
      .execute()
    return
  }
  const isAll = results.length === batch.occurrences.length
  const upTo = isAll ? batch.readUpTo : (batch.occurrences[results.length - 1]?.upTo ?? null)
  const pausedReason =
    failures < failuresBeforePause
      ? null
      : {
          code: 'FAILING',
          message: `The last ${failures} runs failed, the last with: ${results.at(-1)?.error?.message ?? ''}`,
        }
  const failed = results.filter(({ outcome }) => outcome !== 'done').length
  const held = await transaction
    .updateTable('triggers')
    .set({
      lease: null,
      leased_until: null,
      failures,
      ...(upTo === null ? {} : { cursor_xid: upTo.xid, cursor_event_id: upTo.eventId }),
      ...(pausedReason === null ? {} : { paused_reason: JSON.stringify(storable(pausedReason)) }),
      ...(results.length === 0
        ? {}
        : {
            run_count: sql<string>`run_count + ${results.length}::integer`,
            failed_count: sql<string>`failed_count + ${failed}::integer`,
            last_run_at: sql<Date>`clock_timestamp()`,
          }),
    })
    .where('trigger_id', '=', row.trigger_id)
    .where('lease', '=', lease)
    .returning([
      'name',
      sql<number>`case when commits_on = current_date then commits else 0 end`.as('commits'),
    ])
    .executeTakeFirst()
  // Somebody else took over, or the trigger is gone: nothing of this may happen.
  if (held === undefined) throw new LeaseLost(`The lease of the trigger ${row.trigger_id} was lost.`)
  const origin: ChangeOrigin = {
    actor: { kind: 'system', name: `trigger ${held.name}` },
    connectionId: null,
    traceId: lease,
  }
  const runs = results.map((result, index): EndedRun => {
    const { occasion, detectionId } = batch.occurrences[index] ?? {}
    return {
      event: occasion?.event ?? '',
      detectionId: detectionId ?? null,
      result,
      refused: result.refused,
      commits: 0,
    }
  })
  const sent = await sendAll(transaction, row, runs)
  const settled = await commitAll(transaction, row, lease, held.commits, sent, origin)
  await recordRuns(transaction, row.trigger_id, settled)
  if (pausedReason === null) return
  const change = { triggerId: row.trigger_id, name: held.name, reason: storable(pausedReason) }
  await recordEvents(transaction, [{ kind: 'TRIGGER_PAUSED', detectionId: null, change }], origin)
  deps.log.warn({ trigger: held.name, reason: pausedReason.message }, 'a trigger was paused')
}

class LeaseLost extends Error {}

/** Removes inputs; whether all of them were still there. */
async function takeInputs(transaction: Transaction<Tables>, inputIds: readonly string[]): Promise<boolean> {
  if (inputIds.length === 0) return true
  const { numDeletedRows } = await transaction
    .deleteFrom('trigger_inputs')
    .where('input_id', 'in', inputIds)
    .executeTakeFirst()
  return numDeletedRows === BigInt(inputIds.length)
}

/** Queues what the runs send; what is not taken is in their records. */
async function sendAll(
  transaction: Transaction<Tables>,
  row: Row,
  runs: readonly EndedRun[],
): Promise<readonly EndedRun[]> {
  const messages = runs.flatMap(({ event, detectionId, result }, run) =>
    result.messages.map((message) => ({
      ...message,
      run,
      source: { kind: 'trigger', triggerId: row.trigger_id, name: row.name, event, detectionId },
    })),
  )
  if (messages.length === 0) return runs
  const reasons = await sendMessages(
    transaction,
    messages.map(({ run: _run, ...message }) => message),
  )
  return runs.map((ended, run) => {
    const refused = messages.flatMap((message, index) => {
      const reason = reasons[index] ?? null
      return message.run === run && reason !== null
        ? [{ target: message.target, kind: message.message.kind, reason }]
        : []
    })
    return { ...ended, refused: [...ended.refused, ...refused] }
  })
}

/** Stores the detections that the runs made, as many as are left for today. */
async function commitAll(
  transaction: Transaction<Tables>,
  row: Row,
  lease: string,
  already: number,
  runs: readonly EndedRun[],
  origin: ChangeOrigin,
): Promise<readonly EndedRun[]> {
  let left = Math.max(0, commitsPerDay - already)
  const now = new Date()
  const reports: ReturnType<typeof toReport>[] = []
  const settled = runs.map((ended, run) => {
    const { commits } = ended.result
    const taken = commits.slice(0, left)
    left -= taken.length
    reports.push(...taken.map((commit, index) => toReport(commit, `${lease} ${run} ${index}`, now)))
    const reason = `A trigger may make ${commitsPerDay} detections on a day.`
    const refused = commits
      .slice(taken.length)
      .map(({ type }) => ({ target: type, kind: 'detection', reason }))
    return { ...ended, commits: taken.length, refused: [...ended.refused, ...refused] }
  })
  if (reports.length === 0) return settled
  await ingestWithin(
    transaction,
    TRIGGER_SOURCE,
    reports.map((report, index) => ({ index, report })),
    origin,
  )
  await transaction
    .updateTable('triggers')
    .set({ commits_on: sql<Date>`current_date`, commits: already + reports.length })
    .where('trigger_id', '=', row.trigger_id)
    .execute()
  return settled
}

/** Without NUL and lone surrogates, which `jsonb` does not take; a script's error may hold them. */
function storable<Reason extends { readonly code: string; readonly message: string }>(
  reason: Reason,
): Reason {
  return { ...reason, message: reason.message.replaceAll('\0', '').toWellFormed() }
}
