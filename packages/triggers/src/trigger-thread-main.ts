// What runs in the thread of trigger-thread.ts.
import { parentPort, workerData } from 'node:worker_threads'
import type { TriggerLimits } from './trigger-limits.ts'
import { createTriggerRuntime } from './trigger-runtime.ts'
import type { ThreadRequest } from './trigger-thread.ts'

const port = parentPort
if (port === null) throw new TypeError('This file is the main program of a thread')
const runtime = await createTriggerRuntime({ limits: workerData as TriggerLimits })

async function answer(request: ThreadRequest): Promise<unknown> {
  if (request.kind === 'run') return await runtime.run(request.script, request.input)
  return { error: await runtime.check(request.script) }
}

port.on('message', (request: ThreadRequest) => {
  answer(request).then(
    (result) => port.postMessage(result),
    (error: unknown) => {
      // A mistake of ours: the thread ends with it, and its owner says so.
      queueMicrotask(() => {
        throw error
      })
    },
  )
})
port.postMessage('ready')
