import { randomFillSync } from 'node:crypto'
import { createHostCalls, type RuntimeMemory } from './host-calls.ts'
import { createRecentLines } from './run-log.ts'
import { createSandbox } from './sandbox.ts'
import { createSessionTable } from './session-table.ts'
import { defaultTriggerLimits, type TriggerLimits } from './trigger-limits.ts'
import type { TriggerFailure, TriggerRunInput, TriggerRunResult } from './trigger-run.ts'
import { createValueCache } from './value-cache.ts'

/** Runs trigger scripts in this thread. */
export interface TriggerRuntime {
  /** Runs a script. A script's mistakes are in the result. */
  run(script: string, input: TriggerRunInput): Promise<TriggerRunResult>
  /** What is wrong with a script's syntax; `null`: nothing. */
  check(script: string): Promise<TriggerFailure | null>
}

/** What a runtime may differ in. */
export interface TriggerRuntimeOptions {
  /** Default: {@link defaultTriggerLimits}. */
  readonly limits?: Partial<TriggerLimits>
  /** Milliseconds since 1970, for `getTimestamp()` and for what expires; default: now. */
  readonly now?: () => number
}

/**
 * Starts a runtime. Scripts run one after another, and each begins with the same fresh engine: of an earlier run it can
 * find what that put into `Session` and `cache`, and no more. These live as long as the runtime.
 *
 * A script is interrupted when its time is over, except within a single call of a built-in method that does not end by
 * itself; whoever runs scripts that are not trusted uses {@link startTriggerThread}, which ends those too.
 */
export async function createTriggerRuntime(options: TriggerRuntimeOptions = {}): Promise<TriggerRuntime> {
  const limits: TriggerLimits = { ...defaultTriggerLimits, ...options.limits }
  const now = options.now ?? Date.now
  const memory: RuntimeMemory = {
    session: createSessionTable(now),
    cache: createValueCache(),
    recent: createRecentLines(now),
  }
  let sandbox = await createSandbox(limits)
  let last: Promise<unknown> = Promise.resolve()

  /** After what was asked for before, with an engine that works. */
  function inTurn<Result>(work: () => Result): Promise<Result> {
    const result = last.then(async () => {
      if (sandbox.spent) sandbox = await createSandbox(limits)
      return work()
    })
    last = result.catch(() => undefined)
    return result
  }

  return {
    run: (script, input) => inTurn(() => runOnce(script, input)),
    check: (script) => inTurn(() => sandbox.check(script)),
  }

  function runOnce(script: string, input: TriggerRunInput): TriggerRunResult {
    const begun = performance.now()
    const calls = createHostCalls(input, memory, limits)
    const ended = sandbox.run(script, beginning(input, now()), calls.answer)
    return {
      ...ended,
      messages: calls.outbox.messages,
      refused: calls.outbox.refused,
      commits: calls.commits,
      logs: calls.log.logs,
      debug: calls.log.debug,
      droppedLines: calls.log.droppedLines,
      ignored: [...calls.ignored],
      durationMs: performance.now() - begun,
    }
  }
}

/** What the code inside the sandbox makes its classes from. */
function beginning({ occasion, debug, system }: TriggerRunInput, now: number): string {
  return JSON.stringify({
    event: occasion.event,
    detection: occasion.event === 'DETECTION_UPDATE' ? occasion.detection : null,
    external: occasion.event === 'EXTERNAL_DATA' ? occasion.external : null,
    response:
      occasion.event === 'REMOTE_RESPONSE'
        ? { ...occasion.response, body: Buffer.from(occasion.response.body, 'base64').toString('latin1') }
        : null,
    now,
    debug,
    system,
    seed: [...randomFillSync(new Uint32Array(4))],
  })
}
