import { Worker } from 'node:worker_threads'
import { defaultTriggerLimits, type TriggerLimits } from './trigger-limits.ts'
import type { TriggerFailure, TriggerRunInput, TriggerRunResult } from './trigger-run.ts'
import type { TriggerRuntime } from './trigger-runtime.ts'

/** Runs trigger scripts in a thread of their own, so that a slow one delays nothing else. */
export interface TriggerThread extends TriggerRuntime {
  /** Ends the thread. What runs is given up. */
  close(): Promise<void>
}

/** What the thread is asked. */
export type ThreadRequest =
  | { readonly kind: 'run'; readonly script: string; readonly input: TriggerRunInput }
  | { readonly kind: 'check'; readonly script: string }

interface Question {
  readonly request: ThreadRequest
  readonly settle: (answer: unknown) => void
}

// As this file, it is TypeScript in the workspace and JavaScript where the package is installed.
const MAIN = new URL(
  `./trigger-thread-main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
)

/** How long a thread may take to start. */
const START_MS = 10_000

/** How long to wait for a script that may compute for `timeoutMs`: it need not have a core for itself. */
const patienceMs = (timeoutMs: number): number => 2 * timeoutMs + 500

/**
 * Prepares a thread, which starts with the first script. A thread that does not answer in time, or breaks, is ended; the
 * script at fault fails, and the next one has a new thread, with an empty `Session` and `cache`.
 */
export function startTriggerThread(
  options: { readonly limits?: Partial<TriggerLimits> } = {},
): TriggerThread {
  const limits: TriggerLimits = { ...defaultTriggerLimits, ...options.limits }
  const waiting: Question[] = []
  let worker: Worker | null = null
  let asked: Question | null = null
  let timer: NodeJS.Timeout | undefined
  let closed = false

  function start(): Worker {
    const started = new Worker(MAIN, {
      workerData: limits,
      env: {},
      execArgv: [],
      // The engine recurses on this stack, and keeps its own bounds well within.
      resourceLimits: { stackSizeMb: 8, maxOldGenerationSizeMb: 128 },
    })
    started.unref()
    started.on('message', (answer: unknown) => {
      if (answer === 'ready') arm(patienceMs(limits.timeoutMs))
      else finish(answer)
    })
    const broke = (error?: unknown): void => {
      if (worker !== started) return
      worker = null
      const reason = error instanceof Error ? error.message : 'it ended'
      finish(failedAnswer('failed', `The thread of the scripts broke: ${reason}.`))
    }
    started.on('error', broke)
    started.on('exit', () => broke())
    return started
  }

  function arm(ms: number): void {
    clearTimeout(timer)
    if (asked === null) return
    timer = setTimeout(() => {
      const hung = worker
      worker = null
      void hung?.terminate()
      finish(failedAnswer('timeout', `The script did not end within ${limits.timeoutMs} ms.`))
    }, ms)
  }

  function finish(answer: unknown): void {
    clearTimeout(timer)
    const question = asked
    asked = null
    question?.settle(answer)
    next()
  }

  function next(): void {
    if (asked !== null) return
    asked = waiting.shift() ?? null
    if (asked === null) {
      worker?.unref()
      return
    }
    const isNew = worker === null
    worker ??= start()
    worker.ref()
    worker.postMessage(asked.request)
    arm(isNew ? START_MS : patienceMs(limits.timeoutMs))
  }

  function ask<Answer>(request: ThreadRequest): Promise<Answer> {
    if (closed) return Promise.reject(new Error('The thread of the scripts is closed.'))
    return new Promise((resolve) => {
      waiting.push({ request, settle: (answer) => resolve(answer as Answer) })
      next()
    })
  }

  return {
    run: (script, input) => ask<TriggerRunResult>({ kind: 'run', script, input }),
    check: async (script) =>
      (await ask<{ readonly error: TriggerFailure | null }>({ kind: 'check', script })).error,
    async close() {
      closed = true
      clearTimeout(timer)
      const running = worker
      worker = null
      const given = [...(asked === null ? [] : [asked]), ...waiting.splice(0)]
      asked = null
      await running?.terminate()
      for (const { settle } of given) settle(failedAnswer('failed', 'The process is stopping.'))
    },
  }
}

/** The result of a run of which nothing came back. */
function failedAnswer(outcome: 'failed' | 'timeout', message: string): TriggerRunResult {
  return {
    outcome,
    error: { name: 'InternalError', message, line: null },
    messages: [],
    refused: [],
    commits: [],
    logs: [],
    debug: [],
    droppedLines: 0,
    ignored: [],
    durationMs: 0,
  }
}
