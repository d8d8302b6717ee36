import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { startSalesforceSimulator, type SalesforceSimulator } from '@tripline/plugin-salesforce/simulator'
import { sql, type Selectable } from 'kysely'
import { expect, test } from 'vitest'
import type { PooledDatabase } from '../../src/database/client.ts'
import type { ConnectionWatchesTable, DetectionsTable } from '../../src/database/tables.ts'
import { ingestReports } from '../../src/detections/ingest-detections.ts'
import { createMetrics } from '../../src/http/metrics.ts'
import { getConnection } from '../../src/tracking/connection.ts'
import {
  checkConnection,
  createConnection,
  deleteConnection,
  updateConnection,
  type ConnectionDeps,
} from '../../src/tracking/connections.ts'
import { updateTrackingSettings } from '../../src/tracking/tracking-settings.ts'
import { createTestDatabase } from '../test-database.ts'
import { report, sam, until } from './gateway-world.ts'
import { salesforceDeps, startSalesforceEngine } from './salesforce-engine.ts'

interface WatchWorld extends AsyncDisposable {
  readonly connectionString: string
  readonly database: PooledDatabase
  readonly deps: ConnectionDeps
  readonly salesforce: SalesforceSimulator
  readonly connectionId: string
  /** One more engine, as another process has; ends with the world, or before. */
  work(): Promise<AsyncDisposable>
  /** A detection with its case. */
  ticketed(externalId: string): Promise<{ readonly detectionId: string; readonly caseId: string }>
  detection(detectionId: string): Promise<Selectable<DetectionsTable>>
  watch(): Promise<Selectable<ConnectionWatchesTable> | undefined>
  /** Until somebody listens, and the polls that belong to it are done. */
  watched(): Promise<Selectable<ConnectionWatchesTable>>
}

/** A Salesforce that nobody hears of but by listening to it: there are no outbound messages, and polls are an hour apart. */
async function startWorld(): Promise<WatchWorld> {
  const stack = new AsyncDisposableStack()
  const { connectionString, database } = stack.use(await createTestDatabase())
  const salesforce = await startSalesforceSimulator()
  stack.defer(() => salesforce.close())
  const deps = stack.use(salesforceDeps(connectionString))
  await updateTrackingSettings(database, { externalTracking: true }, { reattach: false }, sam)
  const { connection } = await createConnection(
    deps,
    {
      name: 'Salesforce',
      plugin: 'salesforce',
      settings: {
        loginUrl: salesforce.url,
        auth: 'client-credentials',
        clientId: salesforce.app.clientId,
        clientSecret: salesforce.app.clientSecret,
        changeDataCapture: true,
        timeoutMs: 2_000,
      },
      rules: [{ name: 'everything' }],
    },
    sam,
  )
  const { connectionId } = connection
  const watch: WatchWorld['watch'] = () =>
    database
      .selectFrom('connection_watches')
      .selectAll()
      .where('connection_id', '=', connectionId)
      .executeTakeFirst()
  return {
    connectionString,
    database,
    deps,
    salesforce,
    connectionId,
    watch,
    work: async () => stack.use(disposedOnce(await startSalesforceEngine(connectionString))),
    async ticketed(externalId) {
      const [outcome] = await ingestReports(database, 'test', [{ index: 0, report: report(externalId) }], sam)
      const detectionId = outcome?.detectionId ?? ''
      const link = await until(async () => {
        const row = await database
          .selectFrom('ticket_links')
          .selectAll()
          .where('detection_id', '=', detectionId)
          .executeTakeFirst()
        return row?.sync_state === 'in_sync' && row.next_attempt_at === null ? row : null
      })
      return { detectionId, caseId: link.remote_id ?? '' }
    },
    detection: (detectionId) =>
      database
        .selectFrom('detections')
        .selectAll()
        .where('detection_id', '=', detectionId)
        .executeTakeFirstOrThrow(),
    watched: () =>
      until(async () => {
        const row = await watch()
        if (row === undefined || row.watched_since === null) return null
        return (await pollsNow(database)) === 0 ? row : null
      }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** What may be disposed of again. */
function disposedOnce(inner: AsyncDisposable): AsyncDisposable {
  let done: PromiseLike<void> | null = null
  return {
    async [Symbol.asyncDispose]() {
      done ??= inner[Symbol.asyncDispose]()
      await done
    },
  }
}

/** How many polls are at work or due. */
async function pollsNow(database: PooledDatabase): Promise<number> {
  const { rows } = await sql<{ count: string }>`
    select count(*) from graphile_worker.jobs
    where task_identifier = 'poll-connection' and (locked_at is not null or run_at <= now())`.execute(
    database,
  )
  return Number(rows[0]?.count)
}

function requestsOf({ salesforce }: WatchWorld, text: string): number {
  return salesforce
    .requests()
    .filter(({ body, path }) => `${decodeURIComponent(path)} ${body}`.includes(text)).length
}

const polls = (world: WatchWorld): number => requestsOf(world, 'SystemModstamp >=')
const handshakes = (world: WatchWorld): number => requestsOf(world, '/meta/handshake')

test('a change of a case reaches its detection within about a second, without polls and webhooks', async () => {
  await using world = await startWorld()
  await world.work()
  const { caseId, detectionId } = await world.ticketed('a')
  await world.watched()
  const before = polls(world)
  const begun = performance.now()
  world.salesforce.editCaseAsPerson(caseId, { Status: 'Closed' })
  await until(async () => (await world.detection(detectionId)).status === 'closed')
  expect(performance.now() - begun).toBeLessThan(2_000)
  expect(polls(world)).toBe(before)
  expect(await world.watch()).toMatchObject({
    cursor: expect.stringContaining(world.salesforce.organizationId),
    last_change_at: expect.any(Date),
    last_heard_at: expect.any(Date),
    failures: 0,
    last_error: null,
  })
  world.salesforce.deleteCase(caseId)
  await until(async () => {
    const { rows } = await sql<{ state: string }>`select state from ticket_links`.execute(world.database)
    return rows[0]?.state === 'missing'
  })
})

test('one process listens, whichever; another one goes on where it ended', async () => {
  await using world = await startWorld()
  const engines = [await world.work(), await world.work()]
  const { caseId, detectionId } = await world.ticketed('a')
  await world.watched()
  world.salesforce.editCaseAsPerson(caseId, { Status: 'Working' })
  await until(async () => (await world.detection(detectionId)).status === 'in_progress')
  // The other one is the check's, which left again.
  await until(() => Promise.resolve(handshakes(world) === 2))
  expect(world.salesforce.changeEvents.clientCount()).toBe(1)
  const before = polls(world)
  for (const [index, engine] of engines.entries()) {
    await engine[Symbol.asyncDispose]()
    if (index === 0) await world.watched()
  }
  // One of them listened, and has left.
  expect(world.salesforce.changeEvents.clientCount()).toBe(0)
  expect((await world.watch())?.watched_since).toBeNull()
  world.salesforce.editCaseAsPerson(caseId, { Status: 'Closed' })
  await world.work()
  await until(async () => (await world.detection(detectionId)).status === 'closed')
  expect(polls(world)).toBe(before)
})

test('a process that is killed while it listens loses nothing', async () => {
  await using world = await startWorld()
  const program = fileURLToPath(new URL('watching-process.ts', import.meta.url))
  const child = spawn(process.execPath, [program, world.connectionString], { stdio: 'inherit' })
  const ended = once(child, 'exit')
  const tickets = [await world.ticketed('a'), await world.ticketed('b'), await world.ticketed('c')]
  const [first, ...others] = tickets
  await world.watched()
  world.salesforce.editCaseAsPerson(first?.caseId ?? '', { Status: 'Closed' })
  await until(async () => (await world.detection(first?.detectionId ?? '')).status === 'closed')
  child.kill('SIGKILL')
  await ended
  const before = polls(world)
  // The organisation believes that somebody listens still, and sends the events to nobody.
  for (const { caseId } of others) world.salesforce.editCaseAsPerson(caseId, { Status: 'Closed' })
  await world.work()
  for (const { detectionId } of tickets) {
    await until(async () => (await world.detection(detectionId)).status === 'closed')
  }
  expect(polls(world)).toBe(before)
})

test.each([
  ['events that are not kept any more', 'expire'],
  ['an event that does not say what changed', 'overflow'],
] as const)('a poll finds what is behind %s', async (_, what) => {
  await using world = await startWorld()
  const engine = await world.work()
  const { caseId, detectionId } = await world.ticketed('a')
  await world.watched()
  world.salesforce.editCaseAsPerson(caseId, { Status: 'Working' })
  await until(async () => (await world.detection(detectionId)).status === 'in_progress')
  const before = polls(world)
  if (what === 'expire') {
    await engine[Symbol.asyncDispose]()
    world.salesforce.editCaseAsPerson(caseId, { Status: 'Closed' })
    world.salesforce.changeEvents.expire()
    await world.work()
  } else {
    world.salesforce.changeEvents.disturb('overflow')
    world.salesforce.editCaseAsPerson(caseId, { Status: 'Closed' })
  }
  await until(async () => (await world.detection(detectionId)).status === 'closed')
  expect(polls(world)).toBeGreaterThan(before)
})

test('a failure is recorded and tried again, and forgotten once it lasts', async () => {
  await using world = await startWorld()
  await world.work()
  await world.watched()
  world.salesforce.faults.add({ path: '/cometd/:version', kind: 'server-error', status: 500, times: 2 })
  world.salesforce.changeEvents.forgetClients()
  const failed = await until(async () => {
    const row = await world.watch()
    return row !== undefined && row.failures > 0 ? row : null
  })
  expect(failed).toMatchObject({
    watched_since: null,
    last_error: { code: 'UNAVAILABLE' },
    not_before: expect.any(Date),
  })
  await until(async () => (await world.watch())?.failures === 0)
  expect(await world.watched()).toMatchObject({ last_error: null, not_before: null })
  expect((await getConnection(world.database, world.connectionId)).pausedReason).toBeNull()
})

test('what cannot be read again and again is left behind', async () => {
  await using world = await startWorld()
  const { connectionId, database, salesforce } = world
  const cursor = `${salesforce.organizationId}/7001`
  await database
    .insertInto('connection_watches')
    .values({ connection_id: connectionId, cursor, failures: 3 })
    .execute()
  const connecting = ({ rawBody }: { rawBody: Buffer }): boolean => rawBody.includes('/meta/connect')
  salesforce.faults.add({ kind: 'garbled', matches: connecting, times: 2 })
  await world.work()
  await until(async () => (await world.watch())?.failures === 4)
  expect(await world.watch()).toMatchObject({ cursor, last_error: { code: 'UNEXPECTED_RESPONSE' } })
  // Not before its time, unless somebody changes something.
  await updateConnection(world.deps, connectionId, { settings: { timeoutMs: 3_000 } }, sam)
  await until(async () => (await world.watch())?.failures === 5)
  expect(await world.watch()).toMatchObject({ cursor: null })
})

test('what refuses the watch alone does not pause the connection', async () => {
  await using world = await startWorld()
  world.salesforce.faults.add({ path: '/cometd/:version', kind: 'server-error', status: 403, times: 1_000 })
  await world.work()
  await until(async () => ((await world.watch())?.failures ?? 0) > 0)
  expect((await world.watch())?.last_error).toMatchObject({ code: 'ACCESS_DENIED' })
  await world.ticketed('a')
  expect((await getConnection(world.database, world.connectionId)).pausedReason).toBeNull()
})

test('credentials that are refused pause the connection, and a check lets it listen again', async () => {
  await using world = await startWorld()
  await world.work()
  await world.watched()
  const refusal = world.salesforce.faults.add({
    path: '/cometd/:version',
    kind: 'server-error',
    status: 401,
    times: 1_000,
  })
  world.salesforce.changeEvents.forgetClients()
  await until(async () => {
    const { pausedReason } = await getConnection(world.database, world.connectionId)
    return pausedReason?.code === 'UNAUTHORIZED'
  })
  world.salesforce.faults.remove(refusal.id)
  const before = handshakes(world)
  const { findings } = await checkConnection(world.deps, world.connectionId, sam)
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
  await until(async () => (await world.watch())?.watched_since !== null)
  expect(handshakes(world)).toBeGreaterThan(before)
})

test('a change of settings ends and begins it; what switches the connection off ends it', async () => {
  await using world = await startWorld()
  const { database, connectionId, deps, salesforce } = world
  const listeners = (count: number): Promise<true> =>
    until(() => Promise.resolve(salesforce.changeEvents.clientCount() === count))
  await world.work()
  const first = await world.watched()
  await updateConnection(deps, connectionId, { settings: { timeoutMs: 3_000 } }, sam)
  await until(async () => {
    const since = (await world.watch())?.watched_since?.getTime() ?? 0
    return since > (first.watched_since?.getTime() ?? 0)
  })
  await listeners(1)
  await updateConnection(deps, connectionId, { enabled: false }, sam)
  await listeners(0)
  await until(async () => (await world.watch())?.watched_since === null)
  await updateConnection(deps, connectionId, { enabled: true }, sam)
  await listeners(1)
  await updateTrackingSettings(database, { externalTracking: false }, { reattach: false }, sam)
  await listeners(0)
  await updateTrackingSettings(database, { externalTracking: true }, { reattach: false }, sam)
  await listeners(1)
  await updateConnection(deps, connectionId, { settings: { changeDataCapture: false } }, sam)
  await listeners(0)
  await until(async () => (await world.watch()) === undefined)
  await updateConnection(deps, connectionId, { settings: { changeDataCapture: true } }, sam)
  await listeners(1)
  await deleteConnection(deps, connectionId, sam)
  expect(await listeners(0)).toBe(true)
})

test('metrics say whether it is listened to', async () => {
  await using world = await startWorld()
  const metrics = createMetrics({
    database: world.database,
    subscriptionCount: () => ({ subscriptions: 0, groups: 0 }),
  })
  const engine = await world.work()
  await world.watched()
  expect(await metrics.text()).toContain('tripline_connection_watched{connection="Salesforce"} 1')
  await engine[Symbol.asyncDispose]()
  const text = await metrics.text()
  expect(text).toContain('tripline_connection_watched{connection="Salesforce"} 0')
  expect(text).toContain('tripline_connection_watch_failures{connection="Salesforce"} 0')
})
