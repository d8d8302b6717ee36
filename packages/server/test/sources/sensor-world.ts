import type { TrackingChange } from '@tripline/core'
import type { Selectable } from 'kysely'
import { createAdvisoryLocks } from '../../src/database/advisory-locks.ts'
import type { DetectionSourcesTable, SourceLinksTable } from '../../src/database/tables.ts'
import {
  createDetectionSource,
  pauseDetectionSource,
  resumeDetectionSource,
  updateDetectionSource,
  type DetectionSourcePatch,
  type NewDetectionSource,
} from '../../src/sources/detection-sources.ts'
import { pollSource } from '../../src/sources/poll-source.ts'
import { startRestApp, type RestApp } from '../extrahop/rest-app.ts'
import {
  sam,
  startGateway,
  until,
  type GatewayOptions,
  type GatewayWorld,
} from '../tracking/gateway-world.ts'
import { startWire, type Wire } from './wire.ts'

export interface SensorWorld extends AsyncDisposable {
  /** A Tripline that is to the other what a sensor would be. */
  readonly sensor: RestApp
  readonly wire: Wire
  readonly gateway: GatewayWorld
  readonly sourceId: string
  /** Polls, as the job does; returns when it wants to be called next. */
  poll(): Promise<Date | null>
  /** Changes a detection at the sensor, by its REST API. */
  patch(id: number, body: object): Promise<void>
  /** Changes a detection at the gateway, as a person. */
  track(id: number, change: TrackingChange): Promise<void>
  /** How both track it, in the words of the API. */
  both(id: number): Promise<{ readonly sensor: object; readonly gateway: object }>
  pause(): Promise<void>
  resume(): Promise<void>
  /** Pauses and resumes: nothing has to wait any more. */
  again(): Promise<void>
  change(patch: DetectionSourcePatch): Promise<void>
  source(): Promise<Selectable<DetectionSourcesTable>>
  link(id: number): Promise<Selectable<SourceLinksTable>>
  /** Waits until a detection is in some sync state and nothing is under way. */
  settled(id: number, state?: SourceLinksTable['sync_state']): Promise<Selectable<SourceLinksTable>>
}

/** Two Triplines, one the sensor of the other. */
export async function startSensorWorld(
  options: Partial<NewDetectionSource> & { readonly gateway?: GatewayOptions } = {},
): Promise<SensorWorld> {
  const { gateway: gatewayOptions, settings, ...chosen } = options
  const stack = new AsyncDisposableStack()
  const sensor = stack.use(await startRestApp())
  const wire = stack.use(await startWire(sensor.app.url))
  const gateway = stack.use(await startGateway({ rules: [], ...gatewayOptions }))
  const { sourceId } = await createDetectionSource(
    gateway.sources,
    {
      name: 'sensor-berlin',
      plugin: 'extrahop',
      requestsPerMinute: null,
      // Tests say themselves when it is polled.
      pollIntervalMs: 86_400_000,
      ...chosen,
      settings: { baseUrl: wire.url, apiKey: await sensor.key('integration'), ...settings },
    },
    sam,
  )
  const { database } = gateway
  const sourceLocks = createAdvisoryLocks(database.pool, 'tripline.source')
  stack.defer(() => sourceLocks.close())
  const never = new AbortController().signal
  const deps = {
    database,
    sourceAdapters: gateway.sources.sourceAdapters,
    sourceLocks,
    callTimeoutMs: 5_000,
    now: () => new Date(),
  }

  const world: Omit<SensorWorld, typeof Symbol.asyncDispose> = {
    sensor,
    wire,
    gateway,
    sourceId,
    async poll() {
      // Else a poll of the gateway's own would be under way, which may have begun too early.
      await until(async () => {
        const { rows } = await database.pool.query(
          `select from graphile_worker.jobs where task_identifier = 'poll-source' and run_at <= now()`,
        )
        return rows.length === 0
      })
      return await pollSource(deps, sourceId, 'poll', never)
    },
    async patch(id, body) {
      const { status, text } = await sensor.call('PATCH', `/api/v1/detections/${id}`, { body })
      if (status !== 204) throw new Error(text)
    },
    track: (id, change) => gateway.track(String(id), change),
    async both(id) {
      const { json } = await sensor.call('GET', `/api/v1/detections/${id}`)
      const { status, resolution, assignee, ticket_id } = json as Record<string, unknown>
      const row = await gateway.detection(String(id))
      return {
        sensor: { status, resolution, assignee, ticket_id },
        gateway: {
          status: row.status === 'open' ? null : row.status,
          resolution: row.resolution,
          assignee: row.assignee,
          ticket_id: row.ticket_id,
        },
      }
    },
    pause: () => pauseDetectionSource(gateway.sources, sourceId, sam),
    resume: () => resumeDetectionSource(gateway.sources, sourceId, sam),
    async again() {
      await world.pause()
      await world.resume()
    },
    async change(patch) {
      await updateDetectionSource(gateway.sources, sourceId, patch, sam)
    },
    source: () =>
      database
        .selectFrom('detection_sources')
        .selectAll()
        .where('source_id', '=', sourceId)
        .executeTakeFirstOrThrow(),
    link: (id) =>
      database
        .selectFrom('source_links')
        .selectAll()
        .where('detection_id', '=', String(id))
        .executeTakeFirstOrThrow(),
    settled: (id, state = 'in_sync') =>
      until(async () => {
        const link = await world.link(id)
        return link.sync_state === state && link.next_attempt_at === null ? link : null
      }),
  }
  // The first poll is the gateway's own.
  await until(async () => {
    const { last_polled_at: polledAt, failures } = await world.source()
    return polledAt !== null || failures > 0
  })
  return { ...world, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}
