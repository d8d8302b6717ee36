import { murmur2, type MessageToProduce } from '@platformatic/kafka'
import type {
  KafkaStreamMessage,
  QueuedMessage,
  SendOptions,
  StreamHost,
  StreamResult,
  StreamSender,
} from '@tripline/core'
import { createGuardedProducer, type TextProducer } from './guarded-producer.ts'
import { isAboutMessages, outcomeOfFault } from './kafka-fault.ts'
import type { KafkaSettings } from './settings.ts'

type Record = MessageToProduce<string, string, string, string>

const MESSAGE_ID_HEADER = 'tripline-message-id'
const MOST_PARTITIONS = 2 ** 31

/** Opens a Kafka target. */
export function openKafkaTarget(settings: KafkaSettings, host: StreamHost): StreamSender {
  // A producer that failed keeps what it learnt of the cluster; a new one learns it anew.
  let producer: TextProducer | null = null
  const current = (): TextProducer => (producer ??= createGuardedProducer(settings, host))
  const giveUp = async (): Promise<void> => {
    const old = producer
    producer = null
    await old?.close(true).catch(() => undefined)
  }

  async function produce(records: readonly Record[]): Promise<void> {
    if (records.length === 0) return
    await current().send({ messages: [...records], acks: -1, compression: settings.compression })
  }

  async function send(
    messages: readonly QueuedMessage[],
    options: SendOptions,
  ): Promise<readonly StreamResult[]> {
    const problems = await Promise.all(messages.map(({ message }) => problemOf(message)))
    const good = messages.filter((_, index) => problems[index] === null)
    try {
      await produce(good.flatMap((queued) => recordsOf(queued, settings)))
      return problems.map((problem) => problem ?? { outcome: 'sent' })
    } catch (error) {
      if (!isAboutMessages(error)) {
        await giveUp()
        return [outcomeOfFault(error)]
      }
      // One of them is to blame, and which is found out by sending each by itself.
      return await sendOneByOne(messages, problems, options)
    }
  }

  async function sendOneByOne(
    messages: readonly QueuedMessage[],
    problems: readonly (StreamResult | null)[],
    { signal, sliceMs }: SendOptions,
  ): Promise<readonly StreamResult[]> {
    const end = performance.now() + sliceMs
    const results: StreamResult[] = []
    for (const [index, queued] of messages.entries()) {
      if (signal.aborted || (performance.now() > end && results.length > 0)) return results
      const result = problems[index] ?? (await sendOne(queued))
      results.push(result)
      if (result.outcome !== 'sent' && result.outcome !== 'refused') return results
    }
    return results
  }

  async function sendOne(queued: QueuedMessage): Promise<StreamResult> {
    try {
      await produce(recordsOf(queued, settings))
      return { outcome: 'sent' }
    } catch (error) {
      return outcomeOfFault(error)
    }
  }

  /** Partitions that do not exist would be taken for others. */
  async function problemOf(message: QueuedMessage['message']): Promise<StreamResult | null> {
    if (message.kind !== 'kafka')
      return { outcome: 'refused', reason: 'It is no message for a Kafka target.' }
    if (!/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/u.test(message.topic))
      return { outcome: 'refused', reason: 'Kafka knows no topic of such a name.' }
    const { topic, partition } = message
    if (settings.partition_strategy !== 'manual' || partition === null) return null
    try {
      const { topics } = await current().metadata({ topics: [topic] })
      const count = topics.get(topic)?.partitionsCount ?? 0
      if (Number.isInteger(partition) && partition >= 0 && partition < count) return null
      return { outcome: 'refused', reason: `The topic ${topic} has no partition ${partition}.` }
    } catch {
      // Sending says why.
      return null
    }
  }

  return {
    send,
    async check() {
      const subject = 'connection'
      try {
        const { brokers } = await current().metadata({ topics: [], forceUpdate: true })
        const message = `The cluster answers; it has ${brokers.size} brokers.`
        return [{ severity: 'ok', subject, message, remedy: null }]
      } catch (error) {
        const result = outcomeOfFault(error)
        const message = 'reason' in result ? result.reason : 'The cluster cannot be asked.'
        return [{ severity: 'error', subject, message, remedy: null }]
      }
    },
    close: giveUp,
  }
}

function recordsOf(queued: QueuedMessage, settings: KafkaSettings): readonly Record[] {
  const { message, id, queuedAt } = queued
  if (message.kind !== 'kafka') return []
  return message.messages.map((value) => {
    const partition = partitionOf(value, message, settings)
    return {
      topic: message.topic,
      value,
      headers: { [MESSAGE_ID_HEADER]: id },
      timestamp: BigInt(queuedAt.getTime()),
      ...(partition === null ? {} : { partition }),
    }
  })
}

/** Any number: the client takes the remainder by how many partitions there are. `null`: the next in turn. */
function partitionOf(
  value: string,
  { partition }: KafkaStreamMessage,
  { partition_strategy }: KafkaSettings,
): number | null {
  switch (partition_strategy) {
    case 'hash_key':
      return murmur2(value) & 0x7fffffff
    case 'random':
      return Math.floor(Math.random() * MOST_PARTITIONS)
    case 'manual':
      return partition
    case 'round_robin':
      return null
  }
}
