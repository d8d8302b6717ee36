// Whether a target that is down for an hour loses anything or costs memory: an hour's messages are queued while it is
// down, and delivered when it is back.
import { startBenchPostgres } from './rig/bench-postgres.ts'
import { readOptions } from './rig/options.ts'
import { figure, printReport } from './rig/report.ts'
import { createStreamDelivery, startReceiverProcess } from './rig/stream-delivery.ts'
import { until } from './rig/until.ts'

const options = readOptions({ rate: 100, seconds: 3_600 })
const PATIENCE_MS = 3_600_000
const MOST_GROWTH_MIB = 64

const total = options.rate * options.seconds
await using postgres = await startBenchPostgres()
const { database } = await postgres.createDatabase('gateway')
await using receiver = await startReceiverProcess()
await using delivery = createStreamDelivery(database)
const target = await delivery.target('outage', receiver.url, true)
await fetch(`${receiver.url}/down`)
const engine = delivery.work()

// What the program itself needs is there by then.
await delivery.enqueue(target, Math.min(total, 2_000))
const before = heapMebibytes()
let highest = before
const watch = setInterval(() => {
  highest = Math.max(highest, heapMebibytes())
}, 500)
// Faster than in an hour: how long they wait costs nothing, how many do might.
await delivery.enqueue(target, Math.max(0, total - 2_000))
const waited = await delivery.waiting(target)
const queued = heapMebibytes()
await fetch(`${receiver.url}/up`)
const begun = performance.now()
await until('everything delivered', PATIENCE_MS, () => delivery.isDrained(target))
const seconds = (performance.now() - begun) / 1_000
clearInterval(watch)
await engine.stop()
const counted = (await (await fetch(`${receiver.url}/count`)).json()) as {
  requests: number
  different: number
}

printReport(
  `A target down while ${total} messages are sent`,
  ['what', 'figure'],
  [
    ['messages that waited', figure(waited)],
    ['messages delivered', figure(counted.different)],
    ['delivered twice', figure(counted.requests - counted.different)],
    ['a second, once it was back', figure(total / seconds)],
    ['heap before, MiB', figure(before)],
    ['heap with everything waiting, MiB', figure(queued)],
    ['heap at its highest, MiB', figure(highest)],
  ],
  [
    { name: 'nothing lost', reached: counted.different === total, figure: figure(total - counted.different) },
    {
      name: `heap grows by less than ${MOST_GROWTH_MIB} MiB`,
      reached: highest - before < MOST_GROWTH_MIB,
      figure: figure(highest - before),
    },
  ],
)

/** In use after what is free was given back, where the garbage can be collected on request. */
function heapMebibytes(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1024 ** 2
}
