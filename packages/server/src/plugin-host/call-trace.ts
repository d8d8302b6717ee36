import { AsyncLocalStorage } from 'node:async_hooks'

/** On whose behalf calls are made, for the log: the same trace id as in the ledger. */
export interface CallTrace {
  readonly traceId: string
  readonly connection: string
}

const traces = new AsyncLocalStorage<CallTrace>()

/** Does something whose calls of other systems belong to a trace. */
export function tracingCalls<Result>(trace: CallTrace, act: () => Result): Result {
  return traces.run(trace, act)
}

/** The trace that this is part of. */
export function presentTrace(): CallTrace | undefined {
  return traces.getStore()
}
