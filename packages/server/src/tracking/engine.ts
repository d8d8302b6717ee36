import type { JobHelpers, Task } from 'graphile-worker'
import { z } from 'zod'
import { createAdvisoryLocks } from '../database/advisory-locks.ts'
import { APPLY_HIDING_RULE, applyNextBatch } from '../hiding/apply-rule.ts'
import type { ChangeOrigin } from '../ledger/ledger.ts'
import type { Log } from '../log.ts'
import type { SourceAdapters } from '../sources/source-adapters.ts'
import { sourceCrontab, sourceTasks } from '../sources/source-tasks.ts'
import { tendSources } from '../sources/tend-sources.ts'
import { CHECK_CONNECTIONS, checkConnections } from './connections.ts'
import { startJobQueue } from './job-queue.ts'
import { groupLinks } from './link-groups.ts'
import { MOVE_LINKS } from './link-moves.ts'
import { moveNextLinks } from './move-links.ts'
import { POLL_CONNECTION, pollConnection } from './poll-connection.ts'
import { RECONCILE_LINK } from './reconcile-jobs.ts'
import { reconcileLink, type ReconcileDeps } from './reconcile-link.ts'
import { tend, TEND } from './tend.ts'
import { CONVERT_TRACKING, convertNextBatch } from './tracking-settings.ts'
import { startWatches } from './watch-connections.ts'

/** What the engine runs on. Its database must have room for the jobs that run at once, and some connections more. */
export interface EngineDeps extends Omit<ReconcileDeps, 'locks' | 'groups'> {
  readonly log: Log
  readonly sourceAdapters: SourceAdapters
  /** How many jobs run at once in this process. */
  readonly concurrency: number
  /** How often each ticketing system is asked what changed. */
  readonly pollIntervalMs: number
}

/** Runs the jobs of this process until it is stopped. */
export interface Engine {
  /** Lets running jobs finish, for some seconds; what is left is queued again. */
  stop(): Promise<void>
}

const OVERDUE_MS = 15_000

const reconcilePayload = z.object({
  linkId: z.string(),
  traceId: z.string(),
  lane: z.enum(['create', 'change', 'verify']),
})
const pollPayload = z.object({ connectionId: z.string(), traceId: z.string() })
const checkPayload = z.object({ connectionId: z.string().optional() })
const movePayload = z.object({ moveId: z.string() })
const originSchema = z.object({
  origin: z.object({
    actor: z.object({ kind: z.enum(['person', 'integration', 'connection', 'system']), name: z.string() }),
    connectionId: z.string().nullable(),
    traceId: z.string(),
  }),
})

const hidingPayload = originSchema.extend({ ruleId: z.string(), after: z.string() })

/** Starts working on jobs. Any number of processes may do so on one database. */
export async function startEngine(deps: EngineDeps): Promise<Engine> {
  const { database, log } = deps
  const locks = createAdvisoryLocks(database.pool, 'tripline.link')
  const groups = groupLinks(database)
  const sourceLocks = createAdvisoryLocks(database.pool, 'tripline.source')
  const stopping = new AbortController()
  const stopSignal = (helpers: JobHelpers): AbortSignal =>
    helpers.abortSignal === undefined
      ? stopping.signal
      : AbortSignal.any([stopping.signal, helpers.abortSignal])
  const tasks: Record<string, Task> = {
    [RECONCILE_LINK]: async (payload, helpers) => {
      const { linkId, lane, traceId } = reconcilePayload.parse(payload)
      await reconcileLink({ ...deps, locks, groups }, linkId, lane, traceId, stopSignal(helpers))
    },
    [POLL_CONNECTION]: async (payload, helpers) => {
      const { connectionId, traceId } = pollPayload.parse(payload)
      await pollConnection(deps, connectionId, traceId, stopSignal(helpers))
      await helpers.addJob(
        POLL_CONNECTION,
        { connectionId, traceId: crypto.randomUUID() },
        { jobKey: `poll:${connectionId}`, runAt: new Date(Date.now() + deps.pollIntervalMs), priority: 5 },
      )
    },
    [CONVERT_TRACKING]: async (payload) => {
      const origin: ChangeOrigin = originSchema.parse(payload).origin
      await convertNextBatch(database, origin)
    },
    [MOVE_LINKS]: async (payload) => await moveNextLinks(database, movePayload.parse(payload).moveId),
    [APPLY_HIDING_RULE]: async (payload) => {
      const { ruleId, after, origin } = hidingPayload.parse(payload)
      await applyNextBatch(database, ruleId, after, origin)
    },
    [CHECK_CONNECTIONS]: async (payload) => {
      const { connectionId = null } = checkPayload.parse(payload)
      await checkConnections(deps, connectionId, {
        actor: { kind: 'system', name: 'check' },
        connectionId: null,
        traceId: crypto.randomUUID(),
      })
    },
    ...sourceTasks({ ...deps, sourceLocks }, OVERDUE_MS, stopSignal),
    [TEND]: async () => await tend(database, crypto.randomUUID(), OVERDUE_MS),
  }
  const queue = await startJobQueue({
    database,
    tasks,
    crontab: `* * * * * ${TEND}\n17 3 * * * ${CHECK_CONNECTIONS}\n${sourceCrontab}`,
    concurrency: deps.concurrency,
    log,
    // What a process that died left behind is overdue already.
    prepare: async () => {
      await tend(database, crypto.randomUUID(), 0)
      await tendSources(database, crypto.randomUUID(), 0)
    },
  })
  const watches = startWatches(deps)
  return {
    async stop() {
      const timer = setTimeout(() => stopping.abort(new Error('The process is stopping.')), 5_000)
      try {
        await Promise.all([queue.stop(), watches.stop()])
      } finally {
        clearTimeout(timer)
        stopping.abort()
        locks.close()
        sourceLocks.close()
      }
    },
  }
}
