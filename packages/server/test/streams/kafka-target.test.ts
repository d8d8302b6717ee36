import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { JsonObject, KafkaStreamMessage, StreamPlugin } from '@tripline/core'
import { kafkaStreams } from '@tripline/plugin-kafka'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkStreamTarget } from '../../src/streams/stream-targets.ts'
import { describeOnDebian } from './debian-package.ts'
import { startStreamWorld, until } from './stream-world.ts'

const run = promisify(execFile)
const KCAT = '/usr/bin/kcat'

/** The mock cluster of librdkafka, the C client of Kafka, which kcat carries: it speaks the protocol, and keeps messages. */
interface MockCluster extends AsyncDisposable {
  readonly port: number
  /** What a topic holds: partition and value, in the order of the partitions. */
  consume(topic: string): Promise<readonly { readonly partition: number; readonly value: string }[]>
}

async function startMockCluster(): Promise<MockCluster> {
  const child = spawn(
    KCAT,
    ['-P', '-t', 'warm-up', '-X', 'test.mock.num.brokers=1', '-X', 'bootstrap.servers=mock', '-d', 'mock'],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  )
  let port = 0
  for await (const line of createInterface({ input: child.stderr })) {
    port = Number(/bootstrap\.servers=127\.0\.0\.1:(\d+)/u.exec(line)?.[1] ?? 0)
    if (port > 0) break
  }
  child.stderr.resume()
  return {
    port,
    async consume(topic) {
      const options = ['-C', '-b', `127.0.0.1:${port}`, '-t', topic, '-e', '-q', '-f', '%p %s\n']
      const { stdout } = await run(KCAT, options, { timeout: 15_000 })
      const lines = stdout.split('\n').filter((line) => line !== '')
      return lines.map((line) => ({
        partition: Number(line.split(' ')[0]),
        value: line.slice(line.indexOf(' ') + 1),
      }))
    },
    async [Symbol.asyncDispose]() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

function message(topic: string, ...messages: string[]): KafkaStreamMessage {
  return { kind: 'kafka', topic, messages, partition: null }
}

await describeOnDebian(
  { title: "The mock cluster of Kafka's C client", packages: ['kcat'], programs: [KCAT] },
  () => {
    let cluster: MockCluster
    beforeAll(async () => {
      cluster = await startMockCluster()
    })
    afterAll(async () => {
      await cluster[Symbol.asyncDispose]()
    })

    async function startTarget(settings: JsonObject = {}, allow?: []) {
      const world = await startStreamWorld([kafkaStreams as StreamPlugin], allow)
      const target = await world.target({
        kind: 'kafka',
        settings: {
          brokers: [{ host: '127.0.0.1', port: cluster.port }],
          protocol: 'tcp',
          create_topics: true,
          ...settings,
        },
      })
      await world.work()
      return { world, target, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() }
    }

    test.each(['none', 'gzip', 'snappy'])(
      'takes every message once, with the compression %s',
      async (compression) => {
        await using running = await startTarget({ compression })
        const { world, target } = running
        const topic = `every-${compression}`
        await world.send(target, message(topic, 'one', 'two'), message(topic, 'three'))
        await world.drained(target)
        const values = (await cluster.consume(topic)).map(({ value }) => value)
        expect(values.toSorted()).toEqual(['one', 'three', 'two'])
      },
    )

    test('gets messages in the partition that their sender names, and none in one that does not exist', async () => {
      await using running = await startTarget({ partition_strategy: 'manual' })
      const { world, target } = running
      await world.send(
        target,
        { ...message('manual', 'two'), partition: 2 },
        { ...message('manual', 'forty'), partition: 40 },
        { ...message('manual', 'nought'), partition: 0 },
      )
      await world.drained(target)
      expect(await cluster.consume('manual')).toEqual([
        { partition: 0, value: 'nought' },
        { partition: 2, value: 'two' },
      ])
      expect(await world.messages(target)).toMatchObject([
        { state: 'dead', fault: 'The topic manual has no partition 40.' },
      ])
    })

    test('gets equal messages in the same partition, and others elsewhere too', async () => {
      await using running = await startTarget({ partition_strategy: 'hash_key' })
      const { world, target } = running
      const values = Array.from({ length: 12 }, (_, index) => `value ${index}`)
      await world.send(target, message('hashed', ...values), message('hashed', ...values))
      await world.drained(target)
      const found = await cluster.consume('hashed')
      const partitions = values.map(
        (value) => new Set(found.filter((each) => each.value === value).map(({ partition }) => partition)),
      )
      expect(found).toHaveLength(24)
      expect(partitions.every((each) => each.size === 1)).toBe(true)
      expect(new Set(found.map(({ partition }) => partition)).size).toBeGreaterThan(1)
    })

    test('gets the good messages beside one for a topic of a name that there cannot be', async () => {
      await using running = await startTarget()
      const { world, target } = running
      await world.send(
        target,
        message('beside', 'one'),
        message('no such topic!', 'x'),
        message('beside', 'two'),
      )
      await world.drained(target)
      expect(await cluster.consume('beside')).toHaveLength(2)
      expect(await world.messages(target)).toMatchObject([{ state: 'dead' }])
    })

    test('is asked for its brokers by a check', async () => {
      await using running = await startTarget()
      expect(await checkStreamTarget(running.world.deps, running.target.targetId)).toMatchObject([
        { severity: 'ok', message: 'The cluster answers; it has 1 brokers.' },
      ])
    })

    test('is not connected to where the network policy does not allow it', async () => {
      await using running = await startTarget({}, [])
      const { world, target } = running
      await world.send(target, message('forbidden', 'one'))
      await until(async () => (await world.row(target)).failures > 0)
      expect((await world.row(target)).last_fault?.reason).toContain('TRIPLINE_OUTBOUND_ALLOW')
    })

    test('that cannot be reached loses nothing', async () => {
      await using running = await startTarget({ brokers: [{ host: '127.0.0.1', port: 1 }] })
      const { world, target } = running
      await world.send(target, message('down', 'one'))
      await until(async () => (await world.row(target)).failures > 0)
      expect(await world.messages(target)).toMatchObject([{ state: 'waiting', attempts: 0 }])
    })
  },
)
