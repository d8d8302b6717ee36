import { describe, expect, test } from 'vitest'
import { enqueueMessages } from '../../src/streams/enqueue-messages.ts'
import { dropMessages, replayDeadLetters } from '../../src/streams/dead-letters.ts'
import { takeStreamReplies } from '../../src/streams/stream-replies.ts'
import { deleteStreamTarget, updateStreamTarget } from '../../src/streams/stream-targets.ts'
import { startHttpReceiver, type Answering } from './http-receiver.ts'
import { origin, post, startStreamWorld, until } from './stream-world.ts'

const bodies = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `message ${from + index}`)

async function startDelivery(answering?: Answering) {
  const stack = new AsyncDisposableStack()
  const receiver = stack.use(await startHttpReceiver(answering))
  const world = stack.use(await startStreamWorld())
  const settings = { host: '127.0.0.1', port: receiver.port, protocol: 'http', timeout_seconds: 1 }
  return { receiver, world, settings, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

describe.concurrent('Messages for a target', () => {
  test('are delivered in the order in which they were queued, and are gone then', async () => {
    await using running = await startDelivery()
    const { world, receiver, settings } = running
    const target = await world.target({ settings })
    await world.send(target, ...bodies(250).map((body) => post(body)))
    await world.work()
    await world.drained(target)
    expect(receiver.texts()).toEqual(bodies(250))
    expect(await world.messages(target)).toEqual([])
    const row = await world.row(target)
    expect(row).toMatchObject({ delivered: '250', failures: 0 })
    await until(async () => (await world.row(target)).waiting === 0)
    // Each has a name of its own, by which a receiver can tell what came twice.
    expect(new Set(receiver.requests.map(({ headers }) => headers['x-tripline-message-id'])).size).toBe(250)
  })

  test('come in their order over many batches, some of which are recorded while the next are sent', async () => {
    await using running = await startDelivery(({ text }, response) => {
      response.writeHead(text === 'message 700' ? 422 : 204).end()
    })
    const { world, receiver, settings } = running
    const target = await world.target({ settings })
    await world.send(target, ...bodies(3_000).map((body) => post(body)))
    await world.work()
    await world.drained(target, 60_000)
    expect(receiver.texts()).toEqual(bodies(3_000))
    expect(await world.messages(target)).toMatchObject([{ state: 'dead', attempts: 1 }])
    expect(await world.row(target)).toMatchObject({ delivered: '2999', failures: 0 })
  })

  test('come again when it could not be recorded that they were sent', async () => {
    await using running = await startDelivery()
    const { world, receiver, settings } = running
    const target = await world.target({ settings })
    // More than are read at first, so that there are others under way when it fails.
    await world.send(target, ...bodies(1_000).map((body) => post(body, { reply: { context: null } })))
    let failed = false
    await world.work({
      onReplies: () => {
        if (failed) return Promise.resolve()
        failed = true
        return Promise.reject(new Error('The answers could not be stored.'))
      },
    })
    await world.drained(target, 60_000)
    expect(receiver.requests.length).toBeGreaterThan(1_000)
    expect([...new Set(receiver.texts())]).toEqual(bodies(1_000))
    expect((await world.row(target)).delivered).toBe('1000')
  })

  test('wake a worker as soon as their transaction commits', async () => {
    await using running = await startDelivery()
    const { world, receiver, settings } = running
    const target = await world.target({ settings })
    // Nobody looks by himself meanwhile.
    await world.work({ lookEveryMs: 3_600_000 })
    await world.database.transaction().execute(async (transaction) => {
      await enqueueMessages(transaction, [{ target, message: post('one'), source: {} }])
      expect(receiver.requests).toEqual([])
    })
    await until(() => receiver.requests.length === 1)
  })

  test('are not delivered when their transaction does not commit', async () => {
    await using running = await startDelivery()
    const { world, receiver, settings } = running
    const target = await world.target({ settings })
    await world.work()
    const failing = world.database.transaction().execute(async (transaction) => {
      await enqueueMessages(transaction, [{ target, message: post('one'), source: {} }])
      throw new Error('something else went wrong')
    })
    await expect(failing).rejects.toThrow('something else went wrong')
    await world.send(target, post('two'))
    await world.drained(target)
    expect(receiver.texts()).toEqual(['two'])
  })

  test('that were queued by a transaction which committed late are not passed over', async () => {
    await using running = await startDelivery()
    const { world, receiver, settings } = running
    const target = await world.target({ settings })
    await world.work()
    await world.database.transaction().execute(async (transaction) => {
      await enqueueMessages(transaction, [{ target, message: post('late'), source: {} }])
      await world.send(target, post('early'))
      await until(() => receiver.requests.length === 1)
    })
    await until(() => receiver.requests.length === 2)
    expect(receiver.texts()).toEqual(['early', 'late'])
  })

  test('are delivered once by any number of processes', async () => {
    await using running = await startDelivery()
    const { world, receiver, settings } = running
    const target = await world.target({ settings })
    await Promise.all([world.work(), world.work(), world.work()])
    await world.send(target, ...bodies(200).map((body) => post(body)))
    await world.drained(target)
    expect(receiver.texts()).toEqual(bodies(200))
  })

  test('do not wait for those of another target that is down', async () => {
    await using running = await startDelivery()
    const { world, receiver, settings } = running
    const down = await world.target({ name: 'down', settings: { ...settings, port: 1 } })
    const up = await world.target({ name: 'up', settings })
    await world.work()
    await world.send(down, ...bodies(20).map((body) => post(body)))
    await world.send(up, ...bodies(20).map((body) => post(body)))
    await world.drained(up)
    expect(receiver.texts()).toEqual(bodies(20))
    expect(await world.messages(down)).toHaveLength(20)
    await until(async () => (await world.row(down)).failures > 0)
    expect((await world.row(down)).last_fault?.reason).toContain('ECONNREFUSED')
  })
})

describe.concurrent('A receiver', () => {
  test('that is down loses nothing, and gets everything in order when it is back', async () => {
    await using running = await startDelivery()
    const { world, receiver, settings } = running
    const target = await world.target({ settings })
    await receiver.stop()
    await world.work()
    await world.send(target, ...bodies(220).map((body) => post(body)))
    await until(async () => (await world.row(target)).failures >= 2)
    expect((await world.messages(target)).every(({ attempts }) => attempts === 0)).toBe(true)
    await receiver.start()
    await world.drained(target)
    expect(receiver.texts()).toEqual(bodies(220))
  })

  test.each([429, 503])('that answers %i with Retry-After is left alone for so long', async (status) => {
    let refusals = 0
    await using running = await startDelivery((_request, response) => {
      if (refusals++ === 0) response.writeHead(status, { 'retry-after': '2' }).end()
      else response.writeHead(200).end()
    })
    const { world, receiver, settings } = running
    const target = await world.target({ settings })
    await world.send(target, post('one'), post('two'))
    const begun = Date.now()
    await world.work()
    await until(async () => (await world.row(target)).not_before !== null)
    const { not_before } = await world.row(target)
    expect((not_before?.getTime() ?? 0) - begun).toBeGreaterThanOrEqual(2_000)
    await world.drained(target)
    expect(Date.now() - begun).toBeGreaterThanOrEqual(2_000)
    expect(receiver.texts()).toEqual(['one', 'one', 'two'])
  })

  test('that refuses one message for good gets the others; the one is put aside, and can be replayed or dropped', async () => {
    await using running = await startDelivery(({ text }, response) => {
      response.writeHead(text.startsWith('bad') && !repaired ? 422 : 200).end()
    })
    let repaired = false
    const { world, receiver, settings } = running
    const target = await world.target({ settings })
    await world.work()
    await world.send(target, post('bad 1'), post('good'), post('bad 2'), post('bad 3'))
    await world.drained(target)
    const dead = await world.messages(target)
    expect(dead.map(({ state, fault }) => [state, fault])).toEqual(
      Array.from({ length: 3 }, () => ['dead', 'The target answered 422.']),
    )
    expect(receiver.texts()).toEqual(['bad 1', 'good', 'bad 2', 'bad 3'])
    repaired = true
    const [first = '', second = ''] = dead.map(({ message_id }) => message_id)
    const { database } = world
    expect(await dropMessages(database, target.targetId, { messageIds: [first] }, origin)).toBe(1)
    expect(await replayDeadLetters(database, target.targetId, { messageIds: [second] }, origin)).toBe(1)
    await until(() => receiver.requests.length === 5)
    expect(await replayDeadLetters(database, target.targetId, {}, origin)).toBe(1)
    await until(async () => (await world.messages(target)).length === 0)
    expect(receiver.texts().slice(4)).toEqual(['bad 2', 'bad 3'])
  })

  test('that fails on one message again and again gets the others after a number of attempts', async () => {
    await using running = await startDelivery(({ text }, response) => {
      if (text === 'poison') response.destroy()
      else response.writeHead(200).end()
    })
    const { world, receiver, settings } = running
    const target = await world.target({ settings, maxAttempts: 2 })
    await world.send(target, post('before'), post('poison'), post('after'))
    await world.work()
    await world.drained(target)
    expect(receiver.texts()).toEqual(['before', 'poison', 'poison', 'after'])
    const [dead] = await world.messages(target)
    expect(dead).toMatchObject({ state: 'dead', attempts: 2 })
    expect(dead?.fault).toContain('The connection broke')
  })

  test('that cuts its connections now and then gets everything, in order', async () => {
    let count = 0
    await using running = await startDelivery((_request, response) => {
      count += 1
      if (count % 25 === 0) response.destroy()
      else response.writeHead(200).end()
    })
    const { world, receiver, settings } = running
    const target = await world.target({ settings })
    await world.send(target, ...bodies(60).map((body) => post(body)))
    await world.work()
    await world.drained(target, 20_000)
    // What was cut off came twice; without the repetitions the order is that of the queue.
    expect([...new Set(receiver.texts())]).toEqual(bodies(60))
    expect((await world.row(target)).delivered).toBe('60')
  })

  test('that does not answer in time is tried again', async () => {
    let count = 0
    await using running = await startDelivery((_request, response) => {
      count += 1
      if (count > 1) response.writeHead(200).end()
    })
    const { world, receiver, settings } = running
    const target = await world.target({ settings })
    await world.send(target, post('one'))
    await world.work()
    await world.drained(target)
    expect(receiver.texts()).toEqual(['one', 'one'])
  })

  test('that is slow does not keep what it took from being recorded', async () => {
    await using running = await startDelivery(async (_request, response) => {
      await new Promise((resolve) => setTimeout(resolve, 100))
      response.writeHead(200).end()
    })
    const { world, settings } = running
    const target = await world.target({ settings })
    await world.send(target, ...bodies(60).map((body) => post(body)))
    await world.work()
    // Long before the batch is through.
    await until(async () => Number((await world.row(target)).delivered) > 0)
    expect((await world.messages(target)).length).toBeGreaterThan(0)
  })

  test('whose credentials are refused keeps its messages until they are mended', async () => {
    await using running = await startDelivery(({ headers }, response) => {
      const isGood = headers.authorization === `Basic ${Buffer.from('sam:right').toString('base64')}`
      response.writeHead(isGood ? 200 : 401).end()
    })
    const { world, receiver, settings } = running
    const authentication = { auth_type: 'basic', username: 'sam', password: 'wrong' }
    const target = await world.target({ settings: { ...settings, authentication }, maxAttempts: 1 })
    await world.send(target, post('one'))
    await world.work()
    await until(async () => (await world.row(target)).failures >= 1)
    const patch = { settings: { authentication: { ...authentication, password: 'right' } } }
    await updateStreamTarget(world.deps, target.targetId, patch, origin)
    await world.drained(target)
    expect(receiver.requests.length).toBeGreaterThanOrEqual(2)
    expect(await world.messages(target)).toEqual([])
  })
})

describe.concurrent('An answer', () => {
  test('that is wanted is stored with its context in the transaction that removes the message', async () => {
    await using running = await startDelivery(({ text }, response) => {
      response.setHeader('set-cookie', ['a=1', 'b=2'])
      response.writeHead(text === 'refused' ? 400 : 201, { 'x-key': 'SEC-7' }).end(`answer to ${text}`)
    })
    const { world, settings } = running
    const target = await world.target({ settings })
    const told: number[] = []
    await world.work({
      onReplies: (_transaction, count) => {
        told.push(count)
        return Promise.resolve()
      },
    })
    const context = { ticket: 7, nul: '\u0000' }
    await world.send(
      target,
      post('wanted', { reply: { context } }),
      post('unwanted'),
      post('refused', { reply: { context: null } }),
    )
    await world.drained(target)
    const take = () =>
      world.database.transaction().execute((transaction) => takeStreamReplies(transaction, 10))
    const [first, second, ...rest] = await take()
    expect(rest).toEqual([])
    expect(first).toMatchObject({
      statusCode: 201,
      context,
      source: { test: true },
      targetId: target.targetId,
    })
    expect(first?.headers).toMatchObject({ 'x-key': 'SEC-7', 'set-cookie': ['a=1', 'b=2'] })
    expect(first?.body.toString()).toBe('answer to wanted')
    expect(second).toMatchObject({ statusCode: 400, context: null })
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(2)
    expect(await take()).toEqual([])
  })

  test('is taken again when the transaction that took it does not commit', async () => {
    await using running = await startDelivery()
    const { world, settings } = running
    const target = await world.target({ settings })
    await world.work()
    await world.send(target, post('wanted', { reply: { context: 1 } }))
    await world.drained(target)
    const failing = world.database.transaction().execute(async (transaction) => {
      expect(await takeStreamReplies(transaction, 1)).toHaveLength(1)
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    const again = await world.database
      .transaction()
      .execute((transaction) => takeStreamReplies(transaction, 1))
    expect(again).toHaveLength(1)
  })
})

test('deleting a target deletes what waits for it, and says how much that was', async () => {
  await using running = await startDelivery()
  const { world, settings } = running
  const target = await world.target({ settings })
  await world.send(target, post('one'), post('two'))
  expect(await deleteStreamTarget(world.deps, target.targetId, origin)).toBe(2)
  const [outcome] = await world.send(target, post('three'))
  expect(outcome).toMatchObject({ accepted: false, refusal: { code: 'TARGET_UNKNOWN' } })
})
