import {
  isEmptySourcePlan,
  planSourceSync,
  Rejected,
  trackedFields,
  type SourceChange,
  type SourceSyncPlan,
  type SourceTracking,
  type TrackedField,
} from '@tripline/core'
import type { ChangeOrigin, RefusedPart } from '../ledger/ledger.ts'
import { originOf, type SourceWorkDeps } from './poll-source.ts'
import type { ConnectedSource } from './source-adapters.ts'
import { callsOf, type SourceCalls } from './source-calls.ts'
import { queueSourceSync } from './source-jobs.ts'
import {
  applySourceInbound,
  SourceLinkGone,
  storeSourceRound,
  storeSourceVerified,
  withoutRefused,
} from './source-round.ts'
import {
  blocked,
  haltSource,
  haltSourceAfter,
  refusedStanding,
  type SourceStanding,
} from './source-standing.ts'
import { loadSourceWork, type SourceWork } from './source-work.ts'

const ROUNDS = 4
const BUSY_RETRY_MS = 100
const CHANGING_RETRY_MS = 2_000

/**
 * Brings a detection and what its source shows of it together: the only way in which anything is written to a source.
 * It begins with reading, always, so that a write whose answer was lost is seen before the next.
 *
 * What happens is recorded on the link and in the ledger; errors of the source are not thrown.
 *
 * @throws whatever the database throws; the caller's queue then tries again
 */
export async function reconcileSource(
  deps: SourceWorkDeps,
  detectionId: string,
  traceId: string,
  stop: AbortSignal,
): Promise<void> {
  const { database, sourceAdapters, sourceLocks, now } = deps
  await using lock = await sourceLocks.tryLock(`detection.${detectionId}`)
  if (lock === null) {
    return await queueSourceSync(database, [detectionId], traceId, new Date(now().getTime() + BUSY_RETRY_MS))
  }
  const work = await loadSourceWork(database, detectionId)
  if (work === null || work.source.pausedReason !== null || !work.settings.externalTracking) return
  const { notBefore } = work.source
  if (notBefore !== null && notBefore > now()) {
    return await queueSourceSync(database, [detectionId], traceId, notBefore)
  }
  const origin = originOf(work.source, traceId)
  const signal = AbortSignal.any([stop, lock.signal])
  try {
    const connected = sourceAdapters.connect(work.source)
    const calls = callsOf(deps, work.source, connected.adapter, traceId, signal)
    await merge(deps, { connected, calls, origin, signal }, work)
  } catch (error) {
    if (error instanceof SourceLinkGone) return
    // A call that was cut short by our own stopping says nothing about the other side.
    if (signal.aborted) return await queueSourceSync(database, [detectionId], traceId)
    try {
      await haltSourceAfter(database, work, error, origin, now())
    } catch (inner) {
      if (!(inner instanceof SourceLinkGone)) throw inner
    }
  }
}

interface Merging {
  readonly connected: ConnectedSource
  readonly calls: SourceCalls
  readonly origin: ChangeOrigin
  readonly signal: AbortSignal
}

/** Merges until both sides agree: a round is repeated when somebody changed something in the middle of it. */
async function merge({ database, now }: SourceWorkDeps, merging: Merging, first: SourceWork): Promise<void> {
  const { calls, connected, origin, signal } = merging
  const { externalId } = first.link
  const planFor = (work: SourceWork, theirs: SourceTracking, base = work.link.base): SourceSyncPlan =>
    planSourceSync({
      base,
      ours: work.tracking,
      theirs,
      conflicts: work.source.conflicts,
      resolutions: connected.plugin.resolutions,
    })
  let work = first
  let theirs = await calls.read(externalId)
  for (let round = 0; round < ROUNDS; round += 1) {
    signal.throwIfAborted()
    if (theirs === null) return await haltSource(database, work, missing(work), origin)
    const plan = planFor(work, theirs)
    const inbound = await applySourceInbound(database, work, theirs, plan, origin)
    if (inbound.outcome === 'outdated') {
      work = await reload(database, work)
      continue
    }
    if (Object.keys(plan.outbound).length === 0) {
      return await settle(database, work, refusedStanding(inbound.refused, []), origin)
    }
    const refused = await write(calls, externalId, plan.outbound)
    const seen = await calls.read(externalId)
    if (seen === null) return await haltSource(database, work, missing(work), origin)
    const fields = refused.map(({ field }) => field)
    const base = withoutRefused(plan.settle(seen, fields), work.link.base, inbound.refused)
    const left = planFor(work, seen, base)
    const dropped = droppedFields(plan.outbound, left.outbound, theirs, seen).filter(
      (field) => !fields.includes(field),
    )
    const all = [...refused, ...dropped.map(notApplied)]
    await storeSourceRound(database, work, { sent: plan.outbound, refused: all, seen, base }, origin)
    const standing = refusedStanding(inbound.refused, all)
    if (standing !== null || isEmptySourcePlan(left)) return await settle(database, work, standing, origin)
    work = await reload(database, work)
    theirs = seen
  }
  const reason = {
    code: 'CHANGING',
    message: 'Both sides keep changing; it will be tried again.',
    field: null,
  }
  const retryAt = new Date(now().getTime() + CHANGING_RETRY_MS)
  await haltSource(database, work, { syncState: 'pending', reason, retryAt }, origin)
}

async function settle(
  database: SourceWorkDeps['database'],
  work: SourceWork,
  standing: SourceStanding | null,
  origin: ChangeOrigin,
): Promise<void> {
  if (standing === null) await storeSourceVerified(database, work, origin)
  else await haltSource(database, work, standing, origin)
}

/** The link as it is now. @throws SourceLinkGone */
async function reload(database: SourceWorkDeps['database'], { link }: SourceWork): Promise<SourceWork> {
  const work = await loadSourceWork(database, link.detectionId)
  if (work === null || work.link.sourceId !== link.sourceId) throw new SourceLinkGone()
  return work
}

/** Writes all at once; where that is refused each part by itself, so that one does not keep the others out. */
async function write(
  calls: SourceCalls,
  externalId: string,
  change: SourceChange,
): Promise<readonly RefusedPart[]> {
  const attempt = async (part: SourceChange): Promise<Rejected | null> => {
    try {
      await calls.write(externalId, part)
      return null
    } catch (error) {
      if (error instanceof Rejected) return error
      throw error
    }
  }
  const fields = trackedFields.filter((field) => change[field] !== undefined)
  const whole = await attempt(change)
  if (whole === null) return []
  const refused: RefusedPart[] = []
  for (const field of fields) {
    const error = fields.length === 1 ? whole : await attempt({ [field]: change[field] })
    if (error !== null) refused.push({ field, code: error.code, message: error.message })
  }
  return refused
}

/** What was written and is as it was before: the source took it and did nothing. */
function droppedFields(
  sent: SourceChange,
  left: SourceChange,
  before: SourceTracking,
  seen: SourceTracking,
): readonly TrackedField[] {
  const isAsBefore = {
    status: seen.status === before.status && seen.resolution === before.resolution,
    assignee: seen.assignee === before.assignee,
    ticketId: seen.ticketId === before.ticketId,
  }
  return trackedFields.filter(
    (field) => sent[field] !== undefined && left[field] !== undefined && isAsBefore[field],
  )
}

function notApplied(field: TrackedField): RefusedPart {
  const message = `The source accepted the change of ${field} and did not make it.`
  return { field, code: 'NOT_APPLIED', message }
}

function missing({ link, source }: SourceWork): SourceStanding {
  const message = `${source.name} has no detection ${link.externalId} any more.`
  return blocked('DETECTION_MISSING', message, null)
}
