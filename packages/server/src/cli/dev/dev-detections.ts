import type { DetectionReport } from '@tripline/core'
import type { Database } from '../../database/client.ts'
import { ingestReports } from '../../detections/ingest-detections.ts'
import type { ChangeOrigin } from '../../ledger/ledger.ts'
import type { Log } from '../../log.ts'
import { sampleDetections } from '../../sample/sample-detections.ts'

const SOURCE = 'sample'
const SEED = 1
const FIRST_COUNT = 60

/** Fills an empty database with sample detections; returns how many. */
export async function ingestSamples(database: Database, origin: ChangeOrigin): Promise<number> {
  if ((await countSamples(database)) > 0) return 0
  const reports = sampleDetections(SEED, FIRST_COUNT, new Date())
  await ingestReports(
    database,
    SOURCE,
    reports.map((report, index) => ({ index, report })),
    origin,
  )
  return reports.length
}

/** Lets a detection happen every so often; returns what ends that. */
export function startSensor(database: Database, everySeconds: number, log: Log): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    running = running
      .then(() => detectNow(database))
      .catch((error: unknown) => log.warn({ err: error }, 'the sample sensor could not report'))
  }, everySeconds * 1000)
  return async () => {
    clearInterval(timer)
    await running
  }
}

async function detectNow(database: Database): Promise<void> {
  const count = await countSamples(database)
  const now = new Date()
  const sample = sampleDetections(SEED, count + 1, now).at(-1)
  if (sample === undefined) return
  const report: DetectionReport = {
    ...sample,
    startTime: now,
    createTime: now,
    updateTime: now,
    endTime: null,
  }
  const origin = {
    actor: { kind: 'integration', name: 'sample sensor' },
    connectionId: null,
    traceId: crypto.randomUUID(),
  } as const
  await ingestReports(database, SOURCE, [{ index: 0, report }], origin)
}

async function countSamples(database: Database): Promise<number> {
  const { count } = await database
    .selectFrom('detections')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('source', '=', SOURCE)
    .executeTakeFirstOrThrow()
  return Number(count)
}
