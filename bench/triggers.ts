// How many trigger scripts run in a second, each from a fresh state, beside what a new engine of quickjs-emscripten costs
// that evaluates the same expression without any of the classes.
import quickjsModule from '@jitl/quickjs-ng-wasmfile-release-sync'
import type { Detection, DetectionId } from '@tripline/core'
import {
  createTriggerRuntime,
  startTriggerThread,
  toTriggerDetection,
  type TriggerRunInput,
  type TriggerRuntime,
} from '@tripline/triggers'
import { newQuickJSWASMModuleFromVariant, type QuickJSSyncVariant } from 'quickjs-emscripten-core'
import { readOptions } from './rig/options.ts'
import { figure, printReport } from './rig/report.ts'
import { benchReports } from './rig/reports.ts'
import { median } from './rig/statistics.ts'

const { count, rounds } = readOptions({ count: 2_000, rounds: 5 })
const RUNS_PER_SECOND = 700
const BARE = 'quickjs-emscripten, a new engine each'
const RUNTIME = 'the document-like trigger, in the same thread'
const THREAD = 'the document-like trigger, in a thread of its own'

const expression = `JSON.stringify({fields: {summary: 'Detection', labels: ['sec.lateral'], description: 'x'.repeat(300)}})`
const script = `
  const payload = {fields: {
    summary: 'Detection: ' + Detection.id + ': ' + Detection.title, labels: Detection.categories,
    priority: {id: Detection.riskScore}, mitreCategories: Detection.mitreCategories, description: Detection.description,
  }}
  Remote.HTTP('ticket-server').post({
    path: '/rest/api/issue', headers: {'Content-Type': 'application/json'}, payload: JSON.stringify(payload),
  })`

const inputs = benchReports(100).map((report, index): TriggerRunInput => {
  const { preferredId: _preferred, tracking: _tracking, ...content } = report
  const detection: Detection = {
    ...content,
    detectionId: String(index + 1) as DetectionId,
    source: 'bench',
    createTime: report.startTime,
    modTime: report.updateTime,
    tracking: { status: 'open', resolution: null, assignee: null, ticketId: null },
    version: 1,
    hiddenBy: null,
  }
  return {
    trigger: 'bench',
    occasion: { event: 'DETECTION_UPDATE', detection: toTriggerDetection(detection, true) },
    debug: false,
    targets: [{ name: 'ticket-server', kind: 'http' }],
    system: { uuid: '', hostname: 'bench', version: '' },
  }
})

const bare = await newQuickJSWASMModuleFromVariant(quickjsModule as unknown as QuickJSSyncVariant)
const runtime = await createTriggerRuntime()
const thread = startTriggerThread()

const variants: Record<string, (index: number) => Promise<void>> = {
  [BARE]: () => {
    const context = bare.newContext()
    context.unwrapResult(context.evalCode(expression)).dispose()
    context.dispose()
    return Promise.resolve()
  },
  [RUNTIME]: (index) => checkedRun(runtime, index),
  [THREAD]: (index) => checkedRun(thread, index),
}

const rates = new Map<string, number[]>()
for (let round = 0; round <= rounds; round += 1) {
  for (const [name, run] of Object.entries(variants)) {
    const begun = performance.now()
    for (let index = 0; index < count; index += 1) await run(index)
    const rate = (count * 1_000) / (performance.now() - begun)
    // The first round warms up.
    if (round > 0) rates.set(name, [...(rates.get(name) ?? []), rate])
  }
}
await thread.close()

const rateOf = (name: string): number => median(rates.get(name) ?? [])
printReport(
  'Trigger scripts',
  ['what', 'runs/s', 'of bare'],
  Object.keys(variants).map((name) => [name, figure(rateOf(name)), figure(rateOf(name) / rateOf(BARE))]),
  [
    {
      name: `at least ${RUNS_PER_SECOND} runs a second in one process`,
      reached: rateOf(THREAD) >= RUNS_PER_SECOND,
      figure: figure(rateOf(THREAD)),
    },
  ],
)

async function checkedRun(runner: TriggerRuntime, index: number): Promise<void> {
  const input = inputs[index % inputs.length]
  if (input === undefined) throw new TypeError('There are no detections')
  const { messages, error } = await runner.run(script, input)
  if (messages.length !== 1) throw new Error(`A run sent nothing: ${error?.message}`)
}
