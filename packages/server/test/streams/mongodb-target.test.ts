import type { MongodbStreamMessage, StreamPlugin } from '@tripline/core'
import { mongodbStreams } from '@tripline/plugin-mongodb'
import { expect, test } from 'vitest'
import { checkStreamTarget } from '../../src/streams/stream-targets.ts'
import { startMongodbWire } from './mongodb-wire.ts'
import { startStreamWorld, until } from './stream-world.ts'

async function startTarget(allow?: []) {
  const stack = new AsyncDisposableStack()
  const wire = stack.use(await startMongodbWire())
  const world = stack.use(await startStreamWorld([mongodbStreams as StreamPlugin], allow))
  const target = await world.target({ kind: 'mongodb', settings: { host: '127.0.0.1', port: wire.port } })
  return { wire, world, target, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

const insert = (...documents: { readonly [name: string]: number }[]): MongodbStreamMessage => ({
  kind: 'mongodb',
  collection: 'alerts.detections',
  operation: 'insert',
  documents,
})

test('documents are inserted, changed and removed in the order in which it was asked for', async () => {
  await using running = await startTarget()
  const { wire, world, target } = running
  const base = { kind: 'mongodb', collection: 'alerts.detections' } as const
  await world.send(
    target,
    insert({ a: 1 }, { a: 2 }, { a: 3 }),
    {
      ...base,
      operation: 'update',
      query: { a: 1 },
      update: { $set: { b: 1 } },
      upsert: false,
      multi: false,
    },
    { ...base, operation: 'update', query: { a: 9 }, update: { $set: { b: 9 } }, upsert: true, multi: false },
    { ...base, operation: 'remove', query: { a: 2 }, justOne: true },
  )
  await world.work()
  await world.drained(target)
  const documents = wire.collections.get('alerts.detections') ?? []
  expect(documents.map(({ _id, ...rest }) => rest)).toEqual([{ a: 1, b: 1 }, { a: 3 }, { a: 9, b: 9 }])
  expect(await world.messages(target)).toEqual([])
})

test('a document is stored once, although the answer to its insert was lost', async () => {
  await using running = await startTarget()
  const { wire, world, target } = running
  let cuts = 0
  wire.intercept = (command) => ('insert' in command && cuts++ === 0 ? 'cut' : null)
  await world.send(target, insert({ a: 1 }, { a: 2 }), insert({ a: 3 }))
  await world.work()
  await world.drained(target)
  const documents = wire.collections.get('alerts.detections') ?? []
  expect(documents.map(({ a }) => Number(a))).toEqual([1, 2, 3])
  expect(cuts).toBe(3)
  expect(await world.messages(target)).toEqual([])
})

test('what the server refuses is put aside, and the rest goes on', async () => {
  await using running = await startTarget()
  const { wire, world, target } = running
  wire.intercept = (command) =>
    'insert' in command && (command['documents'] as { a: number }[])[0]?.a === 1
      ? { ok: 0, code: 121, codeName: 'DocumentValidationFailure', errmsg: 'no' }
      : null
  await world.send(target, insert({ a: 1 }), insert({ a: 2 }))
  await world.work()
  await world.drained(target)
  expect(await world.messages(target)).toMatchObject([
    { state: 'dead', fault: 'MongoDB answered DocumentValidationFailure (121).' },
  ])
  expect(wire.collections.get('alerts.detections')).toMatchObject([{ a: 2 }])
})

test('a server that is no primary now keeps everything waiting', async () => {
  await using running = await startTarget()
  const { wire, world, target } = running
  wire.intercept = (command) =>
    'insert' in command ? { ok: 0, code: 10_107, codeName: 'NotWritablePrimary', errmsg: 'no' } : null
  await world.send(target, insert({ a: 1 }))
  await world.work()
  await until(async () => (await world.row(target)).failures > 0)
  expect(await world.messages(target)).toMatchObject([{ state: 'waiting', attempts: 0 }])
  wire.intercept = () => null
  await world.drained(target)
})

test('a check asks the server, and the network policy is obeyed', async () => {
  await using running = await startTarget()
  const { world, target } = running
  expect(await checkStreamTarget(world.deps, target.targetId)).toMatchObject([{ severity: 'ok' }])
  await using forbidden = await startTarget([])
  const [finding] = await checkStreamTarget(forbidden.world.deps, forbidden.target.targetId)
  expect(finding?.message).toContain('TRIPLINE_OUTBOUND_ALLOW')
})
