import { sql, type Transaction } from 'kysely'
import type { Detection, DetectionId, DetectionReport, JsonObject, TrackingSettings } from '@tripline/core'
import type { Database } from '../database/client.ts'
import type { DetectionsTable, Tables } from '../database/tables.ts'
import { hidingEvent } from '../hiding/apply-rule.ts'
import type { StoredHidingRule } from '../hiding/hiding-rule-row.ts'
import { hiddenBy, rulesInForce } from '../hiding/rules-in-force.ts'
import { recordEvents, type ChangeOrigin, type LedgerEvent } from '../ledger/ledger.ts'
import { reopenRecurred } from '../tracking/recurrence.ts'
import { decideTickets } from '../tracking/decide-tickets.ts'
import { requestReconcile } from '../tracking/reconcile-jobs.ts'
import { getTrackingSettings } from '../tracking/tracking-settings-store.ts'
import {
  canonicalJson,
  contentColumns,
  contentHash,
  toContentColumns,
  toDetection,
  toSearchColumns,
  toTracking,
  type ContentColumns,
} from './detection-row.ts'
import type { Selectable } from 'kysely'

/** One report and its place in the caller's input. */
export interface IndexedReport {
  readonly index: number
  readonly report: DetectionReport
}

/** What became of one report. */
export interface IngestOutcome {
  readonly index: number
  readonly detectionId: string
  /** `unchanged`: the content is stored already; `stale`: newer content is stored. */
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'stale'
}

type Row = Selectable<DetectionsTable>

/** What tells whether a report is news. */
type StoredRow = Pick<Row, 'detection_id' | 'external_id' | 'update_time' | 'content_hash'>

/** What a report does not say of a detection that was just written. */
type WrittenRow = Pick<Row, (typeof writtenColumns)[number]>

const writtenColumns = [
  'detection_id',
  'external_id',
  'create_time',
  'update_time',
  'mod_time',
  'status',
  'resolution',
  'assignee',
  'ticket_id',
  'closed_at',
  'version',
  'hidden_by',
] as const

interface Prepared {
  readonly index: number
  readonly report: DetectionReport
  readonly columns: ContentColumns
  readonly hash: string
}

interface Written {
  readonly item: Prepared
  readonly row: WrittenRow
}

interface Updated extends Written {
  /** The hiding rule that hid it before. */
  readonly hiddenBefore: string | null
  /** The API's names of the content fields that differ. */
  readonly fields: readonly string[]
}

/**
 * Stores what a source reports, in one transaction: the detections, the ledger, the rules' decisions and their jobs.
 * Delivering a report twice, or an older one after a newer one, changes nothing. Of two reports with the same
 * `updateTime` and different content the one that comes last counts. Meant for batches of up to some hundred reports.
 */
export async function ingestReports(
  database: Database,
  source: string,
  reports: readonly IndexedReport[],
  origin: ChangeOrigin,
): Promise<readonly IngestOutcome[]> {
  if (reports.length === 0) return []
  const prepared = reports.map(prepare)
  return await database
    .transaction()
    .execute((transaction) => ingestPrepared(transaction, source, prepared, origin))
}

/** The same within the caller's transaction. */
export async function ingestWithin(
  transaction: Transaction<Tables>,
  source: string,
  reports: readonly IndexedReport[],
  origin: ChangeOrigin,
): Promise<readonly IngestOutcome[]> {
  return await ingestPrepared(transaction, source, reports.map(prepare), origin)
}

async function ingestPrepared(
  transaction: Transaction<Tables>,
  source: string,
  prepared: readonly Prepared[],
  origin: ChangeOrigin,
): Promise<readonly IngestOutcome[]> {
  const terms = {
    settings: await getTrackingSettings(transaction),
    hidingRules: await rulesInForce(transaction),
  }
  const outcomes: IngestOutcome[] = []
  for (const wave of wavesOf(prepared))
    outcomes.push(...(await ingestWave(transaction, source, wave, terms, origin)))
  return outcomes.toSorted((left, right) => left.index - right.index)
}

/** What holds for a whole batch. */
interface IngestTerms {
  readonly settings: TrackingSettings
  readonly hidingRules: readonly StoredHidingRule[]
}

function prepare({ index, report }: IndexedReport): Prepared {
  const columns = toContentColumns(report)
  return { index, report, columns, hash: contentHash(columns) }
}

/** Divides a batch so that no part names a detection twice; parts are in order, and sorted so that writers cannot deadlock. */
function wavesOf(prepared: readonly Prepared[]): readonly (readonly Prepared[])[] {
  const waves: Map<string, Prepared>[] = []
  const seen = new Map<string, number>()
  for (const item of prepared) {
    const { externalId } = item.report
    const wave = seen.get(externalId) ?? 0
    seen.set(externalId, wave + 1)
    const known = waves[wave]
    if (known === undefined) waves.push(new Map([[externalId, item]]))
    else known.set(externalId, item)
  }
  return waves.map((wave) =>
    [...wave.values()].toSorted((left, right) => (left.report.externalId < right.report.externalId ? -1 : 1)),
  )
}

async function ingestWave(
  transaction: Transaction<Tables>,
  source: string,
  wave: readonly Prepared[],
  terms: IngestTerms,
  origin: ChangeOrigin,
): Promise<readonly IngestOutcome[]> {
  const outcomes: IngestOutcome[] = []
  const created: Written[] = []
  const updated: Updated[] = []
  let left = wave
  while (left.length > 0) {
    const stored = await storedRows(transaction, source, left)
    const missing: Prepared[] = []
    const newer = new Map<string, Prepared>()
    for (const item of left) {
      const before = stored.get(item.report.externalId)
      if (before === undefined) missing.push(item)
      else if (before.update_time > item.report.updateTime) outcomes.push(outcome(item, before, 'stale'))
      else if (before.content_hash.toString('hex') === item.hash)
        outcomes.push(outcome(item, before, 'unchanged'))
      else newer.set(before.detection_id, item)
    }
    for (const change of await updateDetections(transaction, source, newer, terms.hidingRules)) {
      updated.push(change)
      outcomes.push(outcome(change.item, change.row, 'updated'))
    }
    const inserted = await insertRows(transaction, source, missing, terms)
    const rows = new Map(inserted.map((row) => [row.external_id, row]))
    for (const item of missing) {
      const row = rows.get(item.report.externalId)
      if (row === undefined) continue
      created.push({ item, row })
      outcomes.push(outcome(item, row, 'created'))
    }
    // Whoever is left lost a race for its identity or its id: the next round finds the winner, or takes another id.
    left = missing.filter((item) => !rows.has(item.report.externalId))
  }
  await recordIngest(transaction, source, created, updated, terms.settings, origin)
  return outcomes
}

function outcome(
  item: Prepared,
  row: Pick<Row, 'detection_id'>,
  result: IngestOutcome['outcome'],
): IngestOutcome {
  return { index: item.index, detectionId: row.detection_id, outcome: result }
}

/** Reads no content: most of what a sensor sends again is known already. */
async function storedRows(
  transaction: Transaction<Tables>,
  source: string,
  items: readonly Prepared[],
): Promise<ReadonlyMap<string, StoredRow>> {
  const rows = await transaction
    .selectFrom('detections')
    .select(['detection_id', 'external_id', 'update_time', 'content_hash'])
    .where('source', '=', source)
    .where((eb) => eb('external_id', '=', eb.fn.any(eb.val(items.map(({ report }) => report.externalId)))))
    // As those who track lock them, so that nobody waits for each other.
    .orderBy('detection_id')
    .forUpdate()
    .execute()
  return new Map(rows.map((row) => [row.external_id, row]))
}

function toRecord({ report, columns, hash }: Prepared, rules: readonly StoredHidingRule[]): JsonObject {
  return {
    external_id: report.externalId,
    content_hash: `\\x${hash}`,
    ...columns,
    ...toSearchColumns(report),
    hidden_by: hiddenBy(rules, report),
  }
}

const storedColumns = [
  'external_id',
  'content_hash',
  ...contentColumns,
  'category_paths',
  'technique_paths',
  'addresses',
  'hostnames',
  'search_text',
  'hidden_by',
] as const

const writtenList = sql.join(writtenColumns.map((column) => sql.ref(`detections.${column}`)))
const columnList = sql.join(storedColumns.map((column) => sql.ref(column)))
const inputList = sql.join(storedColumns.map((column) => sql.ref(`input.${column}`)))
const assignments = sql.join(
  storedColumns.slice(1).map((column) => sql`${sql.ref(column)} = ${sql.ref(`input.${column}`)}`),
)

async function insertRows(
  transaction: Transaction<Tables>,
  source: string,
  items: readonly Prepared[],
  { settings, hidingRules }: IngestTerms,
): Promise<readonly WrittenRow[]> {
  if (items.length === 0) return []
  const records = items.map((item) => {
    const { tracking, preferredId, createTime } = item.report
    return {
      ...toRecord(item, hidingRules),
      detection_id: preferredId,
      create_time: createTime?.toISOString() ?? null,
      // A ticket's status means nothing here while tickets are not followed.
      status:
        tracking?.status === 'new' && !settings.externalTracking ? 'open' : (tracking?.status ?? 'open'),
      resolution: tracking?.resolution ?? null,
      assignee: tracking?.assignee ?? null,
      ticket_id: tracking?.ticketId ?? null,
    }
  })
  const { rows } = await sql<WrittenRow>`
    insert into detections
      (detection_id, source, create_time, mod_time, status, resolution, assignee, ticket_id, closed_at, ${columnList})
    select
      case
        when input.detection_id is null
          or exists (select from detections taken where taken.detection_id = input.detection_id)
        then nextval('detection_ids') else input.detection_id
      end,
      ${source}, coalesce(input.create_time, clock_timestamp()), clock_timestamp(),
      input.status, input.resolution, input.assignee, input.ticket_id,
      case when input.status = 'closed' then clock_timestamp() end, ${inputList}
    from jsonb_populate_recordset(null::detections, ${JSON.stringify(records)}::jsonb) input
    on conflict do nothing
    returning ${writtenList}`.execute(transaction)
  return rows
}

/** Replaces the content of detections, by id, whose rows are locked. */
async function updateDetections(
  transaction: Transaction<Tables>,
  source: string,
  items: ReadonlyMap<string, Prepared>,
  rules: readonly StoredHidingRule[],
): Promise<readonly Updated[]> {
  if (items.size === 0) return []
  const before = await transaction
    .selectFrom('detections')
    .selectAll()
    .where((eb) => eb('detection_id', '=', eb.fn.any(eb.val([...items.keys()]))))
    .execute()
  const rows = new Map(before.map((row) => [row.detection_id, row]))
  const records = [...items.values()].map((item) => toRecord(item, rules))
  const { rows: written } = await sql<WrittenRow>`
    update detections set mod_time = clock_timestamp(), ${assignments}
    from jsonb_populate_recordset(null::detections, ${JSON.stringify(records)}::jsonb) input
    where detections.source = ${source} and detections.external_id = input.external_id
    returning ${writtenList}`.execute(transaction)
  return written.flatMap((row) => {
    const item = items.get(row.detection_id)
    const old = rows.get(row.detection_id)
    if (item === undefined || old === undefined) return []
    return [{ item, row, fields: changedFields(old, item), hiddenBefore: old.hidden_by }]
  })
}

/** The API's names of the content columns in which a row and a report differ. */
function changedFields(before: Row, { columns }: Prepared): readonly string[] {
  const stored: ContentColumns = toContentColumns({
    ...toDetection(before),
    preferredId: null,
    tracking: null,
  })
  return contentColumns
    .filter((column) => canonicalJson(stored[column]) !== canonicalJson(columns[column]))
    .map((column) => column.replaceAll(/_([a-z])/gu, (_, letter: string) => letter.toUpperCase()))
}

/** A detection as it was just written, without reading its content back. */
function writtenDetection(source: string, { item, row }: Written): Detection {
  const { preferredId: _preferred, tracking: _initial, ...content } = item.report
  return {
    ...content,
    detectionId: row.detection_id as DetectionId,
    source,
    createTime: row.create_time,
    modTime: row.mod_time,
    tracking: toTracking(row),
    version: row.version,
    hiddenBy: row.hidden_by,
  }
}

async function recordIngest(
  transaction: Transaction<Tables>,
  source: string,
  created: readonly Written[],
  updated: readonly Updated[],
  settings: TrackingSettings,
  origin: ChangeOrigin,
): Promise<void> {
  const detections = [...created, ...updated].map((written) => writtenDetection(source, written))
  if (detections.length === 0) return
  const { decisions, events } = settings.externalTracking
    ? await decideTickets(transaction, detections, origin.traceId)
    : { decisions: new Map<string, never>(), events: [] }
  const own: LedgerEvent[] = [
    ...created.map(({ row: { detection_id: detectionId, hidden_by: hider } }): LedgerEvent => ({
      kind: 'DETECTION_CREATED',
      detectionId,
      change: { ticketing: decisions.get(detectionId) ?? [], hiddenBy: hider },
    })),
    ...updated.map(({ row: { detection_id: detectionId }, fields }): LedgerEvent => ({
      kind: 'DETECTION_UPDATED',
      detectionId,
      change: { fields, ticketing: decisions.get(detectionId) ?? [] },
    })),
    ...updated.flatMap(({ row: { detection_id: detectionId, hidden_by: hider }, hiddenBefore }) =>
      hider === hiddenBefore ? [] : [hidingEvent(detectionId, hiddenBefore, hider)],
    ),
  ]
  const decided = events.map((event) => ({ ...event, actor: { kind: 'system' as const, name: 'rules' } }))
  await recordEvents(transaction, [...own, ...decided], origin)
  if (settings.externalTracking) {
    await reopenRecurred(
      transaction,
      updated.map(({ row }) => row).filter((row) => row.hidden_by === null),
      origin.traceId,
    )
    await requestReconcile(
      transaction,
      updated.map(({ row }) => row.detection_id),
      null,
      origin.traceId,
    )
  }
}
