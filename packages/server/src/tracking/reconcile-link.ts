import {
  baseAfterCreate,
  DomainError,
  isPassingRefusal,
  planSync,
  settleBase,
  settleSent,
  ticketDraft,
  TicketingError,
  unappliedFields,
  unsettledFields,
  type CallOptions,
  type SyncPlan,
  type Ticket,
  type TicketingAdapter,
  type TicketRef,
} from '@tripline/core'
import type { AdvisoryLocks } from '../database/advisory-locks.ts'
import type { PooledDatabase } from '../database/client.ts'
import type { ChangeOrigin } from '../ledger/ledger.ts'
import { tracingCalls } from '../plugin-host/call-trace.ts'
import type { Adapters } from './adapters.ts'
import { applyInbound } from './apply-inbound.ts'
import { pauseConnection } from './connection-pause.ts'
import { learnIdentity } from './learn-identity.ts'
import { halt, haltAfter, standingAfter, type Standing } from './link-standing.ts'
import type { LinkGroups } from './link-groups.ts'
import { detectionUrl, ourSide, type LinkWork } from './link-work.ts'
import { LinkSuperseded, updateLink, wasRead } from './link.ts'
import { takeFromBudget } from './reconcile-budget.ts'
import { queueReconcile, type Lane } from './reconcile-jobs.ts'
import { storeUnfollowedTicket, type NewTicket } from './store-new-tickets.ts'
import { storeOutcome, storeRound, storeVerified } from './store-round.ts'
import { writeComments } from './write-comments.ts'

/** What reconciling needs. */
export interface ReconcileDeps {
  readonly database: PooledDatabase
  readonly adapters: Adapters
  readonly locks: AdvisoryLocks
  readonly groups: LinkGroups
  /** Where people reach this gateway, without a slash at the end; `null`: tickets carry no link back. */
  readonly publicUrl: string | null
  /** How long one call to a ticketing system may take. */
  readonly callTimeoutMs: number
  readonly now: () => Date
}

const ROUNDS = 4
const BUSY_RETRY_MS = 100

/**
 * Brings the two sides of one link together: the only way in which anything is read from or written to a ticketing
 * system about a ticket. A person's change, a webhook, a poll and a retry all end here.
 *
 * What happens is recorded on the link and in the ledger; ticketing errors are not thrown.
 *
 * @throws whatever the database throws; the caller's queue then tries again
 */
export async function reconcileLink(
  deps: ReconcileDeps,
  linkId: string,
  lane: Lane,
  traceId: string,
  stop: AbortSignal,
): Promise<void> {
  await using lock = await deps.locks.tryLock(linkId)
  if (lock === null) {
    const runAt = new Date(deps.now().getTime() + BUSY_RETRY_MS)
    return await queueReconcile(deps.database, [{ linkId, lane, runAt }], traceId)
  }
  const work = await deps.groups.load(linkId)
  if (work === null || !mayCall(work)) return
  const runAt = await notYet(deps, work, lane)
  if (runAt !== null) {
    await updateLink(deps.database, linkId, { next_attempt_at: runAt })
    return await queueReconcile(deps.database, [{ linkId, lane, runAt }], traceId)
  }
  const origin: ChangeOrigin = {
    actor: { kind: 'connection', name: work.connection.name },
    connectionId: work.connection.connectionId,
    traceId,
  }
  const signal = AbortSignal.any([stop, lock.signal])
  const call = (): CallOptions => ({
    signal: AbortSignal.any([signal, AbortSignal.timeout(deps.callTimeoutMs)]),
    traceId,
  })
  try {
    const adapter = await adapterOrPause(deps, work, origin)
    if (adapter === null) return
    const trace = { traceId, connection: work.connection.name }
    await tracingCalls(trace, () => new Reconciliation(deps, adapter, call, origin, signal).run(work))
  } catch (error) {
    // Whoever changed what the link is about has queued what is to be done instead.
    if (error instanceof LinkSuperseded) return
    // A call that was cut short by our own stopping says nothing about the other side.
    if (stop.aborted || lock.signal.aborted)
      return await queueReconcile(deps.database, [{ linkId, lane }], traceId)
    try {
      await haltAfter(deps.database, work, error, origin, deps.now())
    } catch (inner) {
      if (!(inner instanceof LinkSuperseded)) throw inner
    }
  }
}

/**
 * The adapter to work with. A connection that none can be made for (its plugin or a secret is missing) is paused, which
 * keeps all its work for when that is mended; then the answer is `null`.
 */
async function adapterOrPause(
  { database, adapters }: ReconcileDeps,
  { connection }: LinkWork,
  origin: ChangeOrigin,
): Promise<TicketingAdapter | null> {
  try {
    return adapters.adapterFor(connection)
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    await pauseConnection(database, connection, { code: error.code, message: error.message }, origin)
    return null
  }
}

/** Until when the connection makes no calls of this lane; `null`: it does now. */
async function notYet(
  { database, now }: ReconcileDeps,
  { connection }: LinkWork,
  lane: Lane,
): Promise<Date | null> {
  const { connectionId, notBefore, policies } = connection
  if (notBefore !== null && notBefore > now()) return notBefore
  if (policies.reconcilesPerMinute === null) return null
  return await takeFromBudget(database, connectionId, policies.reconcilesPerMinute, lane)
}

function mayCall({ link, connection, settings }: LinkWork): boolean {
  return (
    settings.externalTracking &&
    link.state !== 'held' &&
    link.state !== 'detached' &&
    connection.enabled &&
    !connection.deleted &&
    connection.pausedReason === null
  )
}

interface Followed {
  readonly work: LinkWork
  readonly ticket: Ticket
}

type MadeTicket = Pick<NewTicket, 'ticket' | 'sent'>

class Reconciliation {
  readonly #deps: ReconcileDeps
  readonly #adapter: TicketingAdapter
  readonly #call: () => CallOptions
  readonly #origin: ChangeOrigin
  readonly #signal: AbortSignal

  constructor(
    deps: ReconcileDeps,
    adapter: TicketingAdapter,
    call: () => CallOptions,
    origin: ChangeOrigin,
    signal: AbortSignal,
  ) {
    this.#deps = deps
    this.#adapter = adapter
    this.#call = call
    this.#origin = origin
    this.#signal = signal
  }

  async run(work: LinkWork): Promise<void> {
    const { database } = this.#deps
    const followed =
      work.link.ticket === null ? await this.#obtain(work) : await this.#follow(work, work.link.ticket)
    if (followed === null) return
    const outcome = await this.#settle(followed.work, followed.ticket)
    if (outcome === 'stored') return
    const comments = await writeComments(this.#deps, this.#adapter, this.#call, followed.work, this.#origin)
    const trouble = outcome ?? comments
    if (trouble === null) await storeVerified(database, followed.work, this.#origin)
    else await halt(database, followed.work, trouble, this.#origin)
  }

  /**
   * Merges until both sides agree: a round is repeated when somebody changed something in the middle of it. Returns where
   * the link stands then; `stored`: that is stored already, and nothing left to be done.
   */
  async #settle(first: LinkWork, ticket: Ticket): Promise<Standing | 'stored' | null> {
    const { database } = this.#deps
    let work = first
    let theirs = ticket
    for (let round = 0; round < ROUNDS; round += 1) {
      this.#signal.throwIfAborted()
      const planned = await this.#plan(work, theirs)
      const inbound = await applyInbound(database, work, planned, this.#origin)
      if (inbound.outcome === 'outdated') {
        const current = await this.#readAgain(work, theirs)
        if (current === null) return 'stored'
        work = current.work
        theirs = current.ticket
        continue
      }
      const { plan } = inbound
      if (Object.keys(plan.outbound).length === 0) return standingAfter(plan, null, inbound.refused)
      const update = await this.#adapter.update(theirs, plan.outbound, this.#call())
      const passing =
        update.refused.some(isPassingRefusal) ||
        unappliedFields(plan, update).some(({ unchanged }) => !unchanged)
      const standing = standingAfter(plan, update, inbound.refused)
      const agrees = !passing && standing === null && !work.hasComments
      const outcome = { plan, update, base: settleBase(plan, update), agrees }
      await storeRound(database, work, outcome, this.#origin)
      if (agrees) return 'stored'
      if (!passing) return standing
      const current = await this.#readAgain(work, theirs)
      if (current === null) return 'stored'
      work = current.work
      theirs = current.ticket
    }
    return {
      syncState: 'pending',
      reason: { code: 'CHANGING', message: 'Both sides keep changing; it will be tried again.', field: null },
      retryAt: new Date(this.#deps.now().getTime() + 2_000),
    }
  }

  /**
   * Both sides as they are now, ours first: a ticket that was read before somebody's change here would be taken for one
   * that came after it. `null`: the ticket is gone, which is recorded.
   */
  async #readAgain(work: LinkWork, ticket: TicketRef): Promise<Followed | null> {
    return await this.#follow(await this.#reload(work, ticket), ticket)
  }

  /** The link as it is now. @throws LinkSuperseded when it does not follow the ticket any more */
  async #reload({ link: { linkId, dedupeKey } }: LinkWork, ticket: TicketRef): Promise<LinkWork> {
    const work = await this.#deps.groups.load(linkId)
    const isSame = work?.link.dedupeKey === dedupeKey && work.link.ticket?.id === ticket.id
    if (work === null || !isSame || work.link.state === 'detached') throw new LinkSuperseded(linkId)
    return work
  }

  async #plan(work: LinkWork, ticket: Ticket): Promise<SyncPlan> {
    const { mappings } = work.connection
    const input = {
      base: work.link.base,
      ours: ourSide(work, this.#deps.publicUrl),
      ticket,
      seen: work.link.seen,
      mappings,
      conflicts: work.link.conflicts,
      decisions: work.link.decisions,
    }
    const plan = planSync(input)
    const unknown = plan.unmapped.find(({ field }) => field === 'assignee')
    if (unknown === undefined) return plan
    const account = (await this.#adapter.findAccount?.(unknown.value, this.#call())) ?? null
    if (account === null) return plan
    const learned = { username: unknown.value, accountId: account.id, accountName: account.name }
    await learnIdentity(this.#deps.database, work.connection.connectionId, learned)
    return planSync({ ...input, mappings: { ...mappings, identities: [...mappings.identities, learned] } })
  }

  /** Reads the ticket of an active link; `null`: it is gone, which is recorded. */
  async #follow(work: LinkWork, ref: TicketRef): Promise<Followed | null> {
    const followed = await this.#read(work, ref)
    if (followed !== null) return followed
    await halt(
      this.#deps.database,
      work,
      {
        state: 'missing',
        syncState: 'blocked',
        reason: {
          code: 'TICKET_MISSING',
          message: `The ticket ${ref.key} does not exist any more. Create another one, link one, or unlink it.`,
          field: null,
        },
        retryAt: null,
      },
      this.#origin,
    )
    return null
  }

  /** Reads a ticket; after a write whose outcome is not known with its history, and stores what became of that. */
  async #read(work: LinkWork, ref: TicketRef): Promise<Followed | null> {
    const { base, seen } = work.link
    const fields = unsettledFields(base)
    if (fields.length === 0 || seen === null || this.#adapter.findOutcome === undefined) {
      const ticket = await this.#adapter.find(ref, this.#call())
      return ticket === null ? null : { work, ticket }
    }
    const outcome = await this.#adapter.findOutcome(seen, fields, this.#call())
    if (outcome === null) return null
    const settled = settleSent(base, outcome)
    await storeOutcome(this.#deps.database, work, settled, outcome.overwritten, this.#origin)
    return { work: { ...work, link: { ...work.link, base: settled } }, ticket: outcome.ticket }
  }

  /** Makes or finds the ticket of a new link; `null`: there is nothing left to be done, or not yet; either is recorded. */
  async #obtain(work: LinkWork): Promise<Followed | null> {
    const { database, groups } = this.#deps
    const begun = work.link.createBegunAt
    const made = begun === null ? await this.#create(work) : await this.#createOnceMore(work, begun)
    if (made === null) return null
    const { ticket } = made
    const born = this.#bornWith(work, made)
    try {
      const agrees = await groups.storeNewTicket({ work, born, origin: this.#origin })
      if (agrees) return null
    } catch (error) {
      if (!(error instanceof LinkSuperseded)) throw error
      await database
        .transaction()
        .execute((transaction) => storeUnfollowedTicket(transaction, work, ticket, this.#origin))
      throw error
    }
    const current = await this.#reload(work, ticket)
    return wasRead(ticket) ? { work: current, ticket } : await this.#follow(current, ticket)
  }

  /** What a new ticket is to be stored with. It asks nobody: until it is stored, the ticket may be forgotten. */
  #bornWith(work: LinkWork, made: MadeTicket): NewTicket {
    const { ticket } = made
    const kind = 'TICKET_CREATED'
    if (!wasRead(ticket)) return { kind, ...made, base: {}, agreement: null }
    const ours = ourSide(work, this.#deps.publicUrl)
    const base = baseAfterCreate(ours, ticket)
    const plan = planSync({
      base,
      ours,
      ticket,
      mappings: work.connection.mappings,
      decisions: work.link.decisions,
    })
    const isAgreement =
      Object.keys(plan.outbound).length === 0 &&
      plan.conflicts.length === 0 &&
      plan.unmapped.length === 0 &&
      !work.hasComments
    return { kind, ...made, base, agreement: isAgreement ? plan : null }
  }

  /** Creates the ticket. That the call is about to be made is stored first, so that a lost answer is not a lost ticket. */
  async #create(work: LinkWork): Promise<MadeTicket> {
    const { groups, now } = this.#deps
    const { dedupeKey } = work.link
    await groups.storeIntent(work.link, now())
    const draft = ticketDraft(
      work.detection,
      work.connection.mappings,
      dedupeKey,
      detectionUrl(work, this.#deps.publicUrl),
      work.link.previousTickets,
    )
    try {
      const { summary, priority, labels } = draft
      return { ticket: await this.#adapter.create(draft, this.#call()), sent: { summary, priority, labels } }
    } catch (error) {
      const isNotDone = error instanceof TicketingError && error.outcome === 'not_done'
      // It may have been carried out as late as now: from now on it has its time to become findable.
      await groups.storeIntent(work.link, isNotDone ? null : now())
      throw error
    }
  }

  /** After a create whose outcome is not known: looks for its ticket, until it could not but be found. */
  async #createOnceMore(work: LinkWork, begun: Date): Promise<MadeTicket | null> {
    const { createSettlesWithinMs } = this.#adapter
    if (createSettlesWithinMs === 0) return await this.#create(work)
    const found = (await this.#adapter.findCreated?.(work.link.dedupeKey, this.#call())) ?? null
    if (found !== null) return { ticket: found, sent: null }
    const now = this.#deps.now()
    const settled = new Date(begun.getTime() + createSettlesWithinMs)
    if (settled <= now) return await this.#create(work)
    const waited = now.getTime() - begun.getTime()
    const next = new Date(Math.min(settled.getTime(), now.getTime() + Math.max(500, waited / 2)))
    await halt(
      this.#deps.database,
      work,
      {
        syncState: 'pending',
        reason: {
          code: 'CREATE_OUTCOME_UNKNOWN',
          message: `Whether the ticket was created is not known yet; it is looked for until ${settled.toISOString()}.`,
          field: null,
        },
        retryAt: next,
      },
      this.#origin,
    )
    return null
  }
}
