import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { pino } from 'pino'
import { describe, expect, it, vi } from 'vitest'
import { Client } from 'pg'
import { startEventFeed, type EventFeed } from '../../src/ledger/event-feed.ts'
import type { RecordedEvent } from '../../src/ledger/event-reader.ts'
import { createTestDatabase, type TestDatabase } from '../test-database.ts'

const log = pino({ level: 'silent' })

interface World extends AsyncDisposable {
  readonly test: TestDatabase
  readonly feed: EventFeed
  readonly seen: RecordedEvent[]
}

async function startWorld(pollMs?: number): Promise<World> {
  const test = await createTestDatabase()
  const feed = await startEventFeed(test.database, {
    log,
    burst: 7,
    ...(pollMs === undefined ? {} : { pollMs }),
  })
  const seen: RecordedEvent[] = []
  feed.follow((events) => seen.push(...events))
  return {
    test,
    feed,
    seen,
    async [Symbol.asyncDispose]() {
      await feed.close()
      await test[Symbol.asyncDispose]()
    },
  }
}

const INSERT = `insert into detection_events (detection_id, kind, actor, trace_id, change)
  values ($1, 'NOTE_ADDED', '{"kind":"system","name":"t"}', $2, '{"noteId":"n"}')`

async function connect({ connectionString }: TestDatabase): Promise<Client> {
  const client = new Client({ connectionString })
  await client.connect()
  return client
}

const traces = (events: readonly RecordedEvent[]): readonly string[] => events.map(({ traceId }) => traceId)

/** Several transactions at once that write, wait, and end in an order of their own, some by rolling back. */
async function writeConcurrently(
  test: TestDatabase,
  writers: number,
  rounds: number,
): Promise<readonly string[]> {
  const committed: string[] = []
  await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      const client = await connect(test)
      for (let round = 0; round < rounds; round += 1) {
        const random = (writer * 7919 + round * 104_729) % 100
        const written: string[] = []
        await client.query('begin')
        for (let row = 0; row <= random % 3; row += 1) {
          const trace = `${writer}-${round}-${row}`
          await client.query(INSERT, [null, trace])
          written.push(trace)
          // Long and short transactions side by side: later ids commit before earlier ones.
          if (random % 4 === 0) await sleep(random / 4)
        }
        const keeps = random % 5 !== 0
        await client.query(keeps ? 'commit' : 'rollback')
        if (keeps) committed.push(...written)
      }
      await client.end()
    }),
  )
  return committed
}

describe('an event feed', () => {
  it('hands out what concurrent transactions write, once each and in one order, whatever order they commit in', async () => {
    await using world = await startWorld()
    const committed = await writeConcurrently(world.test, 8, 25)
    await vi.waitFor(() => expect(world.seen.length).toBeGreaterThanOrEqual(committed.length), {
      timeout: 10_000,
    })
    expect(traces(world.seen).toSorted()).toEqual(committed.toSorted())

    const { rows } = await world.test.database.pool.query<{ trace_id: string }>(
      'select trace_id from detection_events order by xid, event_id',
    )
    expect(traces(world.seen)).toEqual(rows.map((row) => row.trace_id))
    // Otherwise the test would not have tried what it is about: that event ids alone are no order of commits.
    const ids = world.seen.map(({ position }) => Number(position.eventId))
    expect(ids).not.toEqual(ids.toSorted((left, right) => left - right))
  })

  it('waits with a committed event for a transaction that began before it, and does not lose that one', async () => {
    await using world = await startWorld()
    const slow = await connect(world.test)
    const fast = await connect(world.test)
    await slow.query('begin')
    await slow.query(INSERT, [null, 'slow'])
    await fast.query(INSERT, [null, 'fast'])
    await sleep(100)
    expect(traces(world.seen)).toEqual([])
    await slow.query('commit')
    await vi.waitFor(() => expect(traces(world.seen)).toEqual(['slow', 'fast']))
    await slow.end()
    await fast.end()
  })

  it('delivers soon after a transaction without events stops holding it back', async () => {
    await using world = await startWorld(60_000)
    const other = await connect(world.test)
    await other.query('begin')
    await other.query('select pg_current_xact_id()')
    await world.test.database.pool.query(INSERT, [null, 'held back'])
    await sleep(50)
    expect(world.seen).toEqual([])
    await other.query('rollback')
    // Nothing announces this; it is looked for in short steps, far below the poll of a minute.
    await vi.waitFor(() => expect(traces(world.seen)).toEqual(['held back']), { timeout: 2_000 })
    await other.end()
  })

  it('is woken by the announcement, not by the poll', async () => {
    await using world = await startWorld(60_000)
    await world.test.database.pool.query(INSERT, [null, 'first'])
    await vi.waitFor(() => expect(traces(world.seen)).toEqual(['first']), { timeout: 2_000 })
  })

  it('goes on after its listening connection is killed, and misses nothing that was written meanwhile', async () => {
    await using world = await startWorld(60_000)
    const { pool } = world.test.database
    const listening = async (): Promise<readonly number[]> => {
      const { rows } = await pool.query<{ pid: number }>(
        `select pid from pg_stat_activity where application_name = 'tripline-events' and datname = current_database() and query = 'listen tripline_events'`,
      )
      return rows.map(({ pid }) => pid)
    }
    await vi.waitFor(async () => expect(await listening()).toHaveLength(1))
    const [pid] = await listening()
    await pool.query('select pg_terminate_backend($1)', [pid])
    await pool.query(INSERT, [null, 'while away'])
    await vi.waitFor(() => expect(traces(world.seen)).toEqual(['while away']), { timeout: 5_000 })
    await vi.waitFor(async () => expect(await listening()).not.toEqual([pid]), { timeout: 5_000 })
    await vi.waitFor(async () => expect(await listening()).toHaveLength(1), { timeout: 5_000 })
    await pool.query(INSERT, [null, 'after'])
    await vi.waitFor(() => expect(traces(world.seen)).toEqual(['while away', 'after']), { timeout: 5_000 })
  })

  it('reads on from any position without gap or repeat', async () => {
    await using world = await startWorld()
    const committed = await writeConcurrently(world.test, 4, 10)
    await vi.waitFor(() => expect(world.seen).toHaveLength(committed.length), { timeout: 10_000 })
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: world.seen.length - 1 }),
        fc.integer({ min: 1, max: 10 }),
        async (start, size) => {
          const read: RecordedEvent[] = []
          let after = world.seen[start]?.position ?? { xid: '0', eventId: '0' }
          for (;;) {
            const page = await world.feed.read(after, size)
            read.push(...page)
            const last = page.at(-1)
            if (last === undefined) break
            after = last.position
          }
          expect(traces(read)).toEqual(traces(world.seen.slice(start + 1)))
        },
      ),
      { numRuns: 25 },
    )
  })

  it('begins where the ledger stands when it is started', async () => {
    await using test = await createTestDatabase()
    await test.database.pool.query(INSERT, [null, 'before'])
    const feed = await startEventFeed(test.database, { log })
    const seen: RecordedEvent[] = []
    feed.follow((events) => seen.push(...events))
    await test.database.pool.query(INSERT, ['1', 'after'])
    await vi.waitFor(() => expect(traces(seen)).toEqual(['after']))
    expect(seen[0]).toMatchObject({
      kind: 'NOTE_ADDED',
      detectionId: '1',
      actor: { kind: 'system', name: 't' },
    })
    await feed.close()
  })

  it('calls nobody after it was closed or left', async () => {
    await using world = await startWorld()
    const other: RecordedEvent[] = []
    const leave = world.feed.follow((events) => other.push(...events))
    leave()
    await world.test.database.pool.query(INSERT, [null, 'one'])
    await vi.waitFor(() => expect(world.seen).toHaveLength(1))
    expect(other).toEqual([])
    await world.feed.close()
    await world.test.database.pool.query(INSERT, [null, 'two'])
    await sleep(50)
    expect(world.seen).toHaveLength(1)
  })
})
