import type { JsonObject, StreamMessage } from '@tripline/core'
import { startTriggerThread } from '@tripline/triggers'
import { pino } from 'pino'
import type { PooledDatabase } from '../../src/database/client.ts'
import { ingestReports } from '../../src/detections/ingest-detections.ts'
import { startEventFeed } from '../../src/ledger/event-feed.ts'
import type { FollowedWork } from '../../src/ledger/follow-work.ts'
import { startTriggerDispatch } from '../../src/triggers/trigger-dispatch.ts'
import { listTriggerRuns, type TriggerRun } from '../../src/triggers/trigger-runs.ts'
import type { TriggerWorkDeps } from '../../src/triggers/trigger-work.ts'
import { createTrigger, getTrigger, type NewTrigger } from '../../src/triggers/triggers.ts'
import type { Trigger } from '../../src/triggers/trigger.ts'
import { createTestDatabase } from '../test-database.ts'
import { type report, sam } from '../tracking/gateway-world.ts'

/** Triggers over a database of a test's own, with an HTTP target `ticket-server` from which nothing is delivered. */
export interface TriggerWorld extends AsyncDisposable {
  readonly database: PooledDatabase
  readonly deps: TriggerWorkDeps
  /** Starts the work of one more process. */
  startProcess(): Promise<FollowedWork>
  create(script: string, given?: Partial<NewTrigger>): Promise<Trigger>
  /** Stores reports; returns the detections' ids. */
  ingest(...reports: readonly ReturnType<typeof report>[]): Promise<readonly string[]>
  /** What waits for the target. */
  sent(): Promise<readonly { readonly message: StreamMessage; readonly source: JsonObject }[]>
  /** Waits until a trigger has run so often; returns its kept runs, oldest first. */
  ran(trigger: Trigger, times: number): Promise<readonly TriggerRun[]>
  trigger(trigger: Trigger): Promise<Trigger>
}

/** Waits for a condition. */
export async function until<Value>(look: () => Promise<Value | null>): Promise<Value> {
  for (;;) {
    const value = await look()
    if (value !== null) return value
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

export async function startTriggerWorld(): Promise<TriggerWorld> {
  await using stack = new AsyncDisposableStack()
  const test = stack.use(await createTestDatabase())
  const { database } = test
  await database
    .insertInto('stream_targets')
    .values({
      kind: 'http',
      name: 'ticket-server',
      settings: '{}',
      secrets: '{}',
      max_waiting: 10_000,
      max_attempts: 3,
    })
    .execute()
  const log = pino({ level: 'silent' })
  const thread = startTriggerThread({ limits: { timeoutMs: 300 } })
  stack.defer(() => thread.close())
  const system = { uuid: '', hostname: 'tripline', version: '0' }
  const deps: TriggerWorkDeps = { database, thread, system, log }
  const owned = stack.move()
  return {
    database,
    deps,
    async startProcess() {
      const feed = await startEventFeed(database, { log, pollMs: 100 })
      owned.defer(() => feed.close())
      const dispatch = startTriggerDispatch({ ...deps, feed, pollMs: 100 })
      owned.defer(() => dispatch.stop())
      return dispatch
    },
    create: (script, given = {}) =>
      createTrigger(deps, { name: 'Test', script, events: ['DETECTION_UPDATE'], ...given }, sam),
    async ingest(...reports) {
      const indexed = reports.map((each, index) => ({ index, report: each }))
      return (await ingestReports(database, 'test', indexed, sam)).map(({ detectionId }) => detectionId)
    },
    sent: () =>
      database.selectFrom('stream_messages').select(['message', 'source']).orderBy('message_id').execute(),
    ran: ({ triggerId }, times) =>
      until(async () => {
        const { runCount } = await getTrigger(database, triggerId)
        if (runCount < times) return null
        return (await listTriggerRuns(database, triggerId, 1_000)).toReversed()
      }),
    trigger: ({ triggerId }) => getTrigger(database, triggerId),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
