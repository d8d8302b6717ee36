import type { JobHelpers, Task } from 'graphile-worker'
import { z } from 'zod'
import { CHECK_SOURCES, checkSources } from './check-source.ts'
import { pollSource, type SourceWorkDeps } from './poll-source.ts'
import { reconcileSource } from './reconcile-source.ts'
import { POLL_SOURCE, RECONCILE_SOURCE } from './source-jobs.ts'
import { TEND_SOURCES, tendSources } from './tend-sources.ts'

const pollPayload = z.object({ sourceId: z.string(), traceId: z.string() })
const reconcilePayload = z.object({ detectionId: z.string(), traceId: z.string() })
const checkPayload = z.object({ sourceId: z.string().optional() })

/** When the jobs of sources run by themselves. */
export const sourceCrontab = `* * * * * ${TEND_SOURCES}\n23 3 * * * ${CHECK_SOURCES}`

/** The jobs of sources. */
export function sourceTasks(
  deps: SourceWorkDeps,
  overdueMs: number,
  stopSignal: (helpers: JobHelpers) => AbortSignal,
): Record<string, Task> {
  const { database } = deps
  return {
    [RECONCILE_SOURCE]: async (payload, helpers) => {
      const { detectionId, traceId } = reconcilePayload.parse(payload)
      await reconcileSource(deps, detectionId, traceId, stopSignal(helpers))
    },
    [POLL_SOURCE]: async (payload, helpers) => {
      const { sourceId, traceId } = pollPayload.parse(payload)
      const runAt = await pollSource(deps, sourceId, traceId, stopSignal(helpers))
      if (runAt === null) return
      await helpers.addJob(
        POLL_SOURCE,
        { sourceId, traceId: crypto.randomUUID() },
        { jobKey: `poll-source:${sourceId}`, jobKeyMode: 'preserve_run_at', runAt, priority: 5 },
      )
    },
    [CHECK_SOURCES]: async (payload) => {
      const { sourceId = null } = checkPayload.parse(payload)
      await checkSources(deps, sourceId, {
        actor: { kind: 'system', name: 'check' },
        connectionId: null,
        traceId: crypto.randomUUID(),
      })
    },
    [TEND_SOURCES]: async () => await tendSources(database, crypto.randomUUID(), overdueMs),
  }
}
