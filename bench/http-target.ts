// How fast messages that wait are delivered to an HTTP target, beside the same requests made by undici alone.
import { Agent } from 'undici'
import { startBenchPostgres } from './rig/bench-postgres.ts'
import { readOptions } from './rig/options.ts'
import { figure, printReport, type TableRow } from './rig/report.ts'
import { median } from './rig/statistics.ts'
import { createStreamDelivery, payloadBytes, startReceiverProcess } from './rig/stream-delivery.ts'
import { until } from './rig/until.ts'

const options = readOptions({ count: 20_000, rounds: 3, connections: 16 })
const TARGET_SHARE = 0.5
const PATIENCE_MS = 300_000
// A round takes a second: it is not to seem longer because its end is seen late.
const LOOK_EVERY_MS = 20

await using postgres = await startBenchPostgres()
const { database } = await postgres.createDatabase('gateway')
await using receiver = await startReceiverProcess()
await using delivery = createStreamDelivery(database)

interface Contest {
  readonly name: string
  readonly connections: number
  readonly pipeline: boolean
}

const contests: readonly Contest[] = [
  { name: 'one at a time', connections: 1, pipeline: false },
  { name: `${options.connections} at once`, connections: options.connections, pipeline: true },
]
const rows: TableRow[] = []
const targets = []
for (const { name, connections, pipeline } of contests) {
  const bare: number[] = []
  const ours: number[] = []
  const target = await delivery.target(name, receiver.url, pipeline)
  // The first round warms up.
  for (let round = 0; round <= options.rounds; round += 1) {
    const bareRate = await rateOf(() => sendBare(connections))
    await delivery.enqueue(target, options.count)
    const ourRate = await rateOf(async () => {
      const engine = delivery.work()
      await until('everything delivered', PATIENCE_MS, () => delivery.isDrained(target), LOOK_EVERY_MS)
      await engine.stop()
    })
    if (round === 0) continue
    bare.push(bareRate)
    ours.push(ourRate)
  }
  const share = median(ours.map((rate, round) => rate / (bare[round] ?? Number.NaN)))
  rows.push([`undici, ${name}`, figure(median(bare)), figure(1)])
  rows.push([`Tripline, ${name}`, figure(median(ours)), figure(share)])
  targets.push({
    name: `${name}: at least ${TARGET_SHARE} of undici`,
    reached: share >= TARGET_SHARE,
    figure: figure(share),
  })
}
printReport(
  'Delivery to an HTTP target, messages a second',
  ['what', 'messages/s', 'of undici'],
  rows,
  targets,
)

async function rateOf(work: () => Promise<void>): Promise<number> {
  const begun = performance.now()
  await work()
  return options.count / ((performance.now() - begun) / 1_000)
}

/** The same requests, from memory, with nothing kept. */
async function sendBare(connections: number): Promise<void> {
  const agent = new Agent({ connections })
  const body = Buffer.alloc(payloadBytes, 'x')
  let next = 0
  const work = async (): Promise<void> => {
    while (next < options.count) {
      next += 1
      const answer = await agent.request({
        origin: receiver.url,
        path: '/events',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      await answer.body.dump()
    }
  }
  await Promise.all(Array.from({ length: connections }, work))
  await agent.destroy()
}
