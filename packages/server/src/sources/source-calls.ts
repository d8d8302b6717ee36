import { RateLimited, type CallOptions, type SourceAdapter } from '@tripline/core'
import type { Database } from '../database/client.ts'
import { tracingCalls } from '../plugin-host/call-trace.ts'
import { takeFromBudget } from '../tracking/reconcile-budget.ts'
import type { DetectionSource } from './source.ts'

/** What calls of a source are made with. */
export interface SourceCallDeps {
  readonly database: Database
  /** How long one call may take. */
  readonly callTimeoutMs: number
  readonly now: () => Date
}

/** The calls of a source's adapter, with what every call needs. Each throws RateLimited when our own bound is reached. */
export interface SourceCalls {
  poll(cursor: string | null, limit: number): ReturnType<SourceAdapter['poll']>
  read(externalId: string): ReturnType<SourceAdapter['read']>
  write(externalId: string, change: Parameters<SourceAdapter['write']>[1]): Promise<void>
}

/** Makes the calls of one piece of work on a source. */
export function callsOf(
  { database, callTimeoutMs, now }: SourceCallDeps,
  source: DetectionSource,
  adapter: SourceAdapter,
  traceId: string,
  signal: AbortSignal,
): SourceCalls {
  // Near the bound polls have to wait, and what somebody has changed does not.
  const call = async <Result>(
    lane: 'change' | 'verify',
    make: (options: CallOptions) => Promise<Result>,
  ): Promise<Result> => {
    const { sourceId, requestsPerMinute } = source
    const later =
      requestsPerMinute === null ? null : await takeFromBudget(database, sourceId, requestsPerMinute, lane)
    if (later !== null) {
      const waitMs = later.getTime() - now().getTime()
      throw new RateLimited(`${source.name} is asked ${requestsPerMinute} times a minute at most.`, waitMs)
    }
    const options = { signal: AbortSignal.any([signal, AbortSignal.timeout(callTimeoutMs)]), traceId }
    return await tracingCalls({ traceId, connection: source.name }, () => make(options))
  }
  return {
    poll: (cursor, limit) => call('verify', (options) => adapter.poll(cursor, limit, options)),
    read: (externalId) => call('change', (options) => adapter.read(externalId, options)),
    write: (externalId, change) => call('change', (options) => adapter.write(externalId, change, options)),
  }
}
