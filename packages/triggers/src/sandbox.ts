import quickjsModule from '@jitl/quickjs-ng-wasmfile-release-sync'
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSSyncVariant,
} from 'quickjs-emscripten-core'
import { z } from 'zod'
import { takeMemoryImage } from './memory-image.ts'
import { sandboxProgram } from './sandbox-scripts.ts'
import type { TriggerLimits } from './trigger-limits.ts'
import type { TriggerFailure, TriggerRunResult } from './trigger-run.ts'

/** A JavaScript engine of its own, in which scripts run one after another, each from the same first state. */
export interface Sandbox {
  /** Whether it can be used no more: something broke inside. Make a new one. */
  readonly spent: boolean
  /** Compiles and runs a script as the body of a function. `answer` is all of the host that it can reach. */
  run(script: string, input: string, answer: (text: string) => string): SandboxOutcome
  /** What is wrong with the script's syntax; `null`: nothing. */
  check(script: string): TriggerFailure | null
}

/** How a script ended. */
type SandboxOutcome = Pick<TriggerRunResult, 'outcome' | 'error'>

// The package declares the types of its CommonJS build, in which the variant is one member deeper.
const quickjs = quickjsModule as unknown as QuickJSSyncVariant
// What the engine was built with: its stack and a little room are in it.
const FIRST_PAGES = 256
const PAGE_BYTES = 64 * 1024
const STACK_BYTES = 256 * 1024
const NAME = 'trigger.js'

/** Starts an engine and makes it ready, once; every run then begins with a copy of its memory at that moment. */
export async function createSandbox(limits: TriggerLimits): Promise<Sandbox> {
  // The engine's own limit counts values, not their bytes; what bounds them is the memory it is given.
  const memory = new WebAssembly.Memory({
    initial: FIRST_PAGES,
    maximum: FIRST_PAGES + Math.ceil(limits.memoryBytes / PAGE_BYTES),
  })
  const module = await newQuickJSWASMModuleFromVariant(newVariant(quickjs, { wasmMemory: memory }))
  const runtime = module.newRuntime()
  runtime.setMaxStackSize(STACK_BYTES)
  let deadline = Infinity
  let interrupted = false
  runtime.setInterruptHandler(() => {
    interrupted ||= computedMs() > deadline
    return interrupted
  })
  const context = runtime.newContext()
  let answer = (_text: string): string => 'null'
  const hostCall = context.newFunction('hostCall', (text) =>
    context.newString(answer(context.getString(text))),
  )
  const program = context.unwrapResult(context.evalCode(sandboxProgram(), 'sandbox.js'))
  const made = context.unwrapResult(context.callFunction(program, context.undefined, hostCall))
  const inside: Inside = {
    context,
    runtime,
    begin: context.getProp(made, 'begin'),
    describe: context.getProp(made, 'describe'),
  }
  const image = takeMemoryImage(memory)
  let spent = false

  /**
   * Values that are made during `work` are never disposed: their memory is gone when it has been restored. What ends in
   * an error of the host (the engine's own stack or memory ran out) leaves the engine in no state to go on.
   */
  function inCopy(work: () => SandboxOutcome): SandboxOutcome {
    try {
      return work()
    } catch (error) {
      spent = true
      if (error instanceof RangeError)
        return failure('failed', 'RangeError', 'The script is nested too deep.')
      if (error instanceof WebAssembly.RuntimeError) return OUT_OF_MEMORY
      throw error
    } finally {
      deadline = Infinity
      if (!spent) image.restore()
    }
  }

  return {
    get spent() {
      return spent
    },
    run(script, input, answerCalls) {
      answer = answerCalls
      interrupted = false
      return inCopy(() => {
        deadline = computedMs() + limits.timeoutMs
        const ended = runScript(inside, script, input)
        if (!interrupted) return ended
        const late = failure(
          'timeout',
          'InternalError',
          `The script did not end within ${limits.timeoutMs} ms.`,
        )
        return { ...late, error: { ...late.error, line: ended.error?.line ?? null } }
      })
    },
    check(script) {
      interrupted = false
      deadline = computedMs() + limits.timeoutMs
      return inCopy(() => {
        const compiled = context.evalCode(asFunction(script), NAME)
        return compiled.error === undefined ? DONE : describe(inside, compiled.error)
      }).error
    },
  }
}

/** The time for which this thread has computed: a script is not at fault when others keep it waiting. */
function computedMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

/** A parenthesised function on the script's own lines; sloppy, so that `return` and undeclared variables work. */
function asFunction(script: string): string {
  return `(function () {${script}\n})`
}

interface Inside {
  readonly context: QuickJSContext
  readonly runtime: QuickJSRuntime
  readonly begin: QuickJSHandle
  readonly describe: QuickJSHandle
}

function runScript(inside: Inside, script: string, input: string): SandboxOutcome {
  const { context, runtime } = inside
  const begun = context.callFunction(inside.begin, context.undefined, context.newString(input))
  if (begun.error !== undefined) return describe(inside, begun.error)
  const compiled = context.evalCode(asFunction(script), NAME)
  if (compiled.error !== undefined) return describe(inside, compiled.error)
  const returned = context.callFunction(compiled.value, context.undefined)
  if (returned.error !== undefined) return describe(inside, returned.error)
  // What the script left for later (promises) belongs to it.
  const later = runtime.executePendingJobs()
  return later.error === undefined ? DONE : describe(inside, later.error)
}

/** The code inside reads what was thrown, so that a getter there runs inside, and within the time. */
function describe({ context, describe: describeInside }: Inside, thrown: QuickJSHandle): SandboxOutcome {
  const described = context.callFunction(describeInside, context.undefined, thrown)
  if (described.error !== undefined) return OUT_OF_MEMORY
  const { name, message, stack } = thrownSchema.parse(JSON.parse(context.getString(described.value)))
  if (name === 'InternalError' && message === 'out of memory') return OUT_OF_MEMORY
  const line = /trigger\.js:(\d+)/u.exec(stack)?.[1]
  return failure('failed', name, message, line === undefined ? null : Number(line))
}

const thrownSchema = z.object({ name: z.string(), message: z.string(), stack: z.string() })
const LONGEST_NAME = 100
const LONGEST_MESSAGE = 2_000

function failure(
  outcome: 'failed' | 'timeout' | 'memory',
  name: string,
  message: string,
  line: number | null = null,
): Failure {
  return {
    outcome,
    error: { name: name.slice(0, LONGEST_NAME), message: message.slice(0, LONGEST_MESSAGE), line },
  }
}

type Failure = SandboxOutcome & { readonly error: TriggerFailure }

const DONE: SandboxOutcome = { outcome: 'done', error: null }
const OUT_OF_MEMORY = failure('memory', 'InternalError', 'The script used more memory than it may.')
