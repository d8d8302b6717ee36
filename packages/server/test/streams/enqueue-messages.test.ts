import { expect, test } from 'vitest'
import { enqueueMessages, maxMessageBytes } from '../../src/streams/enqueue-messages.ts'
import { updateStreamTarget } from '../../src/streams/stream-targets.ts'
import { origin, post, startStreamWorld, until } from './stream-world.ts'

const settings = { host: '127.0.0.1', port: 9, protocol: 'http' }

test('messages of one transaction are queued in their order, whatever they hold', async () => {
  await using world = await startStreamWorld()
  const target = await world.target({ settings })
  const odd = post('one', { path: '/\u0000', headers: { x: 'lone \ud800' } })
  const outcomes = await world.database.transaction().execute((transaction) =>
    enqueueMessages(
      transaction,
      [odd, post('two'), post('three')].map((message, index) => ({ target, message, source: { index } })),
    ),
  )
  const messages = await world.messages(target)
  expect(messages.map(({ source }) => source)).toEqual([{ index: 0 }, { index: 1 }, { index: 2 }])
  expect(messages[0]?.message).toEqual(odd)
  expect(outcomes).toEqual(messages.map(({ message_id }) => ({ accepted: true, messageId: message_id })))
})

test('what cannot be queued is refused with a reason, and the rest of the transaction goes on', async () => {
  await using world = await startStreamWorld()
  const target = await world.target({ settings })
  const off = await world.target({ name: 'off', enabled: false, settings })
  const big = post('', { payload: 'a'.repeat(maxMessageBytes) })
  const unknown = { kind: 'http', name: 'nowhere' } as const
  const raw = { kind: 'raw', payload: '' } as const
  const outcomes = await world.database.transaction().execute((transaction) =>
    enqueueMessages(transaction, [
      { target: unknown, message: post('one'), source: {} },
      { target: off, message: post('two'), source: {} },
      { target, message: big, source: {} },
      { target, message: raw, source: {} },
      { target, message: post('three'), source: {} },
    ]),
  )
  expect(outcomes.map((outcome) => (outcome.accepted ? 'accepted' : outcome.refusal.code))).toEqual([
    'TARGET_UNKNOWN',
    'TARGET_DISABLED',
    'MESSAGE_TOO_LARGE',
    'WRONG_KIND',
    'accepted',
  ])
  expect(await world.messages(target)).toHaveLength(1)
  expect(await world.row(off)).toMatchObject({ refused: '1', last_refusal: { code: 'TARGET_DISABLED' } })
  expect(await world.row(target)).toMatchObject({ refused: '2', last_refusal: { code: 'WRONG_KIND' } })
})

test('a target takes so many messages and no more, within a transaction and over several', async () => {
  await using world = await startStreamWorld()
  const target = await world.target({ settings, maxWaiting: 3 })
  await world.send(target, post('one'), post('two'))
  const outcomes = await world.database.transaction().execute((transaction) =>
    enqueueMessages(
      transaction,
      ['three', 'four'].map((body) => ({ target, message: post(body), source: {} })),
    ),
  )
  expect(outcomes).toMatchObject([{ accepted: true }, { accepted: false, refusal: { code: 'QUEUE_FULL' } }])
  expect(await world.send(target, post('five'))).toMatchObject([{ accepted: false }])
  expect(await world.row(target)).toMatchObject({ refused: '2' })
  await updateStreamTarget(world.deps, target.targetId, { maxWaiting: 4 }, origin)
  expect(await world.send(target, post('six'))).toMatchObject([{ accepted: true }])
})

test('a large limit is held by the count that delivery keeps', async () => {
  await using world = await startStreamWorld()
  const target = await world.target({ settings: { ...settings, port: 1 }, maxWaiting: 1_001 })
  await world.database.transaction().execute((transaction) =>
    enqueueMessages(
      transaction,
      Array.from({ length: 1_001 }, () => ({ target, message: post('x'), source: {} })),
    ),
  )
  await world.work()
  await until(async () => (await world.row(target)).waiting === 1_001)
  expect(await world.send(target, post('one more'))).toMatchObject([{ accepted: false }])
})

test('a refusal does not wait for a transaction that holds the target', async () => {
  await using world = await startStreamWorld()
  const target = await world.target({ settings, maxWaiting: 1 })
  await world.send(target, post('one'))
  await world.database.transaction().execute(async (transaction) => {
    const refused = await enqueueMessages(transaction, [{ target, message: post('two'), source: {} }])
    expect(refused).toMatchObject([{ accepted: false }])
    // The other transaction goes on, although this one keeps count of its own refusal.
    expect(await world.send(target, post('three'))).toMatchObject([{ accepted: false }])
  })
  expect(await world.row(target)).toMatchObject({ refused: '1' })
})
