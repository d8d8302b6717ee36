import {
  AccessDenied,
  DomainError,
  InvalidSettings,
  PluginOutdated,
  RateLimited,
  retryDelayMs,
  TicketingError,
  Unauthorized,
  UnexpectedResponse,
} from '@tripline/core'
import type { AdvisoryLocks } from '../database/advisory-locks.ts'
import type { Database, PooledDatabase } from '../database/client.ts'
import { findFormat } from '../formats/format.ts'
import type { ChangeOrigin } from '../ledger/ledger.ts'
import type { SourceAdapters } from './source-adapters.ts'
import { callsOf } from './source-calls.ts'
import { pauseSource } from './source-pause.ts'
import { findSource, type DetectionSource } from './source.ts'
import { SourceSuperseded, storePage } from './store-page.ts'

/** What the work on sources needs. */
export interface SourceWorkDeps {
  readonly database: PooledDatabase
  readonly sourceAdapters: SourceAdapters
  /** Of the detections that are reconciled, and of the sources that are polled. */
  readonly sourceLocks: AdvisoryLocks
  /** How long one call to a source may take. */
  readonly callTimeoutMs: number
  readonly now: () => Date
}

/** Detections for one transaction. */
const PAGE = 200
/** After so many pages other jobs get their turn. */
const PAGES_AT_ONCE = 20
const BUSY_RETRY_MS = 1_000
const LONGEST_PAUSE_MS = 60 * 60_000

/** How the ledger names what a source brought. */
export function originOf({ name, sourceId }: DetectionSource, traceId: string): ChangeOrigin {
  return { actor: { kind: 'integration', name }, connectionId: sourceId, traceId }
}

/**
 * Fetches what was modified in a source since the last time, page by page. Returns when to poll next; `null`: not by
 * itself. What goes wrong is recorded on the source.
 *
 * @throws whatever the database throws; the caller's queue then tries again
 */
export async function pollSource(
  deps: SourceWorkDeps,
  sourceId: string,
  traceId: string,
  stop: AbortSignal,
): Promise<Date | null> {
  const { database, sourceAdapters, sourceLocks, now } = deps
  await using lock = await sourceLocks.tryLock(`poll.${sourceId}`)
  // Whoever has it may have begun before what this poll is for.
  if (lock === null) return new Date(now().getTime() + BUSY_RETRY_MS)
  const source = await findSource(database, sourceId)
  if (source === null || source.pausedReason !== null) return null
  if (source.notBefore !== null && source.notBefore > now()) return source.notBefore
  const origin = originOf(source, traceId)
  const signal = AbortSignal.any([stop, lock.signal])
  try {
    const { plugin, adapter } = sourceAdapters.connect(source)
    const format = findFormat(plugin.format)
    if (format === null) throw new InvalidSettings(`There is no ingest format ${plugin.format}.`)
    const calls = callsOf(deps, source, adapter, traceId, signal)
    let { cursor } = source
    for (let pages = 0; pages < PAGES_AT_ONCE; pages += 1) {
      const page = await calls.poll(cursor, PAGE)
      if (!page.isLast && page.nextCursor === cursor) {
        throw new UnexpectedResponse(`${plugin.title} has more detections and does not tell from where.`)
      }
      signal.throwIfAborted()
      await storePage(database, source, page, { plugin, format }, origin)
      if (page.isLast) return new Date(now().getTime() + source.pollIntervalMs)
      cursor = page.nextCursor
    }
    return now()
  } catch (error) {
    // Whoever changed it has queued its poll, and so does the next start.
    if (error instanceof SourceSuperseded || stop.aborted) return null
    if (lock.signal.aborted) return now()
    return await afterFailure(database, source, error, origin, now())
  }
}

async function afterFailure(
  database: Database,
  source: DetectionSource,
  error: unknown,
  origin: ChangeOrigin,
  now: Date,
): Promise<Date | null> {
  if (!(error instanceof TicketingError) && !(error instanceof DomainError)) throw error
  const { code, message } = error
  const isForPeople = [Unauthorized, PluginOutdated, AccessDenied, DomainError].some(
    (type) => error instanceof type,
  )
  const failures = source.failures + 1
  const delayMs =
    error instanceof TicketingError ? retryDelayMs(error, failures, Math.random()) : LONGEST_PAUSE_MS
  const next = new Date(now.getTime() + delayMs)
  await database
    .updateTable('detection_sources')
    .set({
      last_error: JSON.stringify({ code, message, at: now.toISOString() }),
      // To be asked to wait for some time is no failure.
      ...(error instanceof RateLimited && error.retryAfterMs !== null ? {} : { failures }),
      // Of anything else but a rate limit, what is to be written knows nothing.
      ...(error instanceof RateLimited ? { not_before: next } : {}),
    })
    .where('source_id', '=', source.sourceId)
    .execute()
  if (isForPeople) {
    await pauseSource(database, source, { code, message }, origin)
    return null
  }
  return next
}
