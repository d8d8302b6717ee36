import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { revokeApiKey } from '../../src/access/api-keys.ts'
import { addNote } from '../../src/detections/notes.ts'
import { trackDetections, trackWithin } from '../../src/detections/track-detections.ts'
import { updateTrackingSettings } from '../../src/tracking/tracking-settings.ts'
import { origin, startGraphqlServer, type GraphqlServer } from './graphql-server.ts'
import { subscribeSse, subscribeWebSocket, type TestSubscription } from './subscription-client.ts'

const UPDATES = `subscription S($filter: DetectionFilter, $after: String) {
  detectionUpdated(filter: $filter, after: $after) { cursor event { kind traceId } detection { detectionId status title } }
}`

const kinds = ({ results }: TestSubscription): readonly string[] =>
  results.map(
    ({ data }) => `${data.detectionUpdated.event.kind} ${data.detectionUpdated.detection.detectionId}`,
  )
const traces = ({ results }: TestSubscription): readonly string[] =>
  results.map(({ data }) => data.detectionUpdated.event.traceId)

async function setStatus(
  server: GraphqlServer,
  detectionId: string,
  status: 'open' | 'closed',
  traceId = 'test',
): Promise<void> {
  const [result] = await trackDetections(server.database, [{ detectionId, change: { status } }], 'person', {
    ...origin,
    traceId,
  })
  expect(result?.error).toBeNull()
}

describe.each([
  ['server-sent events', subscribeSse],
  ['a WebSocket', subscribeWebSocket],
])('a subscription over %s', (_, subscribe) => {
  it('delivers changes of the detections that match, and the change that takes one out', async () => {
    await using server = await startGraphqlServer()
    const [high = '', low = ''] = await server.ingest({ riskScore: 90 }, { riskScore: 20 })
    await using updates = await subscribe(server, UPDATES, {
      variables: { filter: { riskScoreMin: 80, statuses: ['OPEN'] } },
    })
    await setStatus(server, low, 'closed')
    await setStatus(server, high, 'closed')
    await addNote(
      server.database,
      { detectionId: high, text: 'not open any more', visibility: 'internal' },
      'person',
      origin,
    )
    const [next = ''] = await server.ingest({ riskScore: 85 })
    await vi.waitFor(() => expect(kinds(updates)).toContain(`DETECTION_CREATED ${next}`))
    expect(kinds(updates)).toEqual([`TRACKING_CHANGED ${high}`, `DETECTION_CREATED ${next}`])
    expect(updates.results[0].data.detectionUpdated.detection.status).toBe('CLOSED')
  })

  it('goes on after a cursor without gap or repeat', async () => {
    await using server = await startGraphqlServer()
    const [id = ''] = await server.ingest({})
    const cursors: string[] = []
    const expected: string[] = []
    {
      await using updates = await subscribe(server, UPDATES)
      for (let change = 0; change < 6; change += 1) {
        expected.push(`t${change}`)
        await setStatus(server, id, change % 2 === 0 ? 'closed' : 'open', `t${change}`)
      }
      await vi.waitFor(() => expect(traces(updates)).toEqual(expected))
      cursors.push(...updates.results.map(({ data }) => data.detectionUpdated.cursor))
    }
    await setStatus(server, id, 'closed', 'while away')
    expected.push('while away')
    for (const [index, after] of cursors.entries()) {
      await using resumed = await subscribe(server, UPDATES, { variables: { after } })
      await vi.waitFor(() => expect(traces(resumed)).toEqual(expected.slice(index + 1)))
    }
    await using resumed = await subscribe(server, UPDATES, { variables: { after: cursors.at(-1) } })
    await vi.waitFor(() => expect(traces(resumed)).toEqual(['while away']))
    await setStatus(server, id, 'open', 'and live')
    await vi.waitFor(() => expect(traces(resumed)).toEqual(['while away', 'and live']))
  })

  it.each(['now', 'with a liveCursor'])(
    'that begins %s tells nothing that could be seen then, and all that ends later',
    async (begins) => {
      await using server = await startGraphqlServer()
      const [first = ''] = await server.ingest({})
      const running = Promise.withResolvers<undefined>()
      const begun = Promise.withResolvers<undefined>()
      const ended = server.database.transaction().execute(async (transaction) => {
        const requests = [{ detectionId: first, change: { status: 'closed' } }] as const
        await trackWithin(transaction, requests, 'person', { ...origin, traceId: 'running' })
        begun.resolve(undefined)
        await running.promise
      })
      await begun.promise
      const [second = ''] = await server.ingest({})
      const { detections } = await server.query('{ detections { liveCursor } }')
      const variables = begins === 'now' ? {} : { after: detections.liveCursor }
      await using updates = await subscribe(server, UPDATES, { variables })
      await setStatus(server, second, 'closed', 'after')
      running.resolve(undefined)
      await ended
      await vi.waitFor(() => expect(traces(updates)).toEqual(['running', 'after']))
    },
  )

  it('ends when its key is revoked', async () => {
    await using server = await startGraphqlServer({ accessCheckMs: 20 })
    const key = await server.key('viewer', 'vera')
    await using updates = await subscribe(server, UPDATES, { key })
    await using others = await subscribe(server, UPDATES)
    const { apiKeys } = await server.query('{ apiKeys { keyId username } }')
    const [{ keyId }] = apiKeys.filter(({ username }: { username: string }) => username === 'vera')
    await revokeApiKey(server.database, keyId, origin)
    await updates.ended
    expect(updates.results.at(-1)?.errors[0].extensions.code).toBe('UNAUTHENTICATED')
    expect(server.graphql.subscriptionCount().subscriptions).toBe(1)
    expect(others.results).toEqual([])
  })

  it('refuses a cursor that it did not make', async () => {
    await using server = await startGraphqlServer()
    const cursors = ['1;events;99999999999;0', '1;snapshot;99999999999:99999999999:', '1;snapshot;1:x:']
    for (const after of ['nonsense', ...cursors.map((text) => Buffer.from(text).toString('base64url'))]) {
      const answer = await server.request(UPDATES, {
        variables: { after },
        headers: { accept: 'application/json' },
      })
      expect(answer.errors[0]?.extensions?.['code']).toBe('INVALID_CURSOR')
    }
  })
})

describe('subscriptions', () => {
  it('miss nothing since the list whose liveCursor they begin with', async () => {
    await using server = await startGraphqlServer()
    const [id = ''] = await server.ingest({})
    const { detections } = await server.query('{ detections { liveCursor } }')
    await setStatus(server, id, 'closed', 'between')
    await using updates = await subscribeSse(server, UPDATES, { variables: { after: detections.liveCursor } })
    await vi.waitFor(() => expect(traces(updates)).toEqual(['between']))
  })

  it('share what they execute when they ask the same, wherever each began', async () => {
    await using server = await startGraphqlServer()
    const [id = ''] = await server.ingest({})
    const { detections } = await server.query('{ detections { liveCursor } }')
    const filter = { riskScoreMin: 10 }
    await using first = await subscribeSse(server, UPDATES, { variables: { filter } })
    await using second = await subscribeWebSocket(server, UPDATES, {
      variables: { filter, after: detections.liveCursor },
    })
    await using third = await subscribeSse(server, UPDATES, { variables: { filter: { riskScoreMin: 11 } } })
    expect(server.graphql.subscriptionCount()).toEqual({ subscriptions: 3, groups: 2 })
    await setStatus(server, id, 'closed', 'one')
    for (const updates of [first, second, third])
      await vi.waitFor(() => expect(traces(updates)).toEqual(['one']))
  })

  it('are forgotten when the client goes away', async () => {
    await using server = await startGraphqlServer()
    {
      await using _first = await subscribeSse(server, UPDATES)
      await using _second = await subscribeWebSocket(server, UPDATES)
      expect(server.graphql.subscriptionCount().subscriptions).toBe(2)
    }
    // An HTTP stream is noticed to be closed when something is written to it: the next ping.
    await vi.waitFor(
      () => expect(server.graphql.subscriptionCount()).toEqual({ subscriptions: 0, groups: 0 }),
      { timeout: 10_000 },
    )
  })

  it('deliver each change once and in order to clients that come and go while many write', async () => {
    await using server = await startGraphqlServer()
    const ids = await server.ingest(...Array.from({ length: 20 }, () => ({})))
    const { detections } = await server.query('{ detections { liveCursor } }')
    let writing = true
    const write = async (writer: number): Promise<number> => {
      for (let round = 0; round < 40; round += 1) {
        await server.database.transaction().execute(async (transaction) => {
          await transaction
            .insertInto('detection_events')
            .values({
              detection_id: ids[(writer * 3 + round) % ids.length] ?? '',
              kind: 'NOTE_ADDED',
              change: '{"noteId":"00000000-0000-4000-8000-000000000000"}',
              actor: '{"kind":"system","name":"t"}',
              trace_id: `${writer}-${round}`,
              connection_id: null,
            })
            .execute()
          await sleep((writer * 31 + round * 17) % 12)
        })
      }
      return 40
    }
    const writers = Promise.all([0, 1, 2, 3].map(write)).finally(() => (writing = false))

    const received: string[] = []
    let after: string = detections.liveCursor
    const follow = async (isEnough: (count: number) => boolean): Promise<void> => {
      await using updates = await subscribeSse(server, UPDATES, { variables: { after } })
      await vi.waitFor(() => expect(isEnough(updates.results.length)).toBe(true), { timeout: 10_000 })
      // What arrives from here on is read again by the next one.
      for (const { data } of updates.results) {
        received.push(data.detectionUpdated.event.traceId)
        after = data.detectionUpdated.cursor
      }
    }
    while (writing) await follow((count) => count > 5 || !writing)
    await writers
    const total = 4 * 40
    while (received.length < total) await follow((count) => received.length + count >= total)

    expect(new Set(received).size).toBe(total)
    const { rows } = await server.database.pool.query<{ trace_id: string }>(
      `select trace_id from detection_events where kind = 'NOTE_ADDED' order by xid, event_id`,
    )
    expect(received).toEqual(rows.map((row) => row.trace_id))
  })

  it('let a slow client read the ledger by itself, without loss and without keeping everything in memory', async () => {
    await using server = await startGraphqlServer()
    const [id = ''] = await server.ingest({})
    // A client that stops reading: what it is sent piles up in the sockets first, then in its queue.
    const controller = new AbortController()
    const response = await fetch(server.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${server.adminKey}`,
      },
      body: JSON.stringify({
        query: `subscription { detectionUpdated { event { traceId } detection { description } } }`,
      }),
      signal: controller.signal,
    })
    const stream = response.body?.getReader()
    if (stream === undefined) throw new Error('There is no body')
    // Each event is about 100 kilobytes, so that the sockets do not hold them all.
    await server.database
      .updateTable('detections')
      .set({ description: 'x'.repeat(100_000) })
      .execute()
    const total = 700
    for (let from = 0; from < total; from += 50) {
      await server.database
        .insertInto('detection_events')
        .values(
          Array.from({ length: 50 }, (_, index) => ({
            detection_id: id,
            kind: 'NOTE_ADDED',
            change: '{"noteId":"00000000-0000-4000-8000-000000000000"}',
            actor: '{"kind":"system","name":"t"}',
            trace_id: `e${from + index}`,
            connection_id: null,
          })),
        )
        .execute()
    }
    await sleep(500)
    const received: string[] = []
    let text = ''
    while (received.length < total) {
      const { value, done } = await stream.read()
      if (done) break
      text += Buffer.from(value).toString('utf8')
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        const trace = /"traceId":"(e\d+)"/u.exec(line)?.[1]
        if (trace !== undefined) received.push(trace)
      }
    }
    expect(received).toEqual(Array.from({ length: total }, (_, index) => `e${index}`))
    controller.abort()
  })

  it('tell of links of one connection, or of all', async () => {
    await using server = await startGraphqlServer()
    await updateTrackingSettings(server.database, { externalTracking: true }, { reattach: false }, origin)
    const [id = ''] = await server.ingest({})
    const links: string[] = []
    for (const name of ['Jira', 'Other']) {
      const { connection_id: connectionId } = await server.database
        .insertInto('ticketing_connections')
        .values({
          name,
          plugin: 'jira',
          settings: '{}',
          secrets: '{}',
          mappings: '{}',
          rules: '[]',
          webhook_token: name,
          webhook_secrets: '[]',
        })
        .returning('connection_id')
        .executeTakeFirstOrThrow()
      await server.database
        .insertInto('ticket_links')
        .values({
          detection_id: id,
          connection_id: connectionId,
          dedupe_key: name,
          state: 'active',
          sync_state: 'in_sync',
          is_primary: false,
          ticket_key: name,
        })
        .execute()
      links.push(`TicketingConnection:${connectionId}`)
    }
    const query = `subscription S($connectionId: ID) { ticketSyncUpdated(connectionId: $connectionId) { ticketKey connection { name } detection { status } } }`
    await using all = await subscribeSse(server, query)
    await using one = await subscribeSse(server, query, { variables: { connectionId: links[0] } })
    await setStatus(server, id, 'closed')
    const keys = ({ results }: TestSubscription): readonly string[] =>
      results.map(({ data }) => data.ticketSyncUpdated.ticketKey)
    await vi.waitFor(() => expect(keys(all).toSorted()).toEqual(['Jira', 'Other']))
    await vi.waitFor(() => expect(keys(one)).toEqual(['Jira']))
    expect(one.results[0].data.ticketSyncUpdated.detection.status).toBe('CLOSED')
  })

  it('do not begin with a key that is revoked, expired or unknown', async () => {
    await using server = await startGraphqlServer()
    await using updates = await subscribeWebSocket(server, UPDATES, { key: 'tl_unknown' })
    await expect(updates.ended).rejects.toMatchObject({ code: 4403 })
    const answer = await server.request(UPDATES, { key: null })
    expect(answer.status).toBe(401)
  })

  it('go on when the database was away', async () => {
    await using server = await startGraphqlServer()
    const [id = ''] = await server.ingest({})
    await using updates = await subscribeSse(server, UPDATES)
    await setStatus(server, id, 'closed', 'before')
    await vi.waitFor(() => expect(traces(updates)).toEqual(['before']))
    // Every connection is lost, those of the pool and the one that listens.
    await server.database.pool.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    )
    await vi.waitFor(() => setStatus(server, id, 'open', 'after'), { timeout: 5_000 })
    await vi.waitFor(() => expect(traces(updates)).toEqual(['before', 'after']), { timeout: 10_000 })
  })
})
